"""Checks evidence bundles (docs/evidence-bundle.md), in one pass."""

import hashlib
import re

from . import notes
from .index_proof import check_index_proof
from .log import GENESIS, check_entry
from .merkle import Frontier, line_leaf
from .strict_json import JsonError, parse_plain
from .succession import Succession

MAX_LINE = 67_108_864
MAX_OF_A_KIND = 1000
_STAGES = {"key": 1, "checkpoint": 2, "node": 3, "entry": 3, "proof": 4, "policy": 5, "report": 6, "end": 7}
_MEMBERS = {
    "header": {"canopy_evidence": int, "origin": str, "log_id": str, "made_at": str, "about": dict},
    "key": {"kind": str, "vkey": str, "purpose": str},
    "checkpoint": {"kind": str, "note": str},
    "node": {"kind": str, "level": int, "index": int, "hash": str},
    "entry": {"kind": str, "index": int, "line": str},
    "proof": {"kind": str, "name": str, "proof": dict},
    "policy": {"kind": str, "hash": str, "text": str},
    "report": {"kind": str, "format": str, "text": str},
    "end": {"kind": str, "lines": int, "sha256": str},
}
_HASH = re.compile("[0-9a-f]{64}")


class _Refused(Exception):
    pass


def _need(holds, reason):
    if not holds:
        raise _Refused(reason)


class _Bundle:
    def __init__(self, trust):
        self.trust = trust
        self.header = None
        self.note = None
        self.checkpoint = None
        self.stage = 0
        self.lines = 0
        self.counts = {}
        self.keys = []
        self.tree = Frontier()
        self.succession = None if trust is None else Succession(trust)
        self.before = (None, None)
        self.links = 0
        self.proofs = []
        self.policies = []
        self.all = hashlib.sha256()

    def take(self, raw):
        self.lines += 1
        _need(self.stage != 7, "something follows the last line")
        _need(raw.endswith(b"\n"), "it ends before its last line: it was cut off, or isn't whole yet")
        _need(len(raw) - 1 <= MAX_LINE, "a line is too long")
        _need(b"\r" not in raw, "a line has a carriage return")
        value = _read(raw[:-1])
        if self.header is None:
            _need(value.get("canopy_evidence") == 1, "not an evidence bundle: its first line must be a header with `canopy_evidence` 1")
            _shape(value, "header")
            self.header = value
        else:
            self.take_line(value)
        if self.stage != 7:
            self.all.update(raw)

    def take_line(self, value):
        kind = value.get("kind")
        _need(isinstance(kind, str) and kind in _STAGES, "a line must have a `kind` that is known")
        _shape(value, kind)
        self.counts[kind] = self.counts.get(kind, 0) + 1
        stage = _STAGES[kind]
        _need(stage >= self.stage, f"a line of kind {kind} stands behind lines that must come after it")
        _need(stage <= 2 or self.checkpoint is not None, "a checkpoint must stand before its tree")
        if stage > 3 >= self.stage:
            _need(self.tree.size == self.checkpoint.size, "the tree doesn't end at the checkpoint's size")
            _need(self.tree.root() == self.checkpoint.root, "the entries are not those of the checkpoint's root")
        _need(stage == 3 or self.counts[kind] <= MAX_OF_A_KIND, "too many lines of a kind")
        self.stage = stage
        getattr(self, "take_" + kind)(value)

    def take_key(self, value):
        self.keys.append(value["vkey"])

    def take_checkpoint(self, value):
        _need(self.checkpoint is None, "there must be one checkpoint only")
        try:
            self.checkpoint = notes.parse_checkpoint(notes.parse_note(value["note"]).text)
        except notes.FormatError as problem:
            raise _Refused(str(problem)) from None
        self.note = value["note"]
        _need(self.checkpoint.origin == self.header["origin"], "the checkpoint is of another log")

    def take_node(self, value):
        self.grow(value["level"], value["index"], bytes.fromhex(value["hash"]))

    def grow(self, level, index, hash_):
        # A level above 53 has more entries than any log.
        _need(level <= 53 and index << level == self.tree.size, "a piece of the tree begins elsewhere")
        _need(self.tree.size + (1 << level) <= self.checkpoint.size, "the tree grows over the checkpoint's size")
        _need(self.tree.append(hash_, level), "no subtree of that level begins here")

    def take_entry(self, value):
        index = value["index"]
        _need("\n" not in value["line"] and "\r" not in value["line"], "an entry is more than one line")
        line = value["line"].encode()
        entry = check_entry(line)
        _need(not isinstance(entry, str), f"entry {index} does not hold ({entry}): it was changed after it was written, or is none")
        log_id = entry.members.get("log_id", self.header["log_id"])
        _need(type(log_id) is str and log_id == self.header["log_id"], "an entry is of another log")
        self.grow(0, index, line_leaf(line))
        before_index, before = self.before
        if before_index == index - 1:
            _need(_follows(entry, before), f"entry {index} does not follow from the one before")
            self.links += 1
        self.before = (index, entry)
        if self.succession is not None:
            self.succession.saw(index, entry.members, self.header["log_id"])

    def take_proof(self, value):
        state, says, limits = check_index_proof(value["proof"], self.trust_of(value["proof"]))
        self.proofs.append({"name": value["name"], "state": state, "says": says, "not_claimed": limits})
        _need(state != "invalid", f"a proof does not hold: {says}")
        try:
            point = notes.parse_checkpoint(notes.parse_note(value["proof"]["checkpoint"]).text)
        except notes.FormatError as problem:
            raise _Refused(f"a proof does not hold: {problem}") from None
        _need(point.origin == self.checkpoint.origin, "a proof is of another log than the entries")
        same = point.size != self.checkpoint.size or point.root == self.checkpoint.root
        _need(same, "a proof is of another history than the entries")

    def trust_of(self, proof):
        """Whom to trust for a proof: the keys in force at the size of its own checkpoint."""
        note = proof.get("checkpoint")
        if self.succession is None or not isinstance(note, str):
            return self.trust
        try:
            point = notes.parse_checkpoint(notes.parse_note(note).text)
        except notes.FormatError:
            return self.trust
        return self.succession.policy_at(point.origin, point.size)

    def take_policy(self, value):
        _need(hashlib.sha256(value["text"].encode()).hexdigest() == value["hash"], "a policy's text is not that of its hash")
        self.policies.append(value["hash"])

    def take_report(self, value):
        pass

    def take_end(self, value):
        _need(value["lines"] == self.lines - 1, "the last line counts other lines: some were added or taken out")
        _need(self.all.hexdigest() == value["sha256"], "the bytes are not those that the last line was made of: something was changed")

    def judged(self):
        if self.trust is not None:
            try:
                trusted = self.succession.open(self.note)
            except notes.NotTrusted as problem:
                if problem.is_broken:
                    return "invalid", str(problem), None
                if problem.state in ("quorum_missing", "retired_key"):
                    return "untrusted", str(problem), None
            else:
                unproven = [one for one in self.proofs if one["state"] != "valid"]
                if unproven:
                    return "untrusted", f"a proof is not trusted: {unproven[0]['says']}", trusted
                return "valid", None, trusted
        signer = self.signer()
        if signer is None:
            return "invalid", "no key that it names signed its checkpoint", None
        return "untrusted", f"consistent, signed by an unknown key {signer}", None

    def signer(self):
        note = notes.parse_note(self.note)
        for vkey in self.keys:
            try:
                key = notes.parse_verifier_key(vkey)
            except notes.FormatError:
                continue
            if key.algorithm == "ed25519" and key.name == self.checkpoint.origin and notes.note_state(note, key) == "good":
                return key
        return None


def _read(raw):
    try:
        value = parse_plain(raw.decode("utf-8", "strict"))
    except (UnicodeDecodeError, JsonError, RecursionError) as problem:
        raise _Refused(f"a line is no JSON: {problem}") from None
    _need(isinstance(value, dict), "a line must be an object")
    return value


def _shape(value, kind):
    shape = _MEMBERS[kind]
    _need(set(value) == set(shape), f"a line of kind {kind} must have exactly the members {', '.join(shape)}")
    for name, type_ in shape.items():
        _need(type(value[name]) is type_, f"`{name}` is of another type than it must be")
        _need(type_ is not int or value[name] >= 0, f"`{name}` is below zero")
    for name in ("hash", "sha256"):
        _need(name not in shape or _HASH.fullmatch(value[name]), "a hash must be 64 hex digits")
    _need(kind != "report" or value["format"] in ("json", "md"), "a report is json or md")


def _follows(entry, before):
    if entry.prev_hash == before.entry_hash:
        return True
    rotated = entry.members.get("event") == "log_rotated"
    return rotated and entry.prev_hash == GENESIS and entry.members.get("previous_head") == before.entry_hash


def verify_bundle(path, trust=None):
    """Check a bundle's file under a TrustPolicy, or None. Gives a dict with verdict, reason, line and more."""
    bundle = _Bundle(trust)
    trusted = None
    try:
        with open(path, "rb") as file:
            while True:
                raw = file.readline(MAX_LINE + 2)
                if not raw:
                    break
                bundle.take(raw)
        bundle.lines += 1
        _need(bundle.stage == 7, "it ends before its last line: it was cut off, or isn't whole yet")
        verdict, reason, trusted = bundle.judged()
        line = None
    except _Refused as problem:
        verdict = "unusable" if bundle.header is None else "invalid"
        reason, line = str(problem), bundle.lines
    point = bundle.checkpoint
    steps = [] if trusted is None else bundle.succession.steps_to(trusted.key)
    return {
        "verdict": verdict,
        "reason": reason,
        "line": line,
        "origin": None if point is None else point.origin,
        "size": None if point is None else point.size,
        "signed_by": None if trusted is None else str(trusted.key),
        "cosigned_by": [] if trusted is None else trusted.cosigned_by,
        "rotations": steps,
        "entries": bundle.counts.get("entry", 0),
        "chain_links": bundle.links,
        "proofs": bundle.proofs,
        "policies": bundle.policies,
        "not_claimed": _not_claimed(trusted, bundle.proofs, steps),
    }


def _not_claimed(trusted, proofs, steps):
    anchored = trusted is not None and trusted.anchored
    return [
        *(f"the key {one['new']} is trusted by the word of {one['old']} in entry {one['index']}: a thief of that key could have given it" for one in steps),
        "these need not be all entries of interest: whoever made the bundle chose them",
        *([] if anchored else ["unanchored: no quorum of log witnesses vouches that no other history was signed"]),
        *(f"{proof['name']}: {limit}" for proof in proofs for limit in proof["not_claimed"]),
        "reports, `about` and `made_at` are the maker's words",
        "cannot see ungoverned calls",
    ]
