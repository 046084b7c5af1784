// The private keys of this home: one file each, made on first use, readable by its owner alone.
//
//   <home>/keys/signing.key         PKCS #8 PEM, Ed25519, mode 0600; signs batches of the log
//   <home>/keys/checkpoint.key      the same; signs checkpoints of the tree over the log
//   <home>/keys/approver.key        the same; signs this user's approvals
//   <home>/keys/retired/<id>.pem    public signing keys that were rotated out; checkpoint-<id>.pem: checkpoint keys
//
// Refused: links, other owners, files that group or others may read, folders that they may write.

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import { closeSync, constants, existsSync, fstatSync, fsyncSync, linkSync, lstatSync } from "node:fs";
import { openSync, readdirSync, readFileSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { CanopyError, errorText } from "../core/errors.ts";
import { encodeBase64Url } from "../identity/base64.ts";
import { keyIdOf } from "../identity/key-id.ts";
import { didKeyOf, parsePublicKey, type PublicKey } from "../identity/public-key.ts";
import { rotationBytes, type RotationStatement, type SignedRotation } from "../identity/rotation.ts";
import { sha256 } from "./crypto.ts";
import { makeOwnerFolder } from "../storage/owner-folder.ts";
import { otherThanFile, readRegular } from "../storage/regular-file.ts";

/** The keys a home can hold. */
export type KeyName = "signing" | "approver" | "checkpoint";

/** Keys that can be rotated. */
export type RotatedKeyName = Exclude<KeyName, "approver">;

/** A private key that was read from its file. */
export interface StoredKey {
  readonly name: KeyName;
  readonly path: string;
  readonly key_id: string;
  readonly public_key: PublicKey;
  readonly private_key: KeyObject;
}

/** A key as `canopy keys` lists it; never the private part. */
export interface KeyListing {
  readonly name: KeyName;
  readonly state: "current" | "retired";
  readonly key_id: string;
  /** `did:key:z6Mk…` */
  readonly did_key: string;
  readonly path: string;
}

const NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const MAX_KEY_FILE_BYTES = 4096;
const CHECKPOINT_PREFIX = "checkpoint-";

/**
 * The key of that name, made on first use. Many processes may ask at once: all get the same key.
 *
 * Cost: one small file read; the first time also a key generation and two syncs.
 *
 * @throws {CanopyError} `INVALID_KEY` when the file or its folder is not safe to use, or holds no Ed25519 key;
 * `FILE_UNUSABLE` when the system doesn't let it be made or read.
 */
export function openKey(home: string, name: KeyName): StoredKey {
  return underSystem(home, () => {
    const path = join(keysFolder(home), `${name}.key`);
    if (!existsSync(path) && !isLink(path)) createKeyFile(path);
    return readKey(path, name);
  });
}

/** The key of that name, or null when this home has none; makes nothing. Throws as `openKey`. */
export function findKey(home: string, name: KeyName): StoredKey | null {
  const path = join(home, "keys", `${name}.key`);
  return underSystem(home, () => (existsSync(path) || isLink(path) ? readKey(path, name) : null));
}

/** Every key of a home, current ones first, then retired ones by id. Throws as `openKey`. */
export function listKeys(home: string): readonly KeyListing[] {
  const names: readonly KeyName[] = ["signing", "checkpoint", "approver"];
  const current = names.flatMap((name) => {
    const key = findKey(home, name);
    return key === null ? [] : [listing(name, "current", key.public_key, key.path)];
  });
  return [...current, ...underSystem(home, () => retiredKeys(join(home, "keys", "retired")))];
}

function retiredKeys(folder: string): readonly KeyListing[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".pem")) : [];
  return files.sort().map((file) => {
    const path = join(folder, file);
    const name = file.startsWith(CHECKPOINT_PREFIX) ? "checkpoint" : "signing";
    return listing(name, "retired", parsePublicKey(readRegular(path, MAX_KEY_FILE_BYTES).toString("utf8")), path);
  });
}

/** A key that takes the place of another, prepared. */
export interface PreparedRotation {
  readonly rotation: SignedRotation;
  readonly old_key_id: string;
  /** Of the new key. */
  readonly key_id: string;
  /** Put the new key in the old one's place, and keep the old public key. */
  readonly commit: () => void;
}

/** Which key is to be rotated; a checkpoint key for the log of that origin. */
export interface RotationRequest {
  readonly home: string;
  readonly name: RotatedKeyName;
  /** RFC 3339, UTC. */
  readonly rotatedAt: string;
  readonly origin?: string;
}

/**
 * Prepare a new key. The statement is to be recorded first, then `commit`. A crash before `commit` changes nothing. Both
 * throw as `openKey`; after a `commit` that failed the old key or the new one is in force, and another rotation may follow.
 */
export function rotateKey(
  { home, name, rotatedAt, origin }: RotationRequest,
  sign: (key: StoredKey, bytes: Uint8Array) => Uint8Array,
): PreparedRotation {
  const old = openKey(home, name);
  const next = join(home, "keys", `${name}.next.${randomBytes(6).toString("hex")}.key`);
  const fresh = underSystem(home, () => {
    createKeyFile(next);
    return readKey(next, name);
  });
  const statement: RotationStatement = {
    type: "canopy-key-rotation-v1",
    old_key: didKeyOf(old.public_key),
    new_key: didKeyOf(fresh.public_key),
    rotated_at: rotatedAt,
    purpose: name,
    ...(origin === undefined ? {} : { origin }),
  };
  const bytes = rotationBytes(statement);
  return {
    rotation: {
      statement,
      old_signature: encodeBase64Url(sign(old, bytes)),
      new_signature: encodeBase64Url(sign(fresh, bytes)),
    },
    old_key_id: old.key_id,
    key_id: fresh.key_id,
    commit: () => putInForce(home, old, next),
  };
}

function putInForce(home: string, old: StoredKey, next: string): void {
  underSystem(home, () => {
    retire(home, old);
    renameSync(next, old.path);
    syncFolder(join(home, "keys"));
  });
}

/** A new key whose rotation was prepared and not committed. */
export interface UnfinishedRotation {
  readonly did_key: string;
  readonly commit: () => void;
}

/** New keys that no process put in force: whoever prepared them is at it, or died. Throws as `openKey`. */
export function unfinishedRotations(home: string, name: RotatedKeyName): readonly UnfinishedRotation[] {
  const folder = join(home, "keys");
  const old = findKey(home, name);
  if (old === null) return [];
  const pattern = new RegExp(`^${name}\\.next\\.[0-9a-f]{12}\\.key$`, "u");
  const names = underSystem(home, () => readdirSync(folder).filter((file) => pattern.test(file)));
  return names.sort().map((file) => {
    const next = join(folder, file);
    const did_key = didKeyOf(underSystem(home, () => readKey(next, name)).public_key);
    return { did_key, commit: () => putInForce(home, old, next) };
  });
}

function retire(home: string, key: StoredKey): void {
  const folder = join(home, "keys", "retired");
  makeOwnerFolder(folder);
  const pem = createPublicKey(key.private_key).export({ format: "pem", type: "spki" }).toString();
  writeNew(join(folder, `${key.name === "checkpoint" ? CHECKPOINT_PREFIX : ""}${key.key_id}.pem`), pem);
}

function listing(name: KeyName, state: KeyListing["state"], key: PublicKey, path: string): KeyListing {
  return { name, state, key_id: keyIdOf(key, sha256), did_key: didKeyOf(key), path };
}

function keysFolder(home: string): string {
  const folder = join(home, "keys");
  makeOwnerFolder(folder);
  for (const path of [home, folder]) checkFolder(path, path === folder);
  return folder;
}

function checkFolder(path: string, isKeys: boolean): void {
  const stat = lstatSync(path);
  // The home itself may be a link that its owner made; the folder of the keys may not.
  if (isKeys && !stat.isDirectory()) throw unsafe(path, "must be a folder, not a link or a file");
  if (process.getuid === undefined || !stat.isDirectory()) return;
  if (stat.uid !== process.getuid() && stat.uid !== 0) throw unsafe(path, "must belong to the user who runs this");
  if ((stat.mode & 0o022) !== 0) throw unsafe(path, "must not be writable by group or others", `chmod go-w ${path}`);
}

function createKeyFile(path: string): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  writeNew(path, privateKey.export({ format: "pem", type: "pkcs8" }).toString());
}

// Written under another name and linked: the file appears whole or not at all, and the first of many processes wins.
function writeNew(path: string, text: string): void {
  const draft = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW, 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    fsyncSync(file);
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    closeSync(file);
    unlinkSync(draft);
  }
  syncFolder(join(path, ".."));
}

function syncFolder(path: string): void {
  // Windows can't open folders, and its directory entries are journalled.
  if (process.platform === "win32") return;
  const folder = openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function readKey(path: string, name: KeyName): StoredKey {
  if (isLink(path)) throw unsafe(path, "must be a regular file, not a link");
  if (otherThanFile(path) !== null) throw unsafe(path, "must be a regular file, not a link or a device");
  const file = openSync(path, constants.O_RDONLY | NOFOLLOW | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw unsafe(path, "must be a regular file, not a link or a device");
    if (stat.size > MAX_KEY_FILE_BYTES) throw unsafe(path, "must hold one key");
    if (process.getuid !== undefined) {
      if (stat.uid !== process.getuid()) throw unsafe(path, "must belong to the user who runs this");
      if ((stat.mode & 0o077) !== 0) {
        throw unsafe(
          path,
          "must not be open to group or others",
          `chmod 600 ${path}; if others may have read it, move it away to have a new one made`,
        );
      }
    }
    return parseKey(path, name, readFileSync(file, "utf8"));
  } finally {
    closeSync(file);
  }
}

function parseKey(path: string, name: KeyName, pem: string): StoredKey {
  let private_key: KeyObject;
  try {
    private_key = createPrivateKey(pem);
  } catch {
    // The cause is left out: it may quote what it read.
    throw unsafe(path, "must hold a private key in PKCS #8 PEM");
  }
  if (private_key.asymmetricKeyType !== "ed25519") throw unsafe(path, "must hold an Ed25519 key");
  const spki = createPublicKey(private_key).export({ format: "pem", type: "spki" }).toString();
  const public_key = parsePublicKey(spki);
  return { name, path, key_id: keyIdOf(public_key, sha256), public_key, private_key };
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** What the system refuses is told by a code of ours. */
function underSystem<Result>(home: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof CanopyError) throw error;
    const text = errorText(error);
    throw new CanopyError("FILE_UNUSABLE", `a key of the home \`${home}\` can't be made or read: ${text}`, {
      cause: error,
      at: join(home, "keys"),
      fix: "see to the disk and the permissions of CANOPY_HOME, then try again",
    });
  }
}

function unsafe(path: string, expected: string, fix?: string): CanopyError {
  return new CanopyError("INVALID_KEY", `the key file or folder \`${path}\` ${expected}`, {
    at: path,
    fix: fix ?? "move it away to have a new one made, or name another home with CANOPY_HOME",
  });
}
