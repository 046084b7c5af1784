// Unsigned 64-bit integers, big-endian. Ours stay within 2^53 - 1, so they are plain numbers.

/** Write a number of 0 to 2^53 - 1 into 8 bytes. */
export function putU64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  bytes[at] = 0;
  bytes[at + 1] = high >>> 16;
  bytes[at + 2] = high >>> 8;
  bytes[at + 3] = high;
  bytes[at + 4] = value >>> 24;
  bytes[at + 5] = value >>> 16;
  bytes[at + 6] = value >>> 8;
  bytes[at + 7] = value;
}
