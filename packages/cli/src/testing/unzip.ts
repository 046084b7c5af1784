// Reads a ZIP file the way the format says: from the directory at its end.

import assert from "node:assert/strict";
import { crc32, inflateRawSync } from "node:zlib";

/** The members of a ZIP file, by their names; sizes and checksums are asserted. */
export function unzip(bytes: Buffer): ReadonlyMap<string, string> {
  const end = bytes.length - 22;
  assert.equal(bytes.readUInt32LE(end), 0x0605_4b50);
  const members = new Map<string, string>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    assert.equal(bytes.readUInt32LE(at), 0x0201_4b50);
    const [crc, packed, size] = [bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)];
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    assert.equal(bytes.readUInt32LE(local), 0x0403_4b50);
    assert.deepEqual(bytes.subarray(local + 6, local + 28), bytes.subarray(at + 8, at + 30));
    const from = local + 30 + nameLength;
    const content = inflateRawSync(bytes.subarray(from, from + packed));
    assert.equal(content.length, size);
    assert.equal(crc32(content), crc);
    members.set(name, content.toString("utf8"));
    at += 46 + nameLength;
  }
  return members;
}
