// Unsigned 64-bit integers, big-endian. Ours stay within 2^53 - 1, so they are plain numbers.

/** Write a number of 0 to 2^53 - 1 into 8 bytes. */
export function putU64(bytes: Uint8Array, at: number, value: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(at, Math.floor(value / 0x1_0000_0000));
  view.setUint32(at + 4, value % 0x1_0000_0000);
}
