"""Rust source as tokens: enough to find the whole expression around an operator in code that rustfmt has laid out."""

import re
from bisect import bisect_right
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<string>b?r(\#*)".*?"\3|b?"(?:\\.|[^"\\])*"|b?'(?:\\.|[^'\\])'(?!\w))
      | (?P<lifetime>'\w+)
      | (?P<word>\w+)
      | (?P<punct><<=|>>=|\.\.=|\.\.\.|::|->|=>|==|!=|<=|>=|&&|\|\||\+=|-=|\*=|/=|%=|\^=|&=|\|=|<<|\.\.|.)
    """,
    re.X | re.S,
)
OPEN, CLOSE = "([{", ")]}"
# What an operator's operands cannot go beyond, to the left and to the right.
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<=", ">>="}
BEFORE = {"(", "[", "{", ";", ",", ":", "=>", "->", "..", "..=", "return", "if", "while", "match", "in", "else", "break"}
AFTER = {")", "]", "}", ";", ",", "=>", "..", "..=", "else"}


# What is declared, and what leaves: without it little compiles, and what does is seldom a question of behaviour.
NOT_DELETED = {
    "let", "return", "break", "continue", "panic", "unreachable", "use", "pub", "fn", "async", "const", "static", "type",
    "mod", "impl", "struct", "enum", "trait", "extern", "macro_rules", "#",
}


# What a `cfg` says of the builds that are tested: all features, on Linux, without loom.
SET = {"unix", "debug_assertions"}


class NotFound(Exception):
    """The code is laid out in a way that this does not know."""


@dataclass
class Token:
    text: str
    start: int
    end: int


class Source:
    def __init__(self, text):
        self.text = text
        self.lines = [0]
        for line in text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.tokens, self.partner = [], {}
        for found in TOKEN.finditer(text):
            if found.lastgroup != "skip" and not found["skip"]:
                self.tokens.append(Token(found[0], found.start(), found.end()))
        self.at = {token.start: index for index, token in enumerate(self.tokens)}
        stack = []
        for index, token in enumerate(self.tokens):
            if token.text in OPEN:
                stack.append(index)
            elif token.text in CLOSE:
                self.partner[index] = stack.pop()
                self.partner[self.partner[index]] = index

    def offset(self, place):
        return self.lines[place["line"] - 1] + place["column"] - 1

    def token(self, offset):
        if offset not in self.at:
            raise NotFound(f"no token at {offset}")
        return self.at[offset]

    def expression(self, offset):
        """Start and end of the widest expression that the operator at `offset` is a part of, outside of brackets."""
        operator = self.token(offset)
        compound = self.tokens[operator].text in ASSIGN
        first = self.leftmost(operator)
        last = self.rightmost(operator, not compound and self.is_head(first))
        return self.tokens[first].start, self.tokens[last].end

    def leftmost(self, index):
        while index > 0:
            before = self.tokens[index - 1]
            if before.text in ASSIGN or before.text in BEFORE:
                break
            if before.text in ("|", "||") and self.ends_closure_head(index - 1):
                break
            if before.text == "}" and self.begins_operand(index):
                break
            index = self.partner[index - 1] if before.text in CLOSE else index - 1
        return index

    def rightmost(self, index, is_head):
        while True:
            after = self.tokens[index + 1]
            if after.text in AFTER or (after.text == "{" and is_head):
                return index
            index = self.partner[index + 1] if after.text in OPEN else index + 1

    def is_head(self, first):
        """Whether a block follows: `if`, `while`, `match`, `for .. in`, and the first two with a `let`."""
        before = self.tokens[first - 1].text
        if before in ("if", "while", "match", "in"):
            return True
        if before != "=":
            return False
        index = first - 1
        while self.tokens[index].text not in ("let", ";"):
            index = self.partner[index] - 1 if self.tokens[index].text in CLOSE else index - 1
        return self.tokens[index].text == "let" and self.tokens[index - 1].text in ("if", "while")

    def ends_closure_head(self, index):
        """`|x| a == b` and `|| a == b`, in which rustfmt leaves no room before the bar or nothing stands there."""
        token, before = self.tokens[index], self.tokens[index - 1]
        if token.text == "||":
            return before.text in BEFORE or before.text in ASSIGN or before.text == "move"
        return before.end == token.start

    def begins_operand(self, index):
        token = self.tokens[index]
        return bool(re.match(r"[\w'\"(&*!]|\[", token.text)) and token.text not in ("as", "&&")

    def literal(self, offset):
        """Start and end of the struct expression that the field at `offset` is in."""
        index = self.token(offset) - 1
        while self.tokens[index].text != "{":
            index = self.partner[index] - 1 if self.tokens[index].text in CLOSE else index - 1
        end = self.tokens[self.partner[index]].end
        while re.fullmatch(r"\w+|::", self.tokens[index - 1].text) and self.tokens[index - 1].text not in BEFORE:
            index -= 1
        return self.tokens[index].start, end

    def arrow(self, offset):
        """Where the `=>` of the match arm at `offset` is."""
        index = self.token(offset)
        while self.tokens[index].text != "=>":
            index = self.partner[index] + 1 if self.tokens[index].text in OPEN else index + 1
        return self.tokens[index].start

    def place(self, offset):
        """The line and column of an offset, as cargo-mutants counts them."""
        line = bisect_right(self.lines, offset)
        return {"line": line, "column": offset - self.lines[line - 1] + 1}

    def left_out(self):
        """Start and end of what is not to be changed: what is not compiled or only checked, unit tests, and the bodies of macros."""
        for index, token in enumerate(self.tokens):
            following = [after.text for after in self.tokens[index + 1 : index + 4]]
            # Nothing runs that: the compiler checks it.
            if token.text == "const" and following[0] == "_":
                yield token.start, self.end_of_item(index)
            elif token.text == "macro_rules":
                yield token.start, self.end_of_item(index)
            elif token.text == "#" and following == ["[", "cfg", "("] and not self.holds(index + 3):
                yield token.start, self.end_of_item(self.partner[index + 1] + 1)

    def end_of_item(self, index):
        """Where the item, field, arm or statement that begins there ends: after its block, `;` or `,`, or before a `}`."""
        while self.tokens[index].text not in (";", ","):
            if self.tokens[index].text == "{":
                return self.tokens[self.partner[index]].end
            if self.tokens[index].text in CLOSE:
                return self.tokens[index].start
            index = self.partner[index] + 1 if self.tokens[index].text in OPEN else index + 1
        return self.tokens[index].end

    def holds(self, opened):
        """Whether what is in the bracket of `cfg(..)`, `all(..)`, `any(..)` or `not(..)` holds."""
        parts, index = [], opened + 1
        while index < self.partner[opened]:
            name, after = self.tokens[index].text, self.tokens[index + 1].text
            if after == "(":
                parts.append(self.holds(index + 1))
                index = self.partner[index + 1]
            elif after == "=":
                value = self.tokens[index + 2].text.strip('"')
                parts.append(name == "feature" or (name, value) == ("target_os", "linux"))
                index += 2
            elif name != ",":
                parts.append(name in SET)
            index += 1
        what = self.tokens[opened - 1].text
        if what == "not":
            return not parts[0]
        return any(parts) if what == "any" else all(parts)

    def modules_left_out(self):
        """The names of the modules in other files that are not compiled."""
        for start, end in self.left_out():
            if found := re.search(r"\bmod (\w+);$", self.text[start:end]):
                yield found[1]

    def statements(self):
        """Start and end of each statement that ends with a semicolon and declares nothing."""
        around = []
        for index, token in enumerate(self.tokens):
            if token.text in OPEN:
                around.append(token.text)
            elif token.text in CLOSE:
                around.pop()
            elif token.text == ";" and around[-1:] == ["{"]:
                first = self.first_of_statement(index)
                if first < index and self.tokens[first].text not in NOT_DELETED:
                    yield self.tokens[first].start, token.end

    def first_of_statement(self, index):
        while self.tokens[index - 1].text not in ("{", ";"):
            before = self.tokens[index - 1]
            text = self.tokens[index].text
            if before.text == "}" and text != "else" and (text == "#" or self.begins_operand(index)):
                break
            index = self.partner[index - 1] if before.text in CLOSE else index - 1
        return index

    def conditions(self):
        """Start and end of the condition of each `if` that binds nothing and is no guard of a match arm."""
        for index, token in enumerate(self.tokens):
            if token.text != "if" or self.tokens[index + 1].text == "let":
                continue
            last = index + 1
            while self.tokens[last].text not in ("{", "=>", "let", *CLOSE):
                last = self.partner[last] + 1 if self.tokens[last].text in OPEN else last + 1
            if self.tokens[last].text == "{":
                yield self.tokens[index + 1].start, self.tokens[last - 1].end
