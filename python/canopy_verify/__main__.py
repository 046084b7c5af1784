"""python3 -m canopy_verify log|bundle|proof|included …: exits with 0 valid, 1 not valid, 2 unusable."""

import argparse
import json
import os
import sys

from . import notes
from .evidence import verify_bundle
from .index_proof import verify_index_proof_file
from .log import verify_log
from .succession import Succession


def main(argv=None):
    parser = argparse.ArgumentParser(prog="canopy_verify", description=__doc__)
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
    except (OSError, UnicodeDecodeError, notes.FormatError) as problem:
        result, code = {"verdict": "unusable", "reason": str(problem)}, 2
    except notes.NotTrusted as problem:
        result, code = {"verdict": "untrusted", "reason": str(problem)}, 1
    json.dump(result, sys.stdout, indent=1, default=bytes.hex)
    sys.stdout.write("\n")
    return code


def _trust(words):
    if words.trust is not None:
        return notes.parse_trust_policy(_text(words.trust))
    return notes.trust_keys([_key(one) for one in words.vkey]) if words.vkey else None


def _key(words):
    """A key comes first: what lies in the folder must not take its place."""
    try:
        return notes.parse_verifier_key(words)
    except notes.FormatError:
        # Every verifier key has a plus sign in it; what is wrong with one is told.
        if "+" in words and not os.path.isfile(words):
            raise
        return notes.parse_verifier_key(_text(words).strip())


def _text(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "strict")


def _log(words, trust):
    if words.checkpoint is None:
        result = verify_log(words.file)
        return result, _log_code(result)
    note = _text(words.checkpoint)
    point = notes.parse_checkpoint(notes.parse_note(note).text)
    succession = Succession(trust or notes.trust_keys([]))
    result = verify_log(words.file, upto=point.size, succession=succession)
    if not result["valid"]:
        return result, _log_code(result)
    trusted = succession.open(note)
    same = result["size_at"] == point.size and result["root_at"] == point.root
    checked = {"origin": point.origin, "size": point.size, "holds": same, "rotations": succession.steps_to(trusted.key)}
    return {**result, "valid": same, "failure": None if same else "checkpoint", "checkpoint": checked}, 0 if same else 1


def _log_code(result):
    if result["valid"]:
        return 0
    return 2 if result["failure"] == "empty" else 1


def _bundle(words, trust):
    result = verify_bundle(words.file, trust)
    return result, {"valid": 0, "unusable": 2}.get(result["verdict"], 1)


def _proof(words, trust):
    with open(words.file, "rb") as file:
        result = verify_index_proof_file(file.read(), trust)
    return result, {"valid": 0, "unusable": 2}.get(result["verdict"], 1)


def _included(words, trust):
    line = None
    if words.line is not None:
        with open(words.line, "rb") as file:
            line = file.read()
    text = _text(words.file)
    if line is None and notes.parse_tlog_proof(text)[3] is None:
        raise notes.FormatError("the proof doesn't carry its entry: give it with --line")
    found = notes.verify_tlog_proof(text, line, trust or notes.trust_keys([]))
    if found is None:
        return {"verdict": "invalid", "reason": "the entry is not in the log"}, 1
    return {"verdict": "valid", "reason": None, "origin": found.checkpoint.origin, "size": found.checkpoint.size, "signed_by": str(found.key), "cosigned_by": found.cosigned_by}, 0


_COMMANDS = {"log": _log, "bundle": _bundle, "proof": _proof, "included": _included}

if __name__ == "__main__":
    sys.exit(main())
