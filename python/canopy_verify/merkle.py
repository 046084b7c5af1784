"""Hash trees of RFC 9162, section 2.1: leaves, inclusion, consistency, and a tree laid out from left to right."""

import hashlib


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


EMPTY_ROOT = sha256(b"")


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def verify_inclusion(leaf: bytes, index: int, size: int, path: list, root: bytes) -> bool:
    """Section 2.1.3.2."""
    if index < 0 or index >= size or len(leaf) != 32 or len(root) != 32:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        at >>= 1
        last >>= 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: list) -> bool:
    """Section 2.1.4.2. From the empty tree nothing is shown, so nothing holds."""
    if old < 1 or old > new:
        return False
    if old == new:
        return not path and old_root == new_root
    if old & (old - 1) == 0:
        path = [old_root] + list(path)
    if not path or any(len(one) != 32 for one in path) or len(old_root) != 32 or len(new_root) != 32:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at >>= 1
        last >>= 1
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first = node_hash(one, first)
            second = node_hash(one, second)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            second = node_hash(second, one)
        at >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


class Frontier:
    """A tree that grows to the right by leaves and complete subtrees; keeps one hash a binary digit of its size."""

    def __init__(self):
        self.size = 0
        self._hashes = []

    def append(self, hash_: bytes, level: int = 0) -> bool:
        """False when no subtree of that level can begin where the tree ends."""
        width = 1 << level
        if self.size % width != 0:
            return False
        index = self.size // width
        while index & 1:
            hash_ = node_hash(self._hashes.pop(), hash_)
            index >>= 1
        self._hashes.append(hash_)
        self.size += width
        return True

    def root(self) -> bytes:
        if not self._hashes:
            return EMPTY_ROOT
        found = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            found = node_hash(left, found)
        return found


MAX_ENTRY_DATA = 65535


def entry_data(line: bytes) -> bytes:
    """What the leaf of a line is made of (docs/transparency-log.md)."""
    if line.endswith(b"\n"):
        line = line[:-1]
    if line.endswith(b"\r"):
        line = line[:-1]
    if len(line) <= MAX_ENTRY_DATA:
        return line
    return b"canopy-long-line-v1 " + hashlib.sha256(line).hexdigest().encode()


def line_leaf(line: bytes) -> bytes:
    return leaf_hash(entry_data(line))
