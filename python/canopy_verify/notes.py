"""Signed notes, verifier keys, checkpoints, cosignatures, proof files and trust policies (docs/transparency-log.md)."""

import base64
import binascii
import re
from urllib.parse import urlsplit

from . import ed25519
from .merkle import EMPTY_ROOT, entry_data, leaf_hash, sha256, verify_inclusion

MAX_NOTE_BYTES = 1_048_576
MAX_SIGNATURES = 100
MAX_SIZE = 2**53 - 1
_TYPES = {1: ("ed25519", 32), 4: ("cosignature-v1", 32), 6: ("ml-dsa-44", 1312)}


class FormatError(ValueError):
    """A file that isn't what it should be."""


class NotTrusted(ValueError):
    """A checkpoint that isn't accepted; `state` is unknown_key, quorum_missing, retired_key or bad_signature."""

    def __init__(self, state, message):
        super().__init__(message)
        self.state = state

    @property
    def is_broken(self):
        """Whether something is wrong with it; else nobody trusted vouches for it, and that is all."""
        return self.state == "bad_signature"


def decode_base64(text):
    """Bytes of padded base64 in its one spelling; None for anything else."""
    try:
        decoded = base64.b64decode(text.encode("ascii", "strict"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None


# White space as Unicode has it (the property White_Space).
_SPACES = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_BAD_NAME = re.compile("[+\x00-\x1f" + _SPACES + "\ud800-\udfff]")


def is_key_name(name):
    units = len(name) + sum(1 for character in name if ord(character) > 0xFFFF)
    return 1 <= units <= 512 and not _BAD_NAME.search(name)


class VerifierKey:
    """A key that signs notes."""

    def __init__(self, name, key_id, algorithm, public_key):
        self.name = name
        self.key_id = key_id
        self.algorithm = algorithm
        self.public_key = public_key

    def __str__(self):
        return f"{self.name}+{self.key_id}"


def parse_verifier_key(text):
    """A VerifierKey; raises FormatError."""
    found = re.fullmatch(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})", text.strip())
    typed = decode_base64(found.group(3)) if found else None
    if not typed or typed[0] not in _TYPES or not is_key_name(found.group(1)):
        raise FormatError("not a verifier key: expected one line, <name>+<8 hex digits>+<base64>")
    algorithm, length = _TYPES[typed[0]]
    if len(typed) != 1 + length or (length == 32 and not ed25519.is_usable_key(typed[1:])):
        raise FormatError("not a usable key: expected an Ed25519 or ML-DSA-44 public key")
    name = found.group(1)
    if sha256(name.encode() + b"\n" + typed)[:4].hex() != found.group(2):
        raise FormatError("not a verifier key: its id (the 8 hex digits) is of another name or key, so it was changed")
    return VerifierKey(name, found.group(2), algorithm, typed[1:])


class Note:
    """A note as parsed: its text, and signatures as (name, key id, bytes)."""

    def __init__(self, text, signatures):
        self.text = text
        self.signatures = signatures

    def by(self, key):
        return [one[2] for one in self.signatures if one[:2] == (key.name, key.key_id)]


def parse_note(note):
    """A Note; raises FormatError. Proves nothing."""
    try:
        size = len(note.encode("utf-8", "strict"))
    except UnicodeEncodeError:
        raise FormatError("a note must be valid Unicode") from None
    if size > MAX_NOTE_BYTES or re.search("[\x00-\x09\x0b-\x1f]", note):
        raise FormatError("a note is at most 1 MiB of text without control characters")
    split = note.rfind("\n\n")
    if split < 0 or not note.endswith("\n") or len(note) < split + 3:
        raise FormatError("not a signed note: expected a text, an empty line, and signature lines")
    lines = note[split + 2 : -1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise FormatError("a note has at most 100 signatures")
    return Note(note[: split + 1], [_parse_signature(line) for line in lines])


def _parse_signature(line):
    found = re.fullmatch("\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})", line)
    decoded = decode_base64(found.group(2)) if found else None
    if decoded is None or len(decoded) < 5 or not is_key_name(found.group(1)):
        raise FormatError("not a signed note: a signature line must be — <name> <base64>")
    return found.group(1), decoded[:4].hex(), decoded[4:]


def note_state(note, key):
    """How a note's signatures by a key stand: good, bad or absent; those of ML-DSA-44 can't be checked here and count as absent."""
    found = note.by(key)
    if not found:
        return "absent"
    if key.algorithm == "ml-dsa-44":
        # What can't be one needs no checking.
        names = (key.name, note.text.partition("\n")[0])
        sized = all(len(one) == 2428 and int.from_bytes(one[:8], "big") <= MAX_SIZE for one in found)
        return "absent" if sized and all(len(name.encode()) <= 255 for name in names) else "bad"
    if key.algorithm == "cosignature-v1":
        return "good" if all(_cosignature_holds(note, key, one) for one in found) else "bad"
    text = note.text.encode()
    return "good" if all(ed25519.verify(key.public_key, text, one) for one in found) else "bad"


def log_state(note, key):
    """The same for a key that a verifier takes for a log's: one of another kind can sign nothing for a log."""
    if key.algorithm == "ed25519":
        return note_state(note, key)
    return "bad" if note.by(key) else "absent"


def _cosignature_holds(note, key, signature):
    if len(signature) != 72:
        return False
    time = int.from_bytes(signature[:8], "big")
    message = f"cosignature/v1\ntime {time}\n{note.text}".encode()
    return time <= MAX_SIZE and ed25519.verify(key.public_key, message, signature[8:])


class Checkpoint:
    """The size and root of a log."""

    def __init__(self, origin, size, root):
        self.origin = origin
        self.size = size
        self.root = root


def parse_size(text):
    return int(text) if re.fullmatch("0|[1-9][0-9]{0,15}", text) and int(text) <= MAX_SIZE else None


def parse_checkpoint(text):
    """The Checkpoint in a note's text; raises FormatError."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or "" in lines[:-1]:
        raise FormatError("a checkpoint has three lines or more, none of them empty")
    size, root = parse_size(lines[1]), decode_base64(lines[2])
    if size is None or root is None or len(root) != 32 or (size == 0 and root != EMPTY_ROOT):
        raise FormatError("not a checkpoint: expected the log's name, its size and its root in base64, a line each")
    return Checkpoint(lines[0], size, root)


class TrustPolicy:
    """What a verifier trusts."""

    def __init__(self):
        self.logs = []
        self.witnesses = []
        self.groups = []
        self.quorum = None
        self.index_auditors = []


def trust_keys(keys):
    """A policy of log keys alone."""
    policy = TrustPolicy()
    policy.logs = list(keys)
    policy.quorum = "none"
    return policy


def parse_trust_policy(text):
    """A TrustPolicy; raises FormatError."""
    policy, names, members, roles = TrustPolicy(), set(), set(), set()
    if len(text) > MAX_NOTE_BYTES:
        raise FormatError("a trust policy has at most 1 MiB")

    def need(holds, number):
        if not holds:
            raise FormatError(f"line {number}: not a line of a trust policy: expected `log`, `witness`, `group`, `quorum`, `index-auditor` or `#`, and what belongs to it")

    def key_of(vkey, algorithms, number):
        try:
            key = parse_verifier_key(vkey)
        except FormatError as problem:
            raise FormatError(f"line {number}: {problem}") from None
        need(key.algorithm in algorithms and key.public_key not in roles, number)
        roles.add(key.public_key)
        return key

    for number, line in enumerate(text.split("\n"), 1):
        need(not re.search("[\x00-\x08\x0b-\x1f\x7f]", line), number)
        items = [item for item in re.split("[ \t]+", line) if item]
        if not items or items[0].startswith("#"):
            continue
        need(all(len(item) <= 4096 for item in items), number)
        word, rest = items[0], items[1:]
        if word == "log":
            need(len(rest) in (1, 2) and _is_url(rest[1:]), number)
            policy.logs.append(key_of(rest[0], ("ed25519",), number))
        elif word == "witness":
            need(len(rest) in (2, 3) and _is_url(rest[2:]), number)
            need(rest[0] != "none" and rest[0] not in names, number)
            names.add(rest[0])
            policy.witnesses.append((rest[0], key_of(rest[1], ("cosignature-v1", "ml-dsa-44"), number)))
        elif word == "group":
            need(len(rest) >= 3, number)
            for member in rest[2:]:
                need(member in names and member not in members, number)
                members.add(member)
            need(rest[0] != "none" and rest[0] not in names, number)
            names.add(rest[0])
            count = len(rest) - 2
            k = {"all": count, "any": 1}.get(rest[1]) or (int(rest[1]) if re.fullmatch("[1-9][0-9]{0,5}", rest[1]) else 0)
            need(1 <= k <= count, number)
            policy.groups.append((rest[0], k, rest[2:]))
        elif word == "quorum":
            need(len(rest) == 1 and policy.quorum is None and (rest[0] == "none" or rest[0] in names), number)
            policy.quorum = rest[0]
        elif word == "index-auditor":
            need(len(rest) == 1, number)
            policy.index_auditors.append(key_of(rest[0], ("cosignature-v1",), number))
        else:
            need(False, number)
    need(policy.quorum is not None, 1)
    need(max(len(policy.logs), len(policy.witnesses), len(policy.groups), len(policy.index_auditors)) <= 256, 1)
    return policy


def _is_url(items):
    try:
        return all(urlsplit(item).scheme in ("http", "https") and urlsplit(item).netloc for item in items)
    except ValueError:
        return False


class Trusted:
    """A checkpoint that a policy accepts."""

    def __init__(self, checkpoint, key, cosigned_by, anchored, index_audited_by):
        self.checkpoint = checkpoint
        self.key = key
        self.cosigned_by = cosigned_by
        self.anchored = anchored
        self.index_audited_by = index_audited_by


def open_trusted(note_text, policy):
    """A Trusted; raises FormatError when it is no checkpoint, NotTrusted when the policy doesn't accept it."""
    note = parse_note(note_text)
    checkpoint = parse_checkpoint(note.text)
    signers = [(key, log_state(note, key)) for key in policy.logs]
    cosigners = [(name, key, note_state(note, key)) for name, key in policy.witnesses]
    auditors = [(key, note_state(note, key)) for key in policy.index_auditors]
    states = [one[-1] for one in signers + cosigners + auditors]
    if "bad" in states:
        raise NotTrusted("bad_signature", "a signature by a known key does not hold")
    key = next((key for key, state in signers if state == "good" and key.name == checkpoint.origin), None)
    if key is None:
        raise NotTrusted("unknown_key", "no key that you trust for its log signed it")
    names = [name for name, _, state in cosigners if state == "good"]
    witnessed = set(names)
    for name, k, members in policy.groups:
        if sum(member in witnessed for member in members) >= k:
            witnessed.add(name)
    if policy.quorum != "none" and policy.quorum not in witnessed:
        unchecked = [str(key) for _, key, state in cosigners if key.algorithm == "ml-dsa-44" and note.by(key)]
        more = f"; {', '.join(unchecked)} can't be checked here (ML-DSA-44)" if unchecked else ""
        raise NotTrusted("quorum_missing", f"the quorum {policy.quorum} of log witnesses is not reached{more}")
    audited = [key.name for key, state in auditors if state == "good"]
    return Trusted(checkpoint, key, names, policy.quorum != "none", audited)


def parse_tlog_proof(text):
    """(index, path, checkpoint, extra) of a proof file; raises FormatError."""
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if len(text) > 2 * MAX_NOTE_BYTES or not separator or not checkpoint or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise FormatError("not a proof that an entry is in a log: expected c2sp.org/tlog-proof@v1, `index`, hashes, and a checkpoint")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0)[len("extra ") :])
        if extra is None:
            raise FormatError("extra data must be base64")
    found = lines.pop(0) if lines else ""
    index = parse_size(found[len("index ") :]) if found.startswith("index ") else None
    path = [decode_base64(line) for line in lines]
    if index is None or len(path) > 64 or any(one is None or len(one) != 32 for one in path):
        raise FormatError("not a proof that an entry is in a log: expected c2sp.org/tlog-proof@v1, `index`, hashes, and a checkpoint")
    return index, path, checkpoint, extra


def verify_tlog_proof(text, line, policy):
    """The Trusted checkpoint that a line is in; raises FormatError for a malformed file, NotTrusted, or gives None."""
    index, path, note, extra = parse_tlog_proof(text)
    found = parse_checkpoint(parse_note(note).text)
    leaf = leaf_hash(entry_data(extra if line is None else line))
    return open_trusted(note, policy) if verify_inclusion(leaf, index, found.size, path, found.root) else None
