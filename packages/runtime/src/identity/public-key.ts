// Public keys: parsed from what people have, kept in one form.
//
//   PEM       -----BEGIN PUBLIC KEY----- … (SPKI, RFC 8410 and RFC 5480 with a named curve)
//   JWK       {"kty":"OKP","crv":"Ed25519","x":"…"}   {"kty":"EC","crv":"P-256","x":"…","y":"…"}   (RFC 7517, RFC 8037)
//   did:key   did:key:z6Mk… (Ed25519)   did:key:zDn… (P-256)
//   multibase z6Mk…   zDn…            the same without `did:key:`
//   raw       ed25519:<64 hex>        p256:<66 or 130 hex>
//
// Worked sample: did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2 is 0xed 0x01 and 32 bytes.
// Refused: private keys, certificates, other curves, curve parameters written out, points off the curve or of
// small order, second spellings of the same bytes, JWK members twice.

import { CanopyError } from "../core/errors.ts";
import { decodeBase58, encodeBase58 } from "./base58.ts";
import { decodeBase64, decodeBase64Url } from "./base64.ts";
import { compressP256, isEd25519Point } from "./curve.ts";
import { decodeHex, encodeHex } from "./hex.ts";

/** The kinds of public key, by their multicodec names. */
export type KeyKind = "ed25519-pub" | "p256-pub";

/** A public key in its one form. */
export interface PublicKey {
  readonly kind: KeyKind;
  /** Ed25519: the 32 bytes. P-256: the compressed point, 33 bytes. */
  readonly bytes: Uint8Array;
}

/** The longest text that is looked at as a key, in UTF-16 units. */
export const MAX_KEY_LENGTH = 4096;

const MULTICODEC: Readonly<Record<KeyKind, string>> = { "ed25519-pub": "ed01", "p256-pub": "8024" };

// DER has one spelling, so the heads of the accepted SubjectPublicKeyInfo forms can be compared as bytes.
const SPKI_HEADS: readonly (readonly [KeyKind, string, number])[] = [
  ["ed25519-pub", "302a300506032b6570032100", 32],
  ["p256-pub", "3059301306072a8648ce3d020106082a8648ce3d030107034200", 65],
  ["p256-pub", "3039301306072a8648ce3d020106082a8648ce3d030107032200", 33],
];

const FIX = "give an Ed25519 or P-256 public key as PEM (BEGIN PUBLIC KEY), JWK or did:key, or an id that is not a key";
const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----$/;
const RAW = /^(ed25519|p256):([0-9a-f]+)$/;
const LEADING_INVISIBLE = /^[\p{C}\p{Z}\s]+/u;
const KEY_STARTS: readonly string[] = ["did:key:", "{", "ed25519:", "p256:", "ssh-", "ecdsa-sha2-"];

/**
 * Whether a text means to be a key. Such a text is parsed or refused, never taken as an opaque id: else a key with a
 * typing error would quietly become another identity.
 */
export function looksLikeKey(text: string): boolean {
  if (text.includes("-----BEGIN") || text.includes("-----END")) return true;
  const start = text.slice(0, 64).replace(LEADING_INVISIBLE, "");
  const folded = start.toLowerCase();
  return KEY_STARTS.some((prefix) => folded.startsWith(prefix)) || /^z(?:6Mk|Dn)[1-9A-Za-z]{40,}/.test(start);
}

/**
 * Parse a public key in any accepted form; surrounding white space is dropped.
 *
 * Cost: linear in the text, plus about 0.2 ms for the check of the point.
 *
 * @throws {CanopyError} `INVALID_KEY` when it is not one of the forms, or not a usable key.
 */
export function parsePublicKey(input: string): PublicKey {
  const text = input.length > MAX_KEY_LENGTH ? "" : input.trim();
  if (text === "") throw invalid("a key must be a text of 1 to 4096 characters");
  if (text.startsWith("-----")) return parsePem(text);
  if (text.startsWith("{")) return parseJwk(text);
  if (text.startsWith("did:key:")) return parseMultibase(text.slice("did:key:".length));
  if (text.startsWith("z")) return parseMultibase(text);
  const raw = RAW.exec(text);
  const bytes = decodeHex(raw?.[2] ?? "");
  if (raw === null || bytes === null) throw invalid("the key is in none of the accepted forms");
  return usable(raw[1] === "ed25519" ? "ed25519-pub" : "p256-pub", bytes);
}

/** The multicodec form: the code of the kind, then the bytes. */
export function multicodecOf(key: PublicKey): Uint8Array {
  return Uint8Array.of(...hexBytes(MULTICODEC[key.kind]), ...key.bytes);
}

/** The `did:key` of a key. */
export function didKeyOf(key: PublicKey): string {
  return `did:key:z${encodeBase58(multicodecOf(key))}`;
}

/** The DER SubjectPublicKeyInfo of a key, as hosts' crypto libraries read it. */
export function spkiOf(key: PublicKey): Uint8Array {
  const head = SPKI_HEADS.find(([kind, , size]) => kind === key.kind && size === key.bytes.length);
  return Uint8Array.of(...hexBytes(head?.[1] ?? ""), ...key.bytes);
}

/** Whether two keys are the same key. */
export function isSameKey(left: PublicKey, right: PublicKey): boolean {
  return left.kind === right.kind && encodeHex(left.bytes) === encodeHex(right.bytes);
}

function parsePem(text: string): PublicKey {
  const body = PEM.exec(text)?.[1];
  if (body === undefined) throw invalid(`the PEM block must be one \`BEGIN PUBLIC KEY\`${pemHint(text)}`);
  const der = decodeBase64(body.replace(/[\r\n]/g, ""));
  if (der === null) throw invalid("the PEM block must hold base64");
  const hex = encodeHex(der);
  for (const [kind, head, size] of SPKI_HEADS) {
    if (hex.startsWith(head) && der.length === head.length / 2 + size) return usable(kind, der.subarray(-size));
  }
  throw invalid("the PEM block must hold an Ed25519 key or a P-256 key with a named curve");
}

function pemHint(text: string): string {
  if (text.includes("PRIVATE KEY")) return ", and a private key must never be given here";
  return text.includes("CERTIFICATE") ? ", not a certificate" : "";
}

function parseMultibase(text: string): PublicKey {
  const bytes = text.startsWith("z") ? decodeBase58(text.slice(1)) : null;
  if (bytes === null) throw invalid("a did:key must be `did:key:z` and base58");
  const code = encodeHex(bytes.subarray(0, 2));
  if (code === MULTICODEC["ed25519-pub"]) return usable("ed25519-pub", bytes.subarray(2));
  // A multicodec P-256 key is always compressed.
  if (code === MULTICODEC["p256-pub"] && bytes.length === 35) return usable("p256-pub", bytes.subarray(2));
  throw invalid("a did:key must hold an Ed25519 or a P-256 key");
}

function parseJwk(text: string): PublicKey {
  const members = jwkMembers(text);
  if ("d" in members || "k" in members) throw invalid("the JWK holds a private key, which must never be given here");
  const x = decodeBase64Url(stringMember(members, "x"));
  if (members["kty"] === "OKP" && members["crv"] === "Ed25519" && x !== null) return usable("ed25519-pub", x);
  if (members["kty"] !== "EC" || members["crv"] !== "P-256") {
    throw invalid("a JWK must have kty `OKP` with crv `Ed25519`, or kty `EC` with crv `P-256`");
  }
  const y = decodeBase64Url(stringMember(members, "y"));
  if (x?.length !== 32 || y?.length !== 32) throw invalid("x and y of the JWK must be 32 bytes in base64url");
  return usable("p256-pub", Uint8Array.of(4, ...x, ...y));
}

function jwkMembers(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CanopyError("INVALID_KEY", "a key that starts with `{` must be a JWK in JSON", { fix: FIX, cause });
  }
  if (typeof value !== "object" || value === null) throw invalid("a JWK must be an object");
  // Parsers differ on which of two equal members counts. Nothing that decides here needs an escape, so none hides a name.
  const twice = ["kty", "crv", "x", "y", "d"].some((member) => text.split(`"${member}"`).length > 2);
  if (twice || text.includes("\\")) throw invalid("a JWK must name each member once, without escapes");
  return Object.fromEntries(Object.entries(value));
}

function stringMember(members: Readonly<Record<string, unknown>>, name: string): string {
  const value = members[name];
  if (typeof value !== "string") throw invalid(`${name} of the JWK must be a string`);
  return value;
}

function usable(kind: KeyKind, bytes: Uint8Array): PublicKey {
  if (kind === "ed25519-pub") {
    if (!isEd25519Point(bytes)) throw invalid("the Ed25519 key must be the 32 bytes of a point that is safe to use");
    return { kind, bytes: Uint8Array.from(bytes) };
  }
  const compressed = compressP256(bytes);
  if (compressed === null) throw invalid("the P-256 key must be a point on the curve");
  return { kind, bytes: Uint8Array.from(compressed) };
}

function hexBytes(hex: string): Uint8Array {
  return decodeHex(hex) ?? new Uint8Array();
}

function invalid(message: string): CanopyError {
  return new CanopyError("INVALID_KEY", message, { fix: FIX });
}
