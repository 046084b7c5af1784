"""Checks the chain of a log, all its segments in order (docs/ledger-format.md)."""

import hashlib
import os
import re

from .merkle import Frontier, line_leaf
from .strict_json import JsonError, Number, canonical, parse

GENESIS = hashlib.sha256(b"Canopy Audit Log v1").hexdigest()
MAX_LINE_BYTES = 67_108_864
_SUFFIX = re.compile(rb',"entry_hash":"([0-9a-f]{64})"\}\Z')


class Entry:
    """An entry whose own hash holds."""

    def __init__(self, members, prev_hash, entry_hash):
        self.members = members
        self.prev_hash = prev_hash
        self.entry_hash = entry_hash


def read_entry(line: bytes):
    """An Entry, or a word that says why it is none: json, utf8, not_object, duplicate_key, entry_hash."""
    try:
        text = line.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return "utf8"
    try:
        members = parse(text, max_depth=1000)
    except (JsonError, RecursionError) as problem:
        return getattr(problem, "kind", "json")
    if not isinstance(members, dict):
        return "not_object"
    prev_hash, entry_hash = members.get("prev_hash"), members.get("entry_hash")
    rest = {name: value for name, value in members.items() if name != "entry_hash"}
    return members, prev_hash, entry_hash, rest


def check_entry(line: bytes):
    """An Entry whose hash follows from its members, or a word that says what is wrong."""
    read = read_entry(line)
    if isinstance(read, str):
        return read
    members, prev_hash, entry_hash, rest = read
    if type(prev_hash) is not str or type(entry_hash) is not str:
        return "entry_hash"
    try:
        hashed = (prev_hash + canonical(rest)).encode("utf-8", "strict")
    except JsonError as problem:
        return problem.kind
    except (UnicodeEncodeError, RecursionError):
        return "entry_hash"
    if hashlib.sha256(hashed).hexdigest() != entry_hash:
        return "entry_hash"
    return Entry(members, prev_hash, entry_hash)


def verify_file(path, head=GENESIS, each=None):
    """Check one file. Gives {valid, entries, head, first_bad_line, failure}; `each` sees (line, Entry)."""
    result = {"valid": True, "entries": 0, "head": head, "first_bad_line": None, "failure": None}
    number = 0
    with open(path, "rb") as file:
        while True:
            line = file.readline(MAX_LINE_BYTES + 2)
            if not line:
                break
            number += 1
            problem = _check_line(line, result, each)
            if problem is not None:
                result.update(valid=False, failure=problem, first_bad_line=number)
                break
    return result


def _check_line(line, result, each):
    body = line[:-1] if line.endswith(b"\n") else line
    if len(body) > MAX_LINE_BYTES:
        return "too_long"
    if not body.strip(b" \t\r"):
        return None
    body = body[:-1] if body.endswith(b"\r") else body
    read = read_entry(body)
    if isinstance(read, str):
        return read
    if read[1] != result["head"]:
        return "genesis" if result["entries"] == 0 else "prev_hash"
    entry = check_entry(body)
    if isinstance(entry, str):
        return entry
    result["entries"] += 1
    result["head"] = entry.entry_hash
    if each is not None:
        each(body, entry)
    return None


def segments_of(path):
    """The log itself, and before it the segments as each one's first line names the one before."""
    files = [path]
    while True:
        name = _first_members(files[0]).get("previous_segment")
        if type(name) is not str or not re.fullmatch(r"[0-9]{6}\.log", name):
            return files
        before = os.path.join(path + ".d", "segments", name)
        if before in files or os.path.islink(before) or not os.path.isfile(before):
            return files
        files.insert(0, before)


def _first_members(path):
    with open(path, "rb") as file:
        line = file.readline(MAX_LINE_BYTES + 2)
        # Blank lines before it are no entries, and hide none.
        while line and not line.strip(b" \t\r\n"):
            line = file.readline(MAX_LINE_BYTES + 2)
        read = read_entry(line.lstrip(b" \t\r"))
    return {} if isinstance(read, str) or read[0].get("event") != "log_rotated" else read[0]


def verify_log(path, upto=None, succession=None):
    """Check a log over all its segments; besides, the size and root of its tree, and those of its first `upto` entries.

    Where the first segments are missing there is no tree: `size` and `root` are None. A Succession sees the entries, to
    follow the rotations of checkpoint keys.
    """
    frontier = Frontier()
    entries, before = 0, None
    noted = {"size_at": None, "root_at": None}

    def note():
        if frontier.size == upto:
            noted.update(size_at=frontier.size, root_at=frontier.root())

    segments = segments_of(path)
    if _first_members(segments[0]):
        upto = None
    note()
    log_id = []
    for segment in segments:
        first = []

        def each(line, entry):
            if not first:
                first.append(entry)
            if succession is not None:
                # Lines of other writers have no `log_id`.
                if not log_id and type(entry.members.get("log_id")) is str:
                    log_id.append(entry.members["log_id"])
                if log_id:
                    succession.saw(frontier.size, entry.members, log_id[0])
            frontier.append(line_leaf(line))
            note()

        found = verify_file(segment, each=each)
        entries += found["entries"]
        if found["valid"] and before is not None:
            members = first[0].members if first else {}
            count = members.get("previous_entries")
            link = (members.get("event"), members.get("previous_head"), isinstance(count, Number) and str(count))
            if link != ("log_rotated", before["head"], str(before["entries"])):
                found.update(valid=False, failure="segment", first_bad_line=1)
        if not found["valid"]:
            return {**found, "segment": segment, "entries": entries, "size": None, "root": None}
        before = found
    if entries == 0:
        return {"valid": False, "failure": "empty", "segment": path, "entries": 0, "first_bad_line": None, "head": None, "size": None, "root": None}
    tree = {"size": None, "root": None} if _first_members(segments[0]) else {"size": frontier.size, "root": frontier.root()}
    return {**noted, "valid": True, "failure": None, "segment": None, "entries": entries, "first_bad_line": None, "head": before["head"], **tree}
