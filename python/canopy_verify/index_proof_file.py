"""Reads a proof of absence or presence: every object has exactly its members, every value is of its kind."""

import json
import re

from .index_keys import WHERE, entry_time, format_time

FIELDS = ("trace_id", "avid", "action_type", "decision", "avid+action_type", "avid+decision", "resource", "incident_id", "event", "line")
HEX64 = re.compile("[0-9a-f]{64}")


class Unusable(Exception):
    pass


def _need(holds, expected):
    if not holds:
        raise Unusable(expected)


def _members(value, *names):
    _need(isinstance(value, dict) and set(value) == set(names), f"expected an object of {', '.join(names)}")
    return [value[name] for name in names]


def _count(value):
    _need(type(value) is int and value >= 0, "expected a whole number from 0")
    return value


def _hash(value):
    _need(isinstance(value, str) and HEX64.fullmatch(value), "expected 64 lower-case hex digits")
    return bytes.fromhex(value)


def _list(value, longest):
    _need(isinstance(value, list) and len(value) <= longest, f"expected a list of at most {longest}")
    return value


def _path(value):
    return [_hash(one) for one in _list(value, 64)]


def _text(value, longest=65_536):
    _need(isinstance(value, str) and 0 < _units(value) <= longest, "expected text that is not empty")
    return value


def _units(text):
    """The length of a text in UTF-16 units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def parse_proof(value):
    """The parts of a proof. Raises Unusable."""
    members = ("canopy_proof", "statement", "by", "resource", "checkpoint", "meta", "runs", "entries")
    version, statement, by, resource, checkpoint, meta, runs, entries = _members(value, *members)
    _need(type(version) is int and version == 1, "`canopy_proof` must be 1")
    _need(by in FIELDS if isinstance(by, str) else False, "`by` must be a field of the index")
    _need(isinstance(checkpoint, str) and _units(checkpoint) <= 1_048_576, "the checkpoint must be text")
    return {
        "statement": _statement(statement),
        "by": by,
        "resource": None if resource is None else _resource(resource),
        "checkpoint": checkpoint,
        "meta": _line(meta),
        "runs": [_run(one) for one in _list(runs, 65_536)],
        "entries": [_line(one) for one in _list(entries, 100_000)],
    }


def _statement(value):
    claim, where, except_agent, tenant, begin, end = _members(value, "claim", "where", "except_agent", "tenant", "from", "to")
    _need(claim in ("absent", "present"), "a claim is absent or present")
    _need(isinstance(where, dict) and where and all(name in WHERE for name in where), "`where` names members of entries")
    return {
        "claim": claim,
        "where": {name: _text(one) for name, one in where.items()},
        "except_agent": None if except_agent is None else _text(except_agent),
        "tenant": None if tenant is None else _text(tenant),
        "from": _plain_time(begin),
        "to": _plain_time(end),
    }


def _plain_time(value):
    if value is None:
        return None
    time = entry_time(value) if isinstance(value, str) else None
    _need(time is not None and format_time(time) == value, "a time must be null or be written as 2026-11-23T08:35:45Z")
    return time


def _resource(value):
    name, key = _members(value, "name", "key")
    return {"name": _text(name), "key": None if key is None else _hash(key)}


def _line(value):
    index, line, path = _members(value, "index", "line", "path")
    _need(isinstance(line, str) and _units(line) <= 1_048_576, "a line must be text")
    _need("\n" not in line and not line.endswith("\r"), "a line stands without its end")
    return {"index": _count(index), "line": line, "path": _path(path)}


def _run(value):
    position, record, path, shown = _members(value, "position", "record", "path", "shown")
    return {"position": _count(position), "record": _record(record), "path": _path(path), "shown": _shown(shown)}


def _record(value):
    counts = ("first", "end", "keys", "level", "longest_gap_s", "odd", "undated", "unresolved")
    found = _members(value, *counts, "newest", "oldest", "resource_key", "root")
    record = dict(zip(counts, (_count(one) for one in found[:8])))
    newest, oldest, resource_key, root = found[8:]
    record["newest"], record["oldest"] = _plain_time(newest), _plain_time(oldest)
    _need(resource_key in (None, "mixed") or (isinstance(resource_key, str) and HEX64.fullmatch(resource_key)), "not a run record")
    record["resource_key"], record["root"] = resource_key, _hash(root)
    length = record["end"] - record["first"]
    _need(length > 0 and max(record["odd"], record["undated"], record["unresolved"]) <= length, "not a run record")
    if record["oldest"] is None or record["newest"] is None:
        _need(record["oldest"] is record["newest"] and record["undated"] == length, "not a run record")
    else:
        _need(record["oldest"] <= record["newest"] and record["undated"] < length, "not a run record")
    # All members are ASCII texts, whole numbers and null, so RFC 8785 is this.
    record["text"] = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return record


def _shown(value):
    if value == "skipped":
        return "skipped"
    if isinstance(value, dict) and "absent" in value:
        left, right = _members(_members(value, "absent")[0], "left", "right")
        return {"left": _leaf(left), "right": _leaf(right)}
    index, entries, path = _members(_members(value, "present")[0], "index", "entries", "path")
    return {"index": _count(index), "entries": [_count(one) for one in _list(entries, 100_000)], "path": _path(path)}


def _leaf(value):
    if value is None:
        return None
    index, key, count, list_, path = _members(value, "index", "key", "count", "list", "path")
    return {"index": _count(index), "key": _hash(key), "count": _count(count), "list": _hash(list_), "path": _path(path)}
