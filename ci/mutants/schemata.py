"""All mutants of a file in one text, each behind a switch that is read when the program starts.

What replaces an expression stands beside it, as cargo-mutants would have written it:

    (if crate::mutant::none(&[7, 8]) { a && b } else if crate::mutant::is(7) { a || b } else { .. })

In the first branch the mutants of whatever is in the expression are switched the same way. A function that gives a value at
once begins with `if crate::mutant::is(9) { return value; }`, and an arm that is deleted gets a guard.

Beside those of cargo-mutants there are two kinds of our own, which ask more of the tests: a statement that is deleted, which
then stands in `if !crate::mutant::is(10) { .. }`, and an `if` whose condition is always true, or never.
"""

import re
from collections import defaultdict

from source import NotFound, Source

# `PURVIEW_MUTANT` is the number of the one that is switched on. Every switch that is asked adds its number, four bytes, to the
# file `PURVIEW_MUTANTS_REACHED`, without allocating: some tests count that.
MODULE = """//! Which mutant is switched on.
use std::{
    fs::File,
    io::Write,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};
static ACTIVE: OnceLock<(u32, Option<File>)> = OnceLock::new();
static ASKED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
fn active() -> &'static (u32, Option<File>) {
    ACTIVE.get_or_init(|| {
        let number = std::env::var("PURVIEW_MUTANT").map_or(0, |number| number.parse().expect("a number"));
        let file = std::env::var("PURVIEW_MUTANTS_REACHED").ok();
        (number, file.map(|path| File::options().append(true).open(path).expect("a file")))
    })
}
fn note(number: u32) {
    if let Some(mut file) = active().1.as_ref() {
        if !ASKED[number as usize].swap(true, Ordering::Relaxed) {
            file.write_all(&number.to_le_bytes()).expect("a file");
        }
    }
}
pub(crate) fn is(number: u32) -> bool {
    note(number);
    active().0 == number
}
pub(crate) fn none(numbers: &[u32]) -> bool {
    numbers.iter().copied().for_each(note);
    !numbers.contains(&active().0)
}
"""
# What a function does with arguments that it has no use for.
UNUSED = re.compile(r"let _ = [^;]*;|drop\(\w+\);")
REGION = re.compile(rb"/\*<(\d+)\*/.*?/\*(\d+)>\*/", re.S)


def tested(root, mutants):
    """Without those in code that the tests do not compile, in unit tests and in macros."""
    spans, modules = {}, set()
    for file in {mutant["file"] for mutant in mutants}:
        source = Source((root / file).read_text())
        spans[file] = source, list(source.left_out())
    for path in {path for file in spans for path in (root / file).parent.parent.glob("**/*.rs")}:
        folder = path.parent if path.name in ("mod.rs", "lib.rs") else path.with_suffix("")
        modules |= {folder / name for name in Source(path.read_text()).modules_left_out()}
    for mutant in mutants:
        source, out = spans[mutant["file"]]
        start = source.offset(mutant["span"]["start"])
        path = (root / mutant["file"]).with_suffix("")
        if not any(begin <= start < end for begin, end in out) and not modules & {path, *path.parents}:
            yield mutant


def changes_nothing(root, mutant):
    """Whether the function gives that value as it is."""
    source, span = Source((root / mutant["file"]).read_text()), mutant["span"]
    body = source.text[source.offset(span["start"]) : source.offset(span["end"])]
    return mutant["genre"] == "FnValue" and UNUSED.sub("", body).strip() == mutant["replacement"]


def more(file, text):
    """The mutants of a file that cargo-mutants does not know, in its form."""
    source = Source(text)
    shapes = [("DeletedStatement", span, "", "delete statement") for span in source.statements()]
    for span in source.conditions():
        shapes += [("ForcedIf", span, forced, f"replace condition with {forced}:") for forced in ("true", "false")]
    for genre, (start, end), replacement, what in shapes:
        at = source.place(start)
        shown = " ".join(text[start:end].split())
        yield {
            "file": file,
            "name": f"{file}:{at['line']}:{at['column']}: {what} {shown if len(shown) <= 60 else shown[:57] + '...'}",
            "genre": genre,
            "span": {"start": at, "end": source.place(end)},
            "replacement": replacement,
        }


def marked(number, text):
    """So that what the compiler says of it can be told from the rest."""
    return f"/*<{number}*/ {text} /*{number}>*/"


def is_on(number):
    return f"crate::mutant::is({number})"


class File:
    def __init__(self, text, mutants):
        """`mutants` by number. Those in `self.lost` cannot be switched here."""
        self.source = Source(text)
        self.insertions, self.groups, self.lost = defaultdict(list), defaultdict(list), {}
        for number, mutant in mutants.items():
            try:
                self.place(number, mutant)
            except (NotFound, KeyError, IndexError) as error:
                self.lost[number] = repr(error)

    def place(self, number, mutant):
        source, span, genre = self.source, mutant["span"], mutant["genre"]
        start, end = source.offset(span["start"]), source.offset(span["end"])
        becomes = mutant["replacement"]
        if genre == "FnValue":
            self.insertions[start].append(f"if {is_on(number)} {{ {marked(number, f'return {becomes};')} }} ")
        elif genre == "DeletedStatement":
            self.insertions[start].append(f"if {marked(number, '!' + is_on(number))} {{ ")
            self.insertions[end].append(" }")
        elif genre == "MatchArm":
            self.insertions[source.arrow(start)].append(f"if {marked(number, '!' + is_on(number))} ")
        else:
            if genre in ("MatchArmGuard", "ForcedIf"):
                around = start, end
            elif genre == "StructField":
                around = source.literal(start)
            else:
                around = source.expression(start)
            whole = source.text[around[0] : start] + becomes + source.text[end : around[1]]
            self.groups[around].append((number, whole))

    def switched(self):
        spans = sorted(self.groups, key=lambda span: (span[0], -span[1]))
        return self.render(0, len(self.source.text), spans, outermost=True)

    def render(self, start, end, spans, outermost=False):
        text, at = [], start
        spans = list(spans)
        while spans:
            span = spans.pop(0)
            inner = [other for other in spans if other[0] < span[1]]
            if any(other[1] > span[1] for other in inner) or span[1] > end:
                raise NotFound(f"{span} and what is in it overlap")
            spans = spans[len(inner) :]
            text.append(self.plain(at, span[0], outermost or at > start))
            text.extend(self.inserted(span[0]) if outermost or span[0] > start else [])
            text.append(self.group(span, inner))
            at = span[1]
        text.append(self.plain(at, end, outermost or at > start))
        return "".join(text)

    def group(self, span, inner):
        options = self.groups[span]
        numbers = ", ".join(str(number) for number, _ in options)
        text = f"(if crate::mutant::none(&[{numbers}]) {{ {self.render(*span, inner)} }}"
        for number, becomes in options[:-1]:
            text += f" else if {is_on(number)} {{ {marked(number, becomes)} }}"
        return text + f" else {{ {marked(*options[-1])} }})"

    def plain(self, start, end, with_first):
        """The text as it is, with what is inserted into it, but for what stands before a group that begins at `end`."""
        text, at = [], start
        for place in sorted(self.insertions):
            if (start <= place if with_first else start < place) and place < end:
                text.append(self.source.text[at:place])
                text.extend(self.insertions[place])
                at = place
        return "".join(text) + self.source.text[at:end]

    def inserted(self, place):
        return self.insertions.get(place, [])


def regions(text):
    """Which bytes of a switched file belong to which mutant."""
    return [(found.start(), found.end(), int(found[1])) for found in REGION.finditer(text)]
