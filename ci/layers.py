"""How the modules of the core lean on each other: `python3 ci/layers.py [--edges]`.

Fails on files that import each other in a cycle of more than three, on an import that runs up the floors, which are listed
in docs/src/internals.md, and on a folder of more than 14 files. An import of a name that a `mod.rs` or `lib.rs` only hands
on is one of the file that defines it. Unit tests and loom's models are left out. With `--edges` it lists all imports.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "crates/purview-core/src"
BOOK = ROOT / "docs/src/internals.md"
LARGEST_CYCLE, LARGEST_FOLDER = 3, 14

USE = re.compile(r"^[ \t]*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", re.M)
PATH = re.compile(r"\b(?:crate|self|super)(?:::\w+)+")


def code(text):
    """The text without comments, strings, unit tests and visibility."""
    text = re.sub(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\]|\\.)*"', "", text, flags=re.S)
    text = re.sub(r"\bpub\(in [\w:]+\)", "pub(crate)", text)
    return re.sub(r"#\[cfg\([^\]]*\btest\b[^\]]*\)\]\s*mod \w+ (?:\{.*|;)", "", text, flags=re.S)


def leaves(tree):
    """Each path of a use tree, as a list, and the name that it is known by."""
    parts, depth, part = [], 0, ""
    for char in tree + ",":
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += char
    for part in filter(None, parts):
        if "{" in part:
            head, _, rest = part.partition("{")
            outer = [name for name in re.split(r"\s*::\s*", head.strip()) if name]
            for path, known in leaves(rest.rstrip()[:-1]):
                yield outer + path, known or outer[-1]
        else:
            path, _, known = (piece.strip() for piece in part.partition(" as "))
            names = path.split("::")
            if names[-1] == "self" and (len(names) == 1 or names[0] != "self"):
                names.pop()
            yield names, known or (names[-1] if names else None)


class File:
    def __init__(self, path):
        self.name = str(path.relative_to(SRC))
        self.module = path.relative_to(SRC).with_suffix("").parts
        self.is_root = self.module[-1] in ("mod", "lib")
        if self.is_root:
            self.module = self.module[:-1]
        self.text = code(path.read_text())
        self.imports, self.handed_on = set(), {}

    def floor(self):
        return self.module[0] if self.module else "lib"

    def read(self, modules):
        """What it names of this crate, and what it hands on to others."""
        for public, tree in USE.findall(self.text):
            for path, known in leaves(tree):
                path = self.whole(path, modules)
                if path is None:
                    continue
                if public:
                    self.handed_on[known] = path
                if not (public and self.is_root):
                    self.imports.add(path)
        for path in PATH.findall(USE.sub("", self.text)):
            self.imports.add(self.whole(path.split("::"), modules))

    def whole(self, path, modules):
        """A path from the root of the crate; none where it leads out of it."""
        if path[0] == "crate":
            return tuple(path[1:])
        if path[0] in ("self", "super"):
            base = list(self.module)
            while path and path[0] in ("self", "super"):
                if path[0] == "super":
                    base.pop()
                path = path[1:]
            return (*base, *path)
        child = (*self.module, path[0])
        return (*self.module, *path) if child in modules else None


def home(path, modules):
    """The module that defines what a path names."""
    seen = set()
    while path not in seen:
        seen.add(path)
        at = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in modules)
        rest = path[len(at):]
        if not rest or rest[0] not in modules[at].handed_on:
            return at
        path = modules[at].handed_on[rest[0]] + rest[1:]
    return at


def cycles(edges):
    """Groups of modules each of which reaches the others."""

    def reached(start):
        found, next_ones = set(), [start]
        while next_ones:
            for other in edges[next_ones.pop()] - found:
                found.add(other)
                next_ones.append(other)
        return found

    reach = {module: reached(module) for module in edges}
    return {frozenset(other for other in reach[one] if one in reach[other]) for one in reach if one in reach[one]}


def floors():
    line = re.search(r"^floors: (.*)$", BOOK.read_text(), re.M)
    return line[1].split(", ") if line else sys.exit(f"{BOOK.name} has no line `floors: ..`")


def main():
    paths = [path for path in sorted(SRC.rglob("*.rs")) if "models" not in path.parts and path.name != "tests.rs"]
    modules = {file.module: file for file in map(File, paths)}
    for file in modules.values():
        file.read(modules)
    edges = {}
    for module, file in modules.items():
        targets = {home(path, modules) for path in file.imports if path is not None}
        edges[module] = targets - {module, ()}
    if "--edges" in sys.argv:
        for module, targets in edges.items():
            for target in sorted(targets):
                print(modules[module].name, "->", modules[target].name)

    bad = []
    order = floors()
    bad += [f"floor {name}: not in the list of {BOOK.name}" for name in {f.floor() for f in modules.values()} - set(order)]
    bad += [f"floor {name}: there is no such module" for name in set(order) - {f.floor() for f in modules.values()}]
    if not bad:
        for module, targets in edges.items():
            for target in sorted(targets):
                lower, higher = modules[module], modules[target]
                if order.index(lower.floor()) < order.index(higher.floor()):
                    bad.append(f"{lower.name} imports {higher.name}, which is on a higher floor")
    found = sorted(cycles(edges), key=len, reverse=True)
    for cycle in found:
        if len(cycle) > LARGEST_CYCLE:
            names = ", ".join(sorted(modules[module].name for module in cycle))
            bad.append(f"{len(cycle)} files import each other in a cycle: {names}")
    for folder in sorted({path.parent for path in paths}):
        size = sum(path.parent == folder for path in paths)
        if size > LARGEST_FOLDER and folder != SRC:
            bad.append(f"{folder.relative_to(SRC)}: {size} files; over {LARGEST_FOLDER} it wants a folder more")

    imports = sum(map(len, edges.values()))
    largest = len(found[0]) if found else 0
    print(
        f"purview-core: {len(edges)} files, {imports} imports, {imports / len(edges):.1f} per file; "
        f"{len(found)} cycles, the largest of {largest} files"
    )
    for line in bad:
        print(line, file=sys.stderr)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
