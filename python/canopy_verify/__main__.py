"""Verifies a log, a bundle or a proof, offline: exits with 0 valid, 1 false, not trusted or not valid, 2 unusable."""

import argparse
import json
import os
import re
import sys

if not __package__:
    # Run by its path, from whatever folder: `python3 /…/python/canopy_verify`.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    __package__ = "canopy_verify"

from . import notes
from .evidence import verify_bundle
from .index_proof import verify_index_proof_file
from .log import verify_log
from .succession import Succession


def main(argv=None):
    parser = argparse.ArgumentParser(prog="canopy_verify", description=__doc__, epilog=f"From any folder: python3 {_package()} …")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("log", "an audit log: its chain over all segments; with --checkpoint, that the checkpoint is of it"),
        ("bundle", "an evidence bundle"),
        ("proof", "a proof of absence or presence"),
        ("included", "a .tlog-proof file; its entry from --line, else from the file"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("file")
        command.add_argument("--vkey", action="append", default=[], help="the log's verifier key, or its file")
        command.add_argument("--trust", help="a trust policy's file")
        if name == "log":
            command.add_argument("--checkpoint", help="a checkpoint's file: must be of a beginning of the log")
        if name == "included":
            command.add_argument("--line", help="a file with the entry's line")
    words = parser.parse_args(argv)
    try:
        result, code = _COMMANDS[words.command](words, _trust(words))
    except (OSError, notes.FormatError) as problem:
        result, code = {"verdict": "unusable", "reason": _words(problem)}, 2
    except notes.NotTrusted as problem:
        result, code = {"verdict": "invalid" if problem.is_broken else "untrusted", "reason": str(problem)}, 1
    json.dump(_explained(result, words), sys.stdout, indent=1, default=bytes.hex)
    sys.stdout.write("\n")
    return code


def _words(problem):
    """A problem in words; of the system's, those that name the file first."""
    if not isinstance(problem, OSError) or problem.filename is None:
        return str(problem)
    if isinstance(problem, FileNotFoundError):
        return f"there is no file {problem.filename}"
    if isinstance(problem, IsADirectoryError):
        return f"{problem.filename} is a folder: expected a file"
    return f"{problem.filename} can't be read: {problem.strerror}"


_MEANINGS = {
    "valid": "it holds, and a key that you trust vouches for it",
    "false": "the proof is in order, and its own entries contradict what it says",
    "untrusted": "nothing is wrong with it, but no key that you trust vouches for it",
    "invalid": "something in it does not hold, or a key that is known signed something else",
    "unusable": "nothing was checked: it, or what it was to be checked with, is missing, empty, or something else",
}


def _explained(result, words):
    """The result, with what its verdict means and of which file, behind verdict and reason."""
    verdict = result.pop("verdict")
    means = _MEANINGS[verdict]
    if verdict == "valid" and words.command == "log" and words.checkpoint is None:
        means = "its chain holds; who wrote it, and whether its end was cut off, is shown with --checkpoint and --vkey"
    return {"verdict": verdict, "reason": result.pop("reason"), "means": means, "file": words.file, **result}


def _package():
    return os.path.dirname(os.path.abspath(__file__))


def _trust(words):
    if words.trust is not None:
        text = _text(words.trust)
        return _named(words.trust, lambda: notes.parse_trust_policy(text))
    return notes.trust_keys([_key(one) for one in words.vkey]) if words.vkey else None


def _key(words):
    """A key comes first: what lies in the folder must not take its place."""
    try:
        return notes.parse_verifier_key(words)
    except notes.FormatError as problem:
        if not os.path.exists(words):
            # Every verifier key has a plus sign in it; what is wrong with one is told.
            if "+" in words:
                raise notes.FormatError(f"--vkey: {problem}") from None
            raise notes.FormatError(f"there is no file {words}, and it is no verifier key either") from None
        text = _text(words).strip()
        return _named(words, lambda: notes.parse_verifier_key(text))


def _named(path, parse):
    """What a file's text is parsed to; where it can't be, the file is named."""
    try:
        return parse()
    except notes.FormatError as problem:
        raise notes.FormatError(f"{path}: {problem}") from None


def _text(path):
    with open(path, "rb") as file:
        data = file.read()
    try:
        return data.decode("utf-8", "strict")
    except UnicodeDecodeError as problem:
        raise notes.FormatError(f"{path} is not UTF-8 text: byte {problem.start + 1} is none") from None


def _log(words, trust):
    _refuse_other_kind(words.file, "log")
    if words.checkpoint is None:
        if trust is not None:
            raise notes.FormatError("a key says nothing about a log alone: give --checkpoint, such as LOG.d/tlog/checkpoint")
        return _log_verdict(verify_log(words.file))
    note = _text(words.checkpoint)
    point = _named(words.checkpoint, lambda: notes.parse_checkpoint(notes.parse_note(note).text))
    succession = Succession(trust or notes.trust_keys([]))
    result = verify_log(words.file, upto=point.size, succession=succession)
    if not result["valid"]:
        return _log_verdict(result)
    # A checkpoint that nobody trusted signed says nothing about the log, whatever it holds.
    try:
        trusted = succession.open(note)
    except notes.NotTrusted as problem:
        if trust is None:
            return _log_verdict(result, "no trusted key was given (--vkey, --trust), so anyone can have made the checkpoint", "untrusted")
        # That its key was replaced is the log's own word: a log that doesn't hold it is another one all the same.
        differs = _against(point, result) if problem.state == "retired_key" else None
        if differs is not None:
            return _log_verdict({**result, "failure": "checkpoint"}, differs, "invalid")
        return _log_verdict(result, f"the checkpoint is not trusted: {problem}", "invalid" if problem.is_broken else "untrusted")
    reason = _against(point, result)
    result["checkpoint"] = {
        "origin": point.origin,
        "size": point.size,
        "holds": reason is None,
        "signed_by": str(trusted.key),
        "rotations": succession.steps_to(trusted.key),
    }
    if reason is not None:
        return _log_verdict({**result, "failure": "checkpoint"}, reason, "invalid")
    return _log_verdict(result)


def _refuse_other_kind(path, asked):
    """A file of another kind, such as a proof given for a log, is neither valid nor invalid."""
    with open(path, "rb") as file:
        beginning = file.read(_BEGINNING)
    if not beginning.strip() and asked != "log":
        raise notes.FormatError(f"{path} is empty: expected {_KINDS[asked]}")
    for begins, kind in _BEGINNINGS:
        if kind != asked and re.match(begins, beginning):
            raise notes.FormatError(f"{path} is {_KINDS[kind]}, not {_KINDS[asked]}: check it with `{kind}`")


_BEGINNING = 65_536

_KINDS = {
    "log": "a log",
    "bundle": "an evidence bundle",
    "proof": "a proof of absence or presence",
    "included": "a proof that an entry is in a log",
}

_BEGINNINGS = (
    (rb"c2sp\.org/tlog-proof@v1\n", "included"),
    (rb'\s*\{\s*"canopy_proof"\s*:', "proof"),
    (rb'\s*\{\s*"canopy_evidence"\s*:', "bundle"),
    (rb'\s*\{(?!"canopy_)[^\n]*"prev_hash"\s*:\s*"[0-9a-f]{64}"', "log"),
)


def _against(point, result):
    """Why a log is not one that the checkpoint is of; None when it is."""
    if result["size"] is None:
        return "the log's first segments are not there, so its tree can't be made: copy LOG.d/segments too"
    if result["size_at"] is None:
        return f"the log has {result['size']} entries, the checkpoint is of {point.size}: entries that were there are gone"
    if result["root_at"] != point.root:
        return f"the log's first {point.size} entries are not those that the checkpoint was made of"
    return None


def _log_verdict(result, reason=None, verdict=None):
    if verdict is None:
        verdict = "valid" if result["valid"] else "unusable" if result["failure"] == "empty" else "invalid"
    if reason is None and verdict != "valid":
        reason = _FAILURES.get(result["failure"], result["failure"])
        if result["first_bad_line"] is not None:
            reason = f"line {result['first_bad_line']} of {result['segment']}: {reason}"
    code = {"valid": 0, "unusable": 2}.get(verdict, 1)
    return {"verdict": verdict, "reason": reason, **result, "valid": verdict == "valid"}, code


_FAILURES = {
    "empty": "it is empty: expected a log with at least one entry",
    "json": "it is not JSON",
    "utf8": "it is not UTF-8 text",
    "not_object": "it is not a JSON object",
    "duplicate_key": "it names a member twice",
    "genesis": "it is the first, and does not begin a chain",
    "prev_hash": "it does not follow the entry before it: entries were taken out, put in or moved",
    "entry_hash": "it was changed after it was written",
    "too_long": "it is longer than any entry may be",
    "segment": "the segment does not go on from the one before it",
}


def _bundle(words, trust):
    _refuse_other_kind(words.file, "bundle")
    result = verify_bundle(words.file, trust)
    return result, {"valid": 0, "unusable": 2}.get(result["verdict"], 1)


def _proof(words, trust):
    _refuse_other_kind(words.file, "proof")
    with open(words.file, "rb") as file:
        result = verify_index_proof_file(file.read(), trust)
    return result, {"valid": 0, "unusable": 2}.get(result["verdict"], 1)


def _included(words, trust):
    _refuse_other_kind(words.file, "included")
    line = None
    if words.line is not None:
        with open(words.line, "rb") as file:
            line = file.read()
    text = _text(words.file)
    if line is None and _named(words.file, lambda: notes.parse_tlog_proof(text))[3] is None:
        raise notes.FormatError(f"{words.file} doesn't carry its entry: give the entry's line with --line")
    try:
        found = _named(words.file, lambda: notes.verify_tlog_proof(text, line, trust or notes.trust_keys([])))
    except notes.NotTrusted as problem:
        if trust is None and not problem.is_broken:
            return {"verdict": "untrusted", "reason": "no trusted key was given (--vkey, --trust), so anyone can have made it"}, 1
        raise
    if found is None:
        return {"verdict": "invalid", "reason": "the entry is not in the log that the proof's checkpoint is of"}, 1
    return {"verdict": "valid", "reason": None, "origin": found.checkpoint.origin, "size": found.checkpoint.size, "signed_by": str(found.key), "cosigned_by": found.cosigned_by}, 0


_COMMANDS = {"log": _log, "bundle": _bundle, "proof": _proof, "included": _included}

if __name__ == "__main__":
    sys.exit(main())
