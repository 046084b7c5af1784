"""Checks Canopy's logs and evidence with Python's standard library alone.

Written from the documents (docs/ledger-format.md, docs/transparency-log.md, docs/evidence-bundle.md,
docs/absence-proofs.md), not from the programs that write these files, so that the two check each other.
"""

__all__ = ["__version__"]
__version__ = "0.5.0"
