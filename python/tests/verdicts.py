"""Verdicts over many files in one process: JSON lines of {kind, base64, trust} in, JSON lines of verdicts out."""

import base64
import functools
import json
import os
import sys
import tempfile

from canopy_verify import ed25519, notes
from canopy_verify.evidence import verify_bundle
from canopy_verify.index_proof import verify_index_proof_file

# The same signatures come again and again.
ed25519.verify = functools.lru_cache(maxsize=65536)(ed25519.verify)


def note_verdict(case):
    try:
        found = notes.open_trusted(case["note"], notes.parse_trust_policy(case["policy"]))
    except notes.NotTrusted as problem:
        return [problem.state], str(problem)
    except notes.FormatError as problem:
        return ["unusable"], str(problem)
    return ["trusted", found.cosigned_by, found.anchored, found.index_audited_by], ""


def verdict(case, path):
    if case["kind"] == "note":
        return note_verdict(case)
    data = base64.b64decode(case["base64"])
    trust = None if case["trust"] is None else notes.trust_keys([notes.parse_verifier_key(case["trust"])])
    if case["kind"] == "proof":
        found = verify_index_proof_file(data, trust)
        return [found["verdict"], found["matching"], found["uncertain"]], f"{found['at']}: {found['reason']}"
    with open(path, "wb") as file:
        file.write(data)
    found = verify_bundle(path, trust)
    return [found["verdict"], found["line"], [one["state"] for one in found["proofs"]]], found["reason"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bundle")
        for line in sys.stdin:
            try:
                told, reason = verdict(json.loads(line), path)
            except Exception as problem:  # A verifier that breaks gives no verdict: that is what is looked for.
                told, reason = ["broken"], repr(problem)
            print(json.dumps({"verdict": told, "reason": reason}), flush=False)


if __name__ == "__main__":
    main()
