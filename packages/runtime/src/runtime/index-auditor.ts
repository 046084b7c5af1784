// The index auditor's key, and what it signs: a cosignature over a checkpoint whose index was recomputed from the lines.
// The key is for nothing else: C2SP has cosigners that say more than log witnesses do use keys of their own.

import { generateKeyPairSync, randomBytes, sign, type KeyObject, createPrivateKey, createPublicKey } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { CanopyError } from "../core/errors.ts";
import { cosignedMessage, formatCosignature } from "../ledger/tlog/cosignature.ts";
import { formatNote, parseNote } from "../ledger/tlog/note.ts";
import { formatVerifierKey, verifierKey, type VerifierKey } from "../ledger/tlog/verifier-key.ts";
import { sha256 } from "./crypto.ts";

/** An auditor's key. */
export interface AuditorKey {
  readonly key: VerifierKey;
  /** As it stands in trust policies, after `index-auditor`. */
  readonly vkey: string;
  readonly secret: KeyObject;
}

/**
 * The auditor's key in a file (PKCS #8 PEM, Ed25519, mode 0600), under a name; made when there is none.
 *
 * @throws {CanopyError} `INVALID_KEY` when the file can be read by others, is a link, or holds no such key; or for the name.
 */
export function auditorKey(path: string, name: string): AuditorKey {
  if (!existsSync(path)) createKey(path);
  const status = lstatSync(path);
  if (!status.isFile() || (process.platform !== "win32" && (status.mode & 0o077) !== 0)) {
    throw invalid(`\`${path}\` must be a regular file that its owner alone can read`, `chmod 600 ${path}`);
  }
  const secret = readKey(path);
  const { x = "" } = createPublicKey(secret).export({ format: "jwk" });
  const key = verifierKey(name, "cosignature-v1", Uint8Array.from(Buffer.from(x, "base64url")), sha256);
  return { key, vkey: formatVerifierKey(key), secret };
}

/** A checkpoint's note with the auditor's cosignature, given at a time in seconds since 1970. Throws `INVALID_NOTE`. */
export function cosignAudited(note: string, { key, secret }: AuditorKey, time: number): string {
  const { text, signatures } = parseNote(note);
  const others = signatures.filter(({ name, key_id }) => name !== key.name || key_id !== key.key_id);
  const signature = sign(null, cosignedMessage(text, time), secret);
  return formatNote(text, [...others, formatCosignature({ name: key.name, key_id: key.key_id, time, signature })]);
}

function createKey(path: string): void {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" });
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const fd = openSync(aside, "wx", 0o600);
    writeSync(fd, String(pem));
    fsyncSync(fd);
    closeSync(fd);
    linkSync(aside, path);
    unlinkSync(aside);
  } catch (cause) {
    throw new CanopyError("FILE_UNUSABLE", `the auditor's key can't be written to \`${path}\``, {
      cause,
      fix: "name a new file in a folder that is yours",
    });
  }
}

function readKey(path: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(path));
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Told below.
  }
  throw invalid(`\`${path}\` holds no Ed25519 key: expected PKCS #8 in PEM`, "name a new file, and one is made");
}

function invalid(message: string, fix: string): CanopyError {
  return new CanopyError("INVALID_KEY", message, { fix });
}
