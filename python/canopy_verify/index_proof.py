"""Checks proofs of absence and presence (docs/absence-proofs.md)."""

import hmac
import json
import re

from . import notes
from .index_keys import index_key, keys_of, read_line, relation
from .index_proof_file import HEX64, Unusable, parse_proof
from .merkle import leaf_hash, line_leaf, sha256, verify_inclusion
from .strict_json import JsonError, parse_plain

MAX_BYTES = 67_108_864


class Invalid(Exception):
    pass


def check_index_proof(proof, trust):
    """(state, words, limits) of a proof inside a bundle: valid, untrusted or invalid."""
    found = verify_index_proof(proof, trust)
    state = found["verdict"] if found["verdict"] in ("valid", "untrusted") else "invalid"
    return state, found["reason"] or found["claim"], found["not_claimed"]


def verify_index_proof_file(data, trust):
    """Check the bytes of a proof's file."""
    if len(data) > MAX_BYTES:
        return _result("unusable", "a proof has at most 64 MiB", "")
    try:
        value = parse_plain(data.decode("utf-8", "strict"))
    except (UnicodeDecodeError, JsonError, RecursionError) as problem:
        return _result("unusable", f"not a proof: it is no JSON: {problem}", "")
    return verify_index_proof(value, trust)


def verify_index_proof(value, trust):
    """Check a proof under a TrustPolicy, or None. Gives a dict: verdict, reason, at, claim, matching, uncertain, not_claimed."""
    try:
        proof = parse_proof(value)
    except Unusable as problem:
        return _result("unusable", f"not a proof of absence or presence: {problem}", "")
    try:
        return _judge(proof, trust)
    except Invalid as problem:
        return _result("invalid", problem.args[0], problem.args[1])


def _result(verdict, reason, at, claim="", matching=(), uncertain=(), not_claimed=()):
    found = {"matching": list(matching), "uncertain": list(uncertain), "not_claimed": list(not_claimed)}
    return {"verdict": verdict, "reason": reason, "at": at, "claim": claim, **found}


def _check(holds, reason, at):
    if not holds:
        raise Invalid(reason, at)


def _judge(proof, trust):
    statement = proof["statement"]
    values = [statement["where"].get(name) for name in proof["by"].split("+")]
    _check(None not in values, "the statement doesn't name what the index is asked for", "by")
    begin, end = statement["from"], statement["to"]
    _check(begin is None or end is None or begin <= end, "`from` must not be after `to`", "statement")
    checkpoint, trusted, untrusted = _checkpoint(proof["checkpoint"], trust)
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
    if untrusted is not None:
        return _result("untrusted", untrusted, "checkpoint", *shown)
    return _result("valid", None, "", *shown)


def _checkpoint(note, trust):
    """(checkpoint, Trusted or None, why it is not trusted or None)"""
    try:
        checkpoint = notes.parse_checkpoint(notes.parse_note(note).text)
        if trust is None:
            return checkpoint, None, "no trusted key was given (--vkey, --trust), so anyone can have made it"
        return checkpoint, notes.open_trusted(note, trust), None
    except notes.NotTrusted as problem:
        if problem.is_broken:
            raise Invalid(f"its checkpoint is refused: {problem}", "checkpoint") from None
        return checkpoint, None, str(problem)
    except notes.FormatError as problem:
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
    sound = type(covered) is int and type(runs) is int and isinstance(root, str) and HEX64.fullmatch(root)
    _check(sound and 0 < covered <= shown["index"] and runs >= 0, "it doesn't say how the index stands", "meta.line")
    known = isinstance(commitment, str) and HEX64.fullmatch(commitment)
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
    if statement["from"] is not None or statement["to"] is not None:
        limits.append("clock: times are those of the machine that wrote the log")
    if mapping in ("unshown", "mixed"):
        limits.append("resource mapping: the operator's word")
    unresolved = sum(one["unresolved"] for one in met)
    if "resource" in statement["where"] and unresolved:
        limits.append(f"unresolved: {unresolved} decisions had a target that could not be told")
    silence = max((one["longest_gap_s"] for one in met), default=0)
    if silence:
        limits.append(f"silence: the longest time without any entry was {silence} s")
    return limits
