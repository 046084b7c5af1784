// Base58 with the Bitcoin alphabet, as multibase `z` uses it.
//
// Cost: quadratic in the length, which is therefore limited; a key has fewer than 60 characters.

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const MAX_LENGTH = 128;

/** The bytes of a base58btc text, or null when it is not one or has more than 128 characters. */
export function decodeBase58(text: string): Uint8Array | null {
  if (text.length > MAX_LENGTH) return null;
  const littleEndian: number[] = [];
  for (const character of text) {
    let carry = ALPHABET.indexOf(character);
    if (carry < 0) return null;
    for (let index = 0; index < littleEndian.length; index += 1) {
      carry += (littleEndian[index] ?? 0) * 58;
      littleEndian[index] = carry & 0xff;
      carry >>= 8;
    }
    if (carry > 0) littleEndian.push(carry);
  }
  // Each leading `1` stands for one leading zero byte.
  for (let index = 0; text.charAt(index) === "1"; index += 1) littleEndian.push(0);
  return Uint8Array.from(littleEndian.reverse());
}

/** The base58btc text of some bytes. */
export function encodeBase58(bytes: Uint8Array): string {
  const digits: number[] = [];
  for (const byte of bytes) {
    let carry: number = byte;
    for (let index = 0; index < digits.length; index += 1) {
      carry += (digits[index] ?? 0) * 256;
      digits[index] = carry % 58;
      carry = Math.floor(carry / 58);
    }
    while (carry > 0) {
      digits.push(carry % 58);
      carry = Math.floor(carry / 58);
    }
  }
  for (let index = 0; index < bytes.length && bytes[index] === 0; index += 1) digits.push(0);
  let text = "";
  for (const digit of digits.reverse()) text += ALPHABET.charAt(digit);
  return text;
}
