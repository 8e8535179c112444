//! What a picture of a run has in it, and that nothing in it lies over something else.

use purview::{
    inspect::{Options, Timeline},
    scope,
};
use purview_tests::by_hand;

use crate::inspected;

/// As long as there is room for in the column of the names.
const LONG: &str = "the child with the longest name";

/// A run of so many children.
fn picture(children: usize) -> String {
    let timeline = Timeline::new();
    let (_inspector, _installed, _) = inspected(Options::new().observer(timeline.clone()));
    by_hand(scope(async |s| {
        s.task().name(LONG).spawn(async {});
        (1..children).for_each(|_| drop(s.spawn(async {})));
    }))
    .finish();
    let mut svg = Vec::new();
    timeline.write_svg(&mut svg).expect("a vector can be written to");
    String::from_utf8(svg).expect("it is text")
}

#[test]
fn it_says_how_many_rows_it_has_no_room_for_and_nothing_where_it_has_room_for_all() {
    // With the row of the scope.
    assert!(!picture(499).contains("are not shown"));
    let svg = picture(600);
    assert!(svg.contains(">101 more rows are not shown</text>"), "{svg}");
}

#[test]
fn a_long_name_is_whole_where_there_is_room() {
    let svg = picture(1);
    assert!(svg.contains(&format!(">{LONG}</text>")), "{svg}");
}

#[test]
fn scopes_and_tasks_look_as_the_legend_says() {
    let svg = picture(3);
    let rows = |class: &str| svg.matches(&format!("<rect class=\"{class}\"")).count();
    // The legend has one of each.
    assert_eq!((rows("s"), rows("a")), (1 + 1, 1 + 3), "{svg}");
}

#[test]
fn the_words_of_the_legend_stand_side_by_side() {
    let svg = picture(1);
    let end_of_the_word_before = |end: f64, word: &str| {
        let (before, _) = svg
            .split_once(&format!(" y=\"20\">{word}<"))
            .expect("it is in the legend");
        let (_, x) = before.rsplit_once(" x=").expect("it has a place");
        let x: f64 = x.trim_matches('"').parse().expect("a number");
        assert!(x > end, "`{word}` at {x} begins before {end}");
        // No character is narrower.
        x + 5.0 * f64::from(u8::try_from(word.len()).expect("it is short"))
    };
    let words = ["waits for its turn", "alive", "polled", "holds", "scope"];
    words.into_iter().fold(0.0, end_of_the_word_before);
}
