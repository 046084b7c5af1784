"""JSON read strictly, and written as the chain hashes it (docs/ledger-format.md).

Numbers stay texts, so that nothing is rounded. Refused: members twice, lone surrogates (on request), NaN, Infinity.
"""

import json
import re
import sys

# A line may be nested 1000 deep, and takes a few calls for each level.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))

MAX_DEPTH = 128
MAX_INTEGER_DIGITS = 4300
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SPACE = re.compile(r"[ \t\n\r]*")
_WORDS = {"true": True, "false": False, "null": None}


class JsonError(ValueError):
    """Why a text isn't taken: `kind` is json, duplicate_key or not_object."""

    def __init__(self, kind, message=None):
        super().__init__(message or kind)
        self.kind = kind


class Number(str):
    """A number by its text."""


def parse(text: str, max_depth: int = MAX_DEPTH, outermost: bool = False, max_digits: int = MAX_INTEGER_DIGITS):
    """A JSON value; objects as dict, numbers as Number. Raises JsonError.

    A member must not stand twice in any object, or, where that is asked, in the outermost one.
    """
    reader = _Reader(text, max_depth, max_digits)
    value, at = reader.value(reader.space(0), 0)
    if reader.space(at) != len(text):
        raise JsonError("json", "something follows the value")
    if reader.duplicates and (not outermost or 0 in reader.duplicates):
        raise JsonError("duplicate_key", "a member stands twice")
    return value


def parse_plain(text: str):
    """As parse, for our own documents, no lone surrogates; numbers as _plain_number has them."""
    value = parse(text)
    return _plain(value)


def _plain_number(text):
    """A number by its value, as every reader has it (RFC 7493): whole ones as int, however they are spelled, others as float.

    Minus zero is a float, so that it is no count.
    """
    number = float(text)
    digits = re.fullmatch(r"-?[0-9]+", text)
    if abs(number) == float("inf") or (digits and abs(number) > 2**53 - 1):
        raise JsonError("json", "a number is too large")
    whole = number.is_integer() and abs(number) <= 2**53 - 1 and str(number) != "-0.0"
    return int(number) if whole else number


def _plain(value):
    if isinstance(value, Number):
        return _plain_number(value)
    if isinstance(value, str):
        _well_formed(value)
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        for name in value:
            _well_formed(name)
        return {name: _plain(one) for name, one in value.items()}
    return value


def _well_formed(text):
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise JsonError("json", "text must not hold lone surrogates")


class _Reader:
    def __init__(self, text, max_depth, max_digits):
        self.text = text
        self.max_digits = max_digits
        self.max_depth = max_depth
        # Depths at which a member stands twice.
        self.duplicates = set()

    def space(self, at):
        return _SPACE.match(self.text, at).end()

    def value(self, at, depth):
        head = self.text[at : at + 1]
        if head == '"':
            return self.string(at)
        if head in ("{", "["):
            if depth >= self.max_depth:
                raise JsonError("json", "nested too deep")
            return self.object(at, depth) if head == "{" else self.list(at, depth)
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, at):
                return meaning, at + len(word)
        found = _NUMBER.match(self.text, at)
        if found is None:
            raise JsonError("json", "a value is missing or misspelled")
        digits = found.group().lstrip("-")
        if len(digits) > self.max_digits and digits.isdigit():
            raise JsonError("json", "a number is too long")
        return Number(found.group()), found.end()

    def string(self, at):
        found = _STRING.match(self.text, at)
        if found is None:
            raise JsonError("json", "a string is not closed or not allowed")
        return json.loads(found.group()), found.end()

    def object(self, at, depth):
        members = {}
        at = self.space(at + 1)
        if self.text[at : at + 1] == "}":
            return members, at + 1
        while True:
            if self.text[at : at + 1] != '"':
                raise JsonError("json", "a member is not as JSON has it")
            name, at = self.string(at)
            at = self.space(at)
            if self.text[at : at + 1] != ":":
                raise JsonError("json", "a member is not as JSON has it")
            member, at = self.value(self.space(at + 1), depth + 1)
            if name in members:
                self.duplicates.add(depth)
            members[name] = member
            at = self.space(at)
            mark = self.text[at : at + 1]
            if mark == "}":
                return members, at + 1
            if mark != ",":
                raise JsonError("json", "an object is not closed")
            at = self.space(at + 1)

    def list(self, at, depth):
        items = []
        at = self.space(at + 1)
        if self.text[at : at + 1] == "]":
            return items, at + 1
        while True:
            item, at = self.value(at, depth + 1)
            items.append(item)
            at = self.space(at)
            mark = self.text[at : at + 1]
            if mark == "]":
                return items, at + 1
            if mark != ",":
                raise JsonError("json", "a list is not closed")
            at = self.space(at + 1)


def canonical(value) -> str:
    """The text that is hashed: members by code point, no spaces, numbers as Python spells them. Raises JsonError."""
    if isinstance(value, Number):
        return _number_text(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return "[" + ",".join(canonical(one) for one in value) + "]"
    return "{" + ",".join(json.dumps(name, ensure_ascii=False) + ":" + canonical(value[name]) for name in sorted(value)) + "}"


def _number_text(text):
    if re.fullmatch(r"-?[0-9]+", text):
        return "0" if text == "-0" else str(text)
    number = float(text)
    return {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(number) or repr(number)
