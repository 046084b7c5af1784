"""The vectors of the project, through the Python verifier: python3 -m unittest discover -s python/tests -t python"""

import base64
import hashlib
import json
import pathlib
import tempfile
import unittest

from canopy_verify import ed25519, notes
from canopy_verify.evidence import verify_bundle
from canopy_verify.index_proof import verify_index_proof_file
from canopy_verify.log import GENESIS, check_entry, read_entry, segments_of, verify_file
from canopy_verify.merkle import verify_consistency, verify_inclusion

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "vectors"


def lines(*path):
    text = VECTORS.joinpath(*path).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def b64(text):
    return base64.b64decode(text)


class Ed25519(unittest.TestCase):
    # RFC 8032, section 7.1, tests 1 to 3.
    CASES = [
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ]

    def test_the_signatures_of_the_rfc_hold_and_changed_ones_do_not(self):
        for key, message, signature in self.CASES:
            key, message, signature = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
            self.assertTrue(ed25519.verify(key, message, signature))
            self.assertFalse(ed25519.verify(key, message + b"x", signature))
            s = int.from_bytes(signature[32:], "little") + ed25519.L
            self.assertFalse(ed25519.verify(key, message, signature[:32] + s.to_bytes(32, "little")), "S over the order")
            for at in (0, 31, 32, 63):
                changed = bytearray(signature)
                changed[at] ^= 1
                self.assertFalse(ed25519.verify(key, message, bytes(changed)))

    def test_keys_of_small_order_and_second_encodings_are_refused(self):
        order_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
        for key in (bytes(32), (1).to_bytes(32, "little"), (ed25519.P - 1).to_bytes(32, "little"), (ed25519.P + 1).to_bytes(32, "little"), bytes.fromhex(order_8)):
            self.assertFalse(ed25519.is_usable_key(key))


class Trees(unittest.TestCase):
    def test_public_inclusion_proofs(self):
        for case in lines("merkle", "rfc6962-inclusion.jsonl"):
            path = [b64(one) for one in case["proof"] or []]
            found = verify_inclusion(b64(case["leafHash"]), case["leafIdx"], case["treeSize"], path, b64(case["root"]))
            self.assertEqual(found, not case["wantErr"], case["name"])

    def test_public_consistency_proofs(self):
        for case in lines("merkle", "rfc6962-consistency.jsonl"):
            path = [b64(one) for one in case["proof"] or []]
            found = verify_consistency(case["size1"], case["size2"], b64(case["root1"]), b64(case["root2"]), path)
            self.assertEqual(found, not case["wantErr"], case["name"])


class Notes(unittest.TestCase):
    def test_notes_and_their_signatures(self):
        for case in lines("tlog", "notes.jsonl"):
            with self.subTest(case["name"]):
                if case["expect"] == "malformed":
                    self.assertRaises(notes.FormatError, notes.parse_note, case["note"])
                    continue
                note = notes.parse_note(case["note"])
                found = [notes.note_state(note, notes.parse_verifier_key(vkey)) for vkey in case["vkeys"]]
                self.assertEqual(found, case["expect"])

    def test_cosignatures_that_cannot_be_checked_count_for_nothing(self):
        for case in lines("tlog", "cosignatures-ml-dsa-44.jsonl"):
            with self.subTest(case["name"]):
                found = notes.note_state(notes.parse_note(case["note"]), notes.parse_verifier_key(case["vkey"]))
                self.assertEqual(found, {"malformed": "bad"}.get(case["expect"], "absent"))

    def test_verifier_keys(self):
        for case in lines("tlog", "verifier-keys.jsonl"):
            with self.subTest(case["name"]):
                if case["expect"] == "refuse":
                    self.assertRaises(notes.FormatError, notes.parse_verifier_key, case["vkey"])
                else:
                    self.assertEqual(notes.parse_verifier_key(case["vkey"]).algorithm, case["expect"])

    def test_proof_files(self):
        for case in lines("tlog", "proofs.jsonl"):
            with self.subTest(case["name"]):
                policy, line = notes.parse_trust_policy(case["trust"]), case["entry"].encode()
                try:
                    found = "valid" if notes.verify_tlog_proof(case["proof"], line, policy) else "invalid"
                except notes.NotTrusted as problem:
                    found = "invalid" if problem.is_broken else "untrusted"
                except notes.FormatError:
                    found = "malformed"
                self.assertEqual(found, case["expect"])

    def test_trust_policies(self):
        for case in lines("tlog", "trust-policies.jsonl"):
            with self.subTest(case["name"]):
                if case["expect"] == "refuse":
                    self.assertRaises(notes.FormatError, notes.parse_trust_policy, case["policy"])
                else:
                    notes.parse_trust_policy(case["policy"])


def trust_of(trust):
    if trust is None:
        return None
    if "policy" in trust:
        return notes.parse_trust_policy(trust["policy"])
    return notes.trust_keys([notes.parse_verifier_key(vkey) for vkey in trust["vkeys"]])


class Files(unittest.TestCase):
    def test_logs(self):
        manifest = json.loads(VECTORS.joinpath("audit", "manifest.json").read_text(encoding="utf-8"))
        cases = manifest["files"]
        for case in cases:
            with self.subTest(case["file"]):
                found = verify_file(VECTORS / "audit" / case["file"])
                if case["strict_valid"] is None:
                    self.assertEqual((found["entries"], found["failure"]), (0, None))
                    continue
                self.assertEqual(found["valid"], case["strict_valid"])
                if not found["valid"]:
                    self.assertEqual((found["first_bad_line"], found["failure"]), (case["strict_first_bad_line"], case["strict_failure"]))

    def test_blank_lines_before_the_first_hide_no_segment(self):
        rotated = b'{"event":"log_rotated","previous_segment":"000001.log"}\n'
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "audit.log")
            first = pathlib.Path(folder, "audit.log.d", "segments", "000001.log")
            first.parent.mkdir(parents=True)
            first.write_bytes(b"{}\n")
            for blank in (b"", b"\n", b" \r\n", b"  ", b"\n" * 70_000, b" " * 300_000):
                log.write_bytes(blank + rotated)
                self.assertEqual(segments_of(str(log)), [str(first), str(log)])
            target = pathlib.Path(folder, "elsewhere.log")
            first.rename(target)
            first.symlink_to(target)
            self.assertEqual(segments_of(str(log)), [str(log)])

    def test_half_a_pair_has_no_bytes_that_a_hash_could_cover(self):
        for escape in ("\\ud800", "\\udc00\\ud800"):
            body = '{"event":"%s","prev_hash":"%s"' % (escape, GENESIS)
            line = body + ',"entry_hash":"%s"}' % hashlib.sha256((GENESIS + body + "}").encode()).hexdigest()
            self.assertEqual(check_entry(line.encode()), "entry_hash")
        self.assertEqual(read_entry(b'{"a":' + b"9" * 4301 + b"}"), "json")

    def test_bundles(self):
        manifest = json.loads(VECTORS.joinpath("evidence", "manifest.json").read_text(encoding="utf-8"))
        for case in manifest["cases"]:
            with self.subTest(case["name"]):
                found = verify_bundle(VECTORS / "evidence" / case["file"], trust_of(case["trust"]))
                self.assertEqual((found["verdict"], found["line"]), (case["verdict"], case["line"]), found["reason"])

    def test_proofs_of_absence_and_presence(self):
        folder = VECTORS / "absence"
        for case in json.loads(folder.joinpath("manifest.json").read_text(encoding="utf-8")):
            with self.subTest(case["file"]):
                trust = None
                if case["trust"] is not None:
                    trust = notes.parse_trust_policy(folder.joinpath("trust", case["trust"]).read_text(encoding="utf-8"))
                found = verify_index_proof_file(folder.joinpath(case["file"]).read_bytes(), trust)
                self.assertEqual(found["verdict"], case["verdict"], f"{found['at']}: {found['reason']}")
                for name in ("matching", "uncertain"):
                    if case.get(name) is not None:
                        self.assertEqual(found[name], case[name])


if __name__ == "__main__":
    unittest.main()
