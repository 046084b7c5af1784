"""What the command says of files that can't be checked, and of those that don't hold: what, where, and what it means."""

import contextlib
import io
import json
import os
import tempfile
import unittest
from pathlib import Path

from canopy_verify.__main__ import main

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def answer(*words):
    """(exit code, document) of the command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main([str(word) for word in words])
    return code, json.loads(out.getvalue())


class Messages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        before = os.getcwd()
        os.chdir(self.folder.name)
        self.addCleanup(os.chdir, before)
        Path("empty").write_text("")
        Path("bytes").write_bytes(b"\xff\xfe")
        Path("a.proof").write_text('{"canopy_proof":1}')
        Path("a.canopy-evidence").write_text('{"canopy_evidence":1}\n')
        Path("a.tlog-proof").write_text("c2sp.org/tlog-proof@v1\n")
        Path("a.log").write_bytes((VECTORS / "audit" / "edit-decision.log").read_bytes())

    def test_what_can_not_be_checked_is_named_with_the_reason(self):
        for words, reason in (
            (("log", "none"), "there is no file none"),
            (("log", "."), ". is a folder: expected a file"),
            (("log", "empty"), "it is empty: expected a log with at least one entry"),
            (("log", "a.proof"), "a.proof is a proof of absence or presence, not a log: check it with `proof`"),
            (("log", "a.log", "--vkey", "none"), "there is no file none, and it is no verifier key either"),
            (("log", "a.log", "--checkpoint", "empty"), "empty: not a signed note: expected a text, an empty line, and signature lines"),
            (("proof", "empty"), "empty is empty: expected a proof of absence or presence"),
            (("proof", "a.log"), "a.log is a log, not a proof of absence or presence: check it with `log`"),
            (("proof", "a.canopy-evidence"), "a.canopy-evidence is an evidence bundle, not a proof of absence or presence: check it with `bundle`"),
            (("bundle", "a.tlog-proof"), "a.tlog-proof is a proof that an entry is in a log, not an evidence bundle: check it with `included`"),
            (("bundle", "a.log"), "a.log is a log, not an evidence bundle: check it with `log`"),
            (("included", "a.proof"), "a.proof is a proof of absence or presence, not a proof that an entry is in a log: check it with `proof`"),
            (("included", "bytes"), "bytes is not UTF-8 text: byte 1 is none"),
            (("proof", "a.proof", "--vkey", "a+b"), "--vkey: not a verifier key: expected one line, <name>+<8 hex digits>+<base64>"),
        ):
            with self.subTest(words=words):
                code, found = answer(*words)
                self.assertEqual((code, found["verdict"], found["reason"]), (2, "unusable", reason))
                self.assertEqual((list(found)[:4], found["file"]), (["verdict", "reason", "means", "file"], words[1]))
                self.assertTrue(found["means"].startswith("nothing was checked"))

    def test_a_trust_policy_that_is_none_is_named_with_its_line(self):
        Path("trust").write_text("# mine\nkeys all\n")
        _, found = answer("proof", "a.proof", "--trust", "trust")
        self.assertRegex(found["reason"], r"^trust: line 2: not a line of a trust policy: expected `log`, ")

    def test_a_line_that_was_changed_is_named_with_its_file(self):
        code, found = answer("log", "a.log")
        self.assertEqual((code, found["verdict"]), (1, "invalid"))
        self.assertEqual(found["reason"], f"line {found['first_bad_line']} of a.log: it was changed after it was written")
        self.assertTrue(found["means"].startswith("something in it does not hold"))

    def test_a_chain_alone_is_said_to_be_no_more(self):
        lines = Path("a.log").read_bytes().splitlines(keepends=True)
        _, broken = answer("log", "a.log")
        Path("a.log").write_bytes(b"".join(lines[: broken["first_bad_line"] - 1]))
        code, found = answer("log", "a.log")
        self.assertEqual((code, found["verdict"]), (0, "valid"))
        self.assertIn("whether its end was cut off", found["means"])


if __name__ == "__main__":
    unittest.main()
