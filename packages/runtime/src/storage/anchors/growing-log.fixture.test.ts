// A log in memory with a real tree and a real checkpoint key, for tests: it grows, and it can be forked and cut.

import { generateKeyPairSync, hash, sign, verify, createPublicKey, type KeyObject } from "node:crypto";
import { consistencyProof, treeRoot, type NodeReader } from "../../ledger/tlog/tree.ts";
import { formatCheckpoint, openCheckpoint, type Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import { leafHash, merkleTree } from "../../ledger/merkle.ts";
import { formatNote, type NoteTools } from "../../ledger/tlog/note.ts";
import { verifierKey, type NoteAlgorithm, type VerifierKey } from "../../ledger/tlog/verifier-key.ts";
import { spkiOf } from "../../identity/public-key.ts";
import type { LogTree } from "./standing.ts";

/** SHA-256 and Ed25519 of node:crypto. */
export const TOOLS: NoteTools = {
  sha256: (bytes) => hash("sha256", bytes, "buffer"),
  verifySignature: (key, bytes, signature) => {
    const object = createPublicKey({ key: Buffer.from(spkiOf(key)), format: "der", type: "spki" });
    return verify(null, bytes, object, signature);
  },
};

/** A key that signs notes. */
export interface TestKey {
  readonly verifier: VerifierKey;
  readonly private_key: KeyObject;
}

/** A fresh key under a name. */
export function testKey(name: string, algorithm: NoteAlgorithm = "ed25519"): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return { verifier: verifierKey(name, algorithm, new Uint8Array(raw), TOOLS.sha256), private_key: privateKey };
}

/** A log of lines of text. */
export class GrowingLog {
  readonly key: TestKey;
  #lines: readonly string[];

  constructor(key: TestKey, lines: readonly string[] = []) {
    this.key = key;
    this.#lines = lines;
  }

  /** Append so many lines; gives the log itself. */
  grow(count: number, mark = ""): this {
    this.#lines = [...this.#lines, ...Array.from({ length: count }, (_, at) => `${mark}${this.#lines.length + at}`)];
    return this;
  }

  /** Another log of the same key that shares only its first entries. */
  forked(shared: number, count: number): GrowingLog {
    return new GrowingLog(this.key, this.#lines.slice(0, shared)).grow(count, "fork ");
  }

  /** The checkpoint of its first entries, signed. */
  note(size: number = this.#lines.length, key: TestKey = this.key): string {
    const { name, key_id } = this.key.verifier;
    const text = formatCheckpoint({ origin: name, size, root: this.tree().rootAt(size) });
    return formatNote(text, [
      {
        name,
        key_id: key === this.key ? key_id : key.verifier.key_id,
        bytes: sign(null, Buffer.from(text), key.private_key),
      },
    ]);
  }

  tree(): LogTree {
    const leaves = this.#lines.map((line) => leafHash(Buffer.from(line), TOOLS.sha256));
    const node: NodeReader = (level, index) =>
      merkleTree(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level), TOOLS.sha256).root;
    return {
      size: leaves.length,
      rootAt: (size) => treeRoot(size, node, TOOLS.sha256),
      consistency: (from, to) => consistencyProof(from, to, node, TOOLS.sha256),
      close: () => undefined,
    };
  }

  readonly openNote = (note: string): Checkpoint => openCheckpoint(note, this.key.verifier, TOOLS.verifySignature);
  readonly openTree = async (): Promise<LogTree> => this.tree();
}
