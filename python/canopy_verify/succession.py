"""Which key signs a log's checkpoints at which size: `key_rotated` entries followed (docs/transparency-log.md, "Rotated keys")."""

import base64
import binascii
import json
import re

from . import ed25519, notes
from .merkle import sha256

_STATEMENT = {"type", "old_key", "new_key", "rotated_at", "purpose", "origin"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class _Seat:
    def __init__(self, key, since, step):
        self.key = key
        self.since = since
        self.until = None
        self.step = step

    def counts(self, size):
        return self.since <= size and (self.until is None or size <= self.until)


class Succession:
    """The log keys of a TrustPolicy, and those that followed them in one log."""

    def __init__(self, policy):
        self.policy = policy
        self.seats = {(key.name, key.public_key): _Seat(key, 0, None) for key in policy.logs if key.algorithm == "ed25519"}

    def saw(self, index, members, log_id):
        """An entry of the log, in ascending order. Gives whether it was a rotation that was followed."""
        if members.get("event") != "key_rotated" or members.get("action_type") != "ledger" or members.get("log_id") != log_id:
            return False
        statement, signatures = _parse(members.get("rotation"))
        if statement is None or statement.get("purpose") != "checkpoint" or "origin" not in statement:
            return False
        origin, old_key, new_key = statement["origin"], _key_of(statement["old_key"]), _key_of(statement["new_key"])
        old, known = self.seats.get((origin, old_key)), self.seats.get((origin, new_key))
        if old is None or old.until is not None or old_key == new_key or (known is not None and known.until is not None):
            return False
        others = [key for _, key in self.policy.witnesses] + self.policy.index_auditors
        if new_key is None or not ed25519.is_usable_key(new_key) or any(key.public_key == new_key for key in others):
            return False
        canonical = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        message = b"canopy-key-rotation-v1\x00" + canonical.encode()
        if not all(ed25519.verify(key, message, signature) for key, signature in zip((old_key, new_key), signatures)):
            return False
        old.until = index
        if known is None:
            key_id = sha256(origin.encode() + b"\n\x01" + new_key)[:4].hex()
            key = notes.VerifierKey(origin, key_id, "ed25519", new_key)
            self.seats[origin, new_key] = _Seat(key, index + 1, {"old": str(old.key), "new": str(key), "index": index})
        return True

    def policy_at(self, origin, size):
        """The policy for a checkpoint of that origin and size."""
        policy = notes.TrustPolicy()
        policy.logs = [key for key in self.policy.logs if key.name != origin or key.algorithm != "ed25519"]
        policy.logs += [seat.key for seat in self.seats.values() if seat.key.name == origin and seat.counts(size)]
        policy.witnesses, policy.groups = self.policy.witnesses, self.policy.groups
        policy.quorum, policy.index_auditors = self.policy.quorum, self.policy.index_auditors
        return policy

    def open(self, note_text):
        """A Trusted under the keys in force at the checkpoint's size; raises FormatError or NotTrusted."""
        note = notes.parse_note(note_text)
        checkpoint = notes.parse_checkpoint(note.text)
        try:
            return notes.open_trusted(note_text, self.policy_at(checkpoint.origin, checkpoint.size))
        except notes.NotTrusted as problem:
            if problem.state == "unknown_key":
                for seat in self.seats.values():
                    late = seat.until is not None and checkpoint.size > seat.until
                    if late and seat.key.name == checkpoint.origin and notes.note_state(note, seat.key) == "good":
                        message = f"its key {seat.key} was replaced before, by entry {seat.until} of the log"
                        raise notes.NotTrusted("retired_key", message) from None
            raise

    def steps_to(self, key):
        """The rotations that lead from a key that the verifier knows to this one, in order."""
        steps, name = [], str(key)
        by_name = {str(seat.key): seat.step for seat in self.seats.values()}
        while by_name.get(name) is not None:
            steps.insert(0, by_name[name])
            name = steps[0]["old"]
        return steps


def _parse(rotation):
    """(statement, both signatures) of a rotation, or (None, None)."""
    if not isinstance(rotation, dict) or set(rotation) != {"statement", "old_signature", "new_signature"}:
        return None, None
    statement = rotation["statement"]
    signatures = [_base64url(rotation[name]) for name in ("old_signature", "new_signature")]
    if not isinstance(statement, dict) or not set(statement) <= _STATEMENT or None in signatures:
        return None, None
    # Numbers are read as texts of a class of their own.
    if any(type(value) is not str or _BAD.search(value) for value in statement.values()):
        return None, None
    if statement.get("type") != "canopy-key-rotation-v1" or not _TIME.fullmatch(statement.get("rotated_at", "")):
        return None, None
    return (statement, signatures) if {"old_key", "new_key"} <= set(statement) else (None, None)


_BAD = re.compile("[\ud800-\udfff]")


def _base64url(text):
    if type(text) is not str or not re.fullmatch("[A-Za-z0-9_-]*", text):
        return None
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.urlsafe_b64encode(decoded).decode().rstrip("=") == text else None


def _key_of(did):
    """The 32 bytes of an Ed25519 `did:key`, or None."""
    found = re.fullmatch(f"did:key:z([{_BASE58}]{{1,64}})", did)
    if not found:
        return None
    number = 0
    for character in found.group(1):
        number = number * 58 + _BASE58.index(character)
    # 0xed 0x01 and 32 bytes: no zero byte stands first, so the number's bytes are all of it, and `1` can't come first.
    if number.bit_length() != 272 or number >> 256 != 0xED01 or found.group(1).startswith("1"):
        return None
    return (number & ((1 << 256) - 1)).to_bytes(32, "big")
