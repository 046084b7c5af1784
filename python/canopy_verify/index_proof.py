"""Checks proofs of absence and presence (docs/absence-proofs.md)."""

import hmac
import json
import re
from datetime import datetime, timezone

from . import notes
from .merkle import leaf_hash, line_leaf, sha256, verify_inclusion
from .strict_json import JsonError, parse, parse_plain

MAX_BYTES = 67_108_864
FIELDS = ("trace_id", "avid", "action_type", "decision", "avid+action_type", "avid+decision", "resource", "incident_id", "event", "line")
WHERE = ("trace_id", "avid", "action_type", "decision", "resource", "incident_id", "event")
_HEX64 = re.compile("[0-9a-f]{64}")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)


class Unusable(Exception):
    pass


class Invalid(Exception):
    pass


def check_index_proof(proof, trust):
    """(state, words, limits) of a proof inside a bundle: valid, untrusted or invalid."""
    found = verify_index_proof(proof, trust)
    if found["verdict"] == "invalid" and found["at"] == "checkpoint" and trust is not None:
        alone = verify_index_proof(proof, None)
        if alone["verdict"] == "untrusted":
            return "untrusted", found["reason"], alone["not_claimed"]
    state = found["verdict"] if found["verdict"] in ("valid", "untrusted") else "invalid"
    return state, found["reason"] or found["claim"], found["not_claimed"]


def verify_index_proof_file(data, trust):
    """Check the bytes of a proof's file."""
    if len(data) > MAX_BYTES:
        return _result("unusable", "a proof has at most 64 MiB", "")
    try:
        value = parse_plain(data.decode("utf-8", "strict"))
    except (UnicodeDecodeError, JsonError, RecursionError) as problem:
        return _result("unusable", str(problem), "")
    return verify_index_proof(value, trust)


def verify_index_proof(value, trust):
    """Check a proof under a TrustPolicy, or None. Gives a dict: verdict, reason, at, claim, matching, uncertain, not_claimed."""
    try:
        proof = _parse(value)
    except Unusable as problem:
        return _result("unusable", str(problem), "")
    try:
        return _judge(proof, trust)
    except Invalid as problem:
        return _result("invalid", problem.args[0], problem.args[1])


def _result(verdict, reason, at, claim="", matching=(), uncertain=(), not_claimed=()):
    found = {"matching": list(matching), "uncertain": list(uncertain), "not_claimed": list(not_claimed)}
    return {"verdict": verdict, "reason": reason, "at": at, "claim": claim, **found}


# Reading the file: every object has exactly its members, every value is of its kind.


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
    _need(isinstance(value, str) and _HEX64.fullmatch(value), "expected 64 lower-case hex digits")
    return bytes.fromhex(value)


def _list(value, longest):
    _need(isinstance(value, list) and len(value) <= longest, f"expected a list of at most {longest}")
    return value


def _path(value):
    return [_hash(one) for one in _list(value, 64)]


def _text(value, longest=65_536):
    _need(isinstance(value, str) and 0 < len(value) <= longest, "expected text that is not empty")
    return value


def _parse(value):
    members = ("canopy_proof", "statement", "by", "resource", "checkpoint", "meta", "runs", "entries")
    version, statement, by, resource, checkpoint, meta, runs, entries = _members(value, *members)
    _need(type(version) is int and version == 1, "`canopy_proof` must be 1")
    _need(by in FIELDS if isinstance(by, str) else False, "`by` must be a field of the index")
    _need(isinstance(checkpoint, str) and len(checkpoint) <= 1_048_576, "the checkpoint must be text")
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
    _need(isinstance(line, str) and len(line) <= 1_048_576, "a line must be text")
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
    _need(resource_key in (None, "mixed") or (isinstance(resource_key, str) and _HEX64.fullmatch(resource_key)), "not a run record")
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


# What a line is found by.


def entry_time(text):
    """Seconds since 1970 of an RFC 3339 time; None for anything else."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    parts = [int(one) for one in found.groups()[:6]]
    hours, minutes = int(found.group(8) or 0), int(found.group(9) or 0)
    try:
        local = datetime(*parts, tzinfo=timezone.utc)
    except ValueError:
        return None
    if hours > 23 or minutes > 59:
        return None
    offset = (hours * 60 + minutes) * 60 * (-1 if found.group(7) == "-" else 1)
    time = int(local.timestamp()) - offset
    return time if 0 <= time <= 253_402_300_799 else None


def format_time(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def index_key(field, tenant, values):
    parts = b"".join(len(part).to_bytes(4, "big") + part for part in (one.encode() for one in (field, tenant, *values)))
    return sha256(b"canopy-index-v1\x00" + parts)


def read_line(line):
    """What the index knows of a line, whatever stands in it."""
    empty = {"time": None, "odd": True, "tenant_id": "", "resources": [], **{name: "" for name in WHERE if name != "resource"}}
    if len(line) > 1_048_576:
        return empty
    try:
        members = parse(line.decode("utf-8", "strict"))
    except (UnicodeDecodeError, JsonError, RecursionError):
        return empty
    if not isinstance(members, dict):
        return empty
    odd = False

    def text(name):
        nonlocal odd
        value = members.get(name)
        if value is None:
            return ""
        if type(value) is str and not any(0xD800 <= ord(one) <= 0xDFFF for one in value):
            return value
        odd = True
        return ""

    read = {name: text(name) for name in ("tenant_id", *WHERE) if name != "resource"}
    time = entry_time(text("timestamp"))
    listed = members.get("resource_keys")
    resources = []
    for item in [] if listed is None else listed if isinstance(listed, list) else [None]:
        if type(item) is not str or item == "" or any(0xD800 <= ord(one) <= 0xDFFF for one in item):
            odd = True
        elif item not in resources:
            resources.append(item)
    return {**read, "time": time, "odd": odd or time is None, "resources": resources}


def keys_of(read):
    """The keys that a line is found by."""
    terms = [(name, (read[name],)) for name in WHERE if name != "resource"]
    terms += [("avid+action_type", (read["avid"], read["action_type"])), ("avid+decision", (read["avid"], read["decision"]))]
    terms += [("resource", (one,)) for one in read["resources"]]
    tenants = [""] + ([read["tenant_id"]] if read["tenant_id"] else [])
    keys = {index_key(field, tenant, values) for field, values in terms if "" not in values for tenant in tenants}
    if read["odd"]:
        keys.add(index_key("line", "", ("odd",)))
    return keys


def relation(read, statement):
    """How an entry that has the key stands to a statement: matches, uncertain (its line is odd) or other."""
    time, begin, end = read["time"], statement["from"], statement["to"]
    if time is not None and ((begin is not None and time < begin) or (end is not None and time > end)):
        return "other"
    if read["odd"]:
        return "uncertain"
    if statement["tenant"] is not None and read["tenant_id"] != statement["tenant"]:
        return "other"
    if statement["except_agent"] is not None and read["avid"] == statement["except_agent"]:
        return "other"
    for name, value in statement["where"].items():
        if not (value in read["resources"] if name == "resource" else read[name] == value):
            return "other"
    return "matches"


# What follows from it.


def _check(holds, reason, at):
    if not holds:
        raise Invalid(reason, at)


def _judge(proof, trust):
    statement = proof["statement"]
    values = [statement["where"].get(name) for name in proof["by"].split("+")]
    _check(None not in values, "the statement doesn't name what the index is asked for", "by")
    begin, end = statement["from"], statement["to"]
    _check(begin is None or end is None or begin <= end, "`from` must not be after `to`", "statement")
    checkpoint, trusted = _checkpoint(proof["checkpoint"], trust)
    covered, count, root, commitment = _meta(proof["meta"], checkpoint)
    next_ = 0
    for at, run in enumerate(proof["runs"]):
        record = run["record"]
        _check(record["first"] == next_, f"the runs must go on at entry {next_}", f"runs[{at}].record")
        next_ = record["end"]
        stands = verify_inclusion(leaf_hash(record["text"]), run["position"], count, run["path"], root)
        _check(stands, "the record is not in the run list", f"runs[{at}]")
    _check(next_ == covered, f"the runs must end at entry {covered}", "runs")
    key = index_key(proof["by"], statement["tenant"] or "", values)
    listed, met = set(), []
    for at, run in enumerate(proof["runs"]):
        if run["shown"] == "skipped":
            _check(_outside(run["record"], statement), "a run that lies in the statement's times was skipped", f"runs[{at}]")
            continue
        listed.update(_entries_shown(run["shown"], key, run["record"], f"runs[{at}].shown"))
        met.append(run["record"])
    entries = _check_entries(proof["entries"], listed, key, checkpoint)
    newest = max((run["record"]["newest"] or 0 for run in proof["runs"]), default=0)
    _check(begin is None or newest >= begin, "the entries covered end before `from`", "statement.from")
    mapping = _mapping(proof, commitment, met)
    matching = [index for index, read in entries if relation(read, statement) == "matches"]
    uncertain = [index for index, read in entries if relation(read, statement) == "uncertain"]
    limits = _limits(trusted, mapping, met, statement)
    if uncertain:
        limits.append(f"uncertain: {len(uncertain)} lines that can't be read in full have the key")
    claim = f"{statement['claim']}: {json.dumps(statement['where'], ensure_ascii=False)}"
    shown = (claim, matching, uncertain, limits)
    contradicted = bool(matching or uncertain) if statement["claim"] == "absent" else not matching
    if contradicted:
        return _result("false", "the entries shown contradict the statement", "statement", *shown)
    if trusted is None:
        return _result("untrusted", "no trusted key was given, so anyone can have made it", "checkpoint", *shown)
    return _result("valid", None, "", *shown)


def _checkpoint(note, trust):
    try:
        if trust is None:
            return notes.parse_checkpoint(notes.parse_note(note).text), None
        trusted = notes.open_trusted(note, trust)
        return trusted.checkpoint, trusted
    except (notes.FormatError, notes.NotTrusted) as problem:
        raise Invalid(str(problem), "checkpoint") from None


def _included(shown, checkpoint, at):
    leaf = line_leaf(shown["line"].encode())
    stands = verify_inclusion(leaf, shown["index"], checkpoint.size, shown["path"], checkpoint.root)
    _check(stands, "the line is not in the log", at)


def _meta(shown, checkpoint):
    _included(shown, checkpoint, "meta")
    try:
        entry = parse_plain(shown["line"])
    except (JsonError, RecursionError):
        entry = None
    index = entry.get("index") if isinstance(entry, dict) else None
    named = isinstance(index, dict) and entry.get("event") == "checkpoint_meta" and entry.get("action_type") == "ledger"
    _check(named, "the entry shown is no `checkpoint_meta`", "meta.line")
    covered, runs, root, commitment = entry.get("covered_entries"), index.get("runs"), index.get("root"), entry.get("resource_key_commitment")
    sound = type(covered) is int and type(runs) is int and isinstance(root, str) and _HEX64.fullmatch(root)
    _check(sound and 0 < covered <= shown["index"] and runs >= 0, "it doesn't say how the index stands", "meta.line")
    known = isinstance(commitment, str) and _HEX64.fullmatch(commitment)
    return covered, runs, bytes.fromhex(root), commitment if known else ""


def _outside(record, statement):
    if record["undated"] > 0 or record["oldest"] is None:
        return False
    begin, end = statement["from"], statement["to"]
    return (begin is not None and record["newest"] < begin) or (end is not None and record["oldest"] > end)


def _entries_shown(shown, key, record, at):
    if "entries" in shown:
        entries = shown["entries"]
        ascending = all(a < b for a, b in zip(entries, entries[1:]))
        within = entries and record["first"] <= entries[0] and entries[-1] < record["end"]
        _check(ascending and within, "a list must be ascending and lie within its run", at)
        list_ = sha256(b"".join(one.to_bytes(8, "big") for one in entries))
        _check(_stands(key, len(entries), list_, shown, record), "the key with this list is not in the run's tree", at)
        return entries
    left, right = shown["left"], shown["right"]
    if left is None and right is None:
        _check(record["keys"] == 0 and record["root"] == sha256(b""), "only a run without keys has no neighbours", at)
        return []
    next_ = 0 if left is None else left["index"] + 1
    _check(next_ == (record["keys"] if right is None else right["index"]), "the neighbours are not adjacent", at)
    _check(left is None or left["key"] < key, "the left neighbour is not before the key", at)
    _check(right is None or right["key"] > key, "the right neighbour is not after the key", at)
    for leaf in (left, right):
        _check(leaf is None or _stands(leaf["key"], leaf["count"], leaf["list"], leaf, record), "a neighbour is not in the run's tree", at)
    return []


def _stands(key, count, list_, place, record):
    leaf = leaf_hash(key + count.to_bytes(8, "big") + list_)
    return verify_inclusion(leaf, place["index"], record["keys"], place["path"], record["root"])


def _check_entries(shown, listed, key, checkpoint):
    before, entries = -1, []
    for at, one in enumerate(shown):
        _check(one["index"] > before, "the entries must be in the order of the log", f"entries[{at}]")
        before = one["index"]
        _check(before in listed, "an entry is shown that no run lists", f"entries[{at}]")
        _included(one, checkpoint, f"entries[{at}]")
        read = read_line(one["line"].encode())
        _check(key in keys_of(read), "the index lists an entry that doesn't have the key", f"entries[{at}]")
        entries.append((before, read))
    _check(len(entries) == len(listed), "every entry that the runs list must be shown", "entries")
    return entries


def _mapping(proof, commitment, met):
    asked, resource = proof["statement"]["where"].get("resource"), proof["resource"]
    named = asked not in (None, "unresolved")
    _check(named == (resource is not None), "a resource must be named exactly where the statement names its key", "resource")
    if resource is None:
        return None
    _check(re.match("[a-z][a-z0-9_.]*:", resource["name"]), "a resource's name is kind:target", "resource.name")
    key = resource["key"]
    if key is None:
        return "unshown"
    digits = hmac.new(key, b"res:" + resource["name"].encode(), "sha256").hexdigest()[:32]
    _check(digits == asked, "the resource's name has another key", "resource")
    own = sha256(b"canopy-resource-commit-v1\x00" + key).hex()
    _check(own == commitment, "the key shown is not the one that the log is committed to", "resource.key")
    return "shown" if all(one["resource_key"] in (None, commitment) for one in met) else "mixed"


def _limits(trusted, mapping, met, statement):
    limits = ["cannot see ungoverned calls"]
    if trusted is None or not trusted.index_audited_by:
        limits.append("index unaudited")
    if trusted is None or not trusted.anchored:
        limits.append("unanchored")
    if mapping in ("unshown", "mixed"):
        limits.append("resource mapping: the operator's word")
    unresolved = sum(one["unresolved"] for one in met)
    if "resource" in statement["where"] and unresolved:
        limits.append(f"unresolved: {unresolved} decisions had a target that could not be told")
    silence = max((one["longest_gap_s"] for one in met), default=0)
    if silence:
        limits.append(f"silence: the longest time without any entry was {silence} s")
    return limits
