//! Cost over the number of children, as an SVG with logarithmic axes.

use std::fmt::Write as _;

use crate::{
    numbers::{nanoseconds, thousands},
    rounds::Measured,
};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 250.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// What a name on the right needs.
const LINE: f64 = 15.0;

/// More lines than these cannot be told apart; the tables have all of them. Purview's are thicker.
const COLOURS: &[(&str, &str)] = &[
    ("Purview, scope", "#b00020"),
    ("Purview, try_scope", "#b00020"),
    ("Purview, open scope on tokio", "#b00020"),
    ("Purview, scope on tokio", "#e06000"),
    ("Purview, gather", "#7b1fa2"),
    ("FuturesUnordered, boxed", "#00695c"),
    ("FuturesUnordered", "#4db6ac"),
    ("JoinSet, current-thread", "#1565c0"),
    ("JoinSet, multi-thread", "#64b5f6"),
    ("moro", "#795548"),
    ("futures-buffered", "#558b2f"),
    ("futures-concurrency", "#827717"),
    ("async-executor", "#616161"),
];

#[allow(clippy::cast_precision_loss, reason = "a hundred thousand at most")]
fn log(n: usize) -> f64 {
    (n as f64).log10()
}

struct Line {
    peer: &'static str,
    colour: &'static str,
    /// Logarithms of the number of children and of nanoseconds.
    points: Vec<(f64, f64)>,
}

fn lines(measured: &Measured) -> Vec<Line> {
    let cases = measured.group.cases.iter().zip(&measured.costs);
    cases
        .filter_map(|(case, costs)| {
            let (_, colour) = COLOURS.iter().find(|(peer, _)| *peer == case.peer)?;
            let points = measured.sizes.iter().zip(costs);
            Some(Line {
                peer: case.peer,
                colour,
                points: points
                    .filter_map(|(n, cost)| Some((log(*n), cost.as_ref()?.median.log10())))
                    .collect(),
            })
        })
        .filter(|line| !line.points.is_empty())
        .collect()
}

/// The chart of one load, where it was measured at three numbers of children or more.
pub(crate) fn svg(measured: &Measured) -> Option<String> {
    let lines = lines(measured);
    if measured.sizes.len() < 3 || lines.is_empty() {
        return None;
    }
    let (first, last) = (log(measured.sizes[0]), log(*measured.sizes.last()?));
    let costs = || lines.iter().flat_map(|line| line.points.iter().map(|(_, cost)| *cost));
    let (low, high) = (costs().reduce(f64::min)?.floor(), costs().reduce(f64::max)?.ceil());
    let x = |n: f64| LEFT + (n - first) / (last - first) * (WIDTH - LEFT - RIGHT);
    let y = |cost: f64| HEIGHT - BOTTOM - (cost - low) / (high - low).max(1.0) * (HEIGHT - TOP - BOTTOM);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#222\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{}: cost per {} over the number of children</text>\n",
        measured.group.name, measured.group.per
    );
    axes(&mut svg, measured, &x, &y, (low, high));
    for line in &lines {
        let points: Vec<String> = line
            .points
            .iter()
            .map(|(n, cost)| format!("{:.1},{:.1}", x(*n), y(*cost)))
            .collect();
        let width = if line.peer.starts_with("Purview") { 2.6 } else { 1.4 };
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\"/>",
            points.join(" "),
            line.colour
        );
    }
    names(&mut svg, &lines, &x, &y);
    svg.push_str("</svg>\n");
    Some(svg)
}

fn axes(
    svg: &mut String,
    measured: &Measured,
    x: &impl Fn(f64) -> f64,
    y: &impl Fn(f64) -> f64,
    (low, high): (f64, f64),
) {
    let bottom = HEIGHT - BOTTOM;
    for n in &measured.sizes {
        let at = x(log(*n));
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#e6e6e6\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 18.0,
            thousands(*n)
        );
    }
    let mut power = low;
    while power <= high {
        let at = y(power);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#e6e6e6\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
            nanoseconds(10_f64.powf(power)).replace(".0 ", " ")
        );
        power += 1.0;
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">children</text>",
        f64::midpoint(LEFT, WIDTH - RIGHT),
        HEIGHT - 12.0
    );
}

/// The name of each line beside its end, moved down where another one is there.
fn names(svg: &mut String, lines: &[Line], x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) {
    let mut ends: Vec<(f64, f64, &Line)> = lines
        .iter()
        .filter_map(|line| line.points.last().map(|(n, cost)| (x(*n), y(*cost), line)))
        .collect();
    ends.sort_by(|(_, a, _), (_, b, _)| a.total_cmp(b));
    let right = WIDTH - RIGHT;
    #[allow(clippy::cast_precision_loss, reason = "a dozen")]
    let room = HEIGHT - BOTTOM + LINE - ends.len() as f64 * LINE;
    let mut free = TOP - LINE;
    for (i, (from, at, line)) in ends.iter().enumerate() {
        #[allow(clippy::cast_precision_loss, reason = "a dozen")]
        let latest = room + i as f64 * LINE;
        let to = at.min(latest).max(free);
        free = to + LINE;
        let (colour, peer) = (line.colour, line.peer);
        let (tip, text, baseline) = (right + 24.0, right + 28.0, to + 4.0);
        let _ = writeln!(
            svg,
            "<line x1=\"{from:.1}\" y1=\"{at:.1}\" x2=\"{tip:.1}\" y2=\"{to:.1}\" stroke=\"{colour}\" \
             stroke-width=\"0.6\" stroke-dasharray=\"2 2\"/>\
             <text x=\"{text:.1}\" y=\"{baseline:.1}\" fill=\"{colour}\">{peer}</text>"
        );
    }
}
