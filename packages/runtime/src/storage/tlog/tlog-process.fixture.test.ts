// A process that appends to a log with checkpoints until it is killed:
// `node tlog-process.fixture.test.js <log> <home> <seed of the checkpoint key>`. Without arguments it does nothing.

import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { parsePublicKey } from "../../identity/public-key.ts";
import { formatVerifierKey, verifierKey } from "../../ledger/tlog/verifier-key.ts";
import { openFileLedger } from "../file-ledger.ts";
import type { CheckpointKeys, CheckpointSigner } from "./checkpoint-keys.ts";
import { nodeSha256 } from "./node-sha256.ts";

const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** A signer whose key is made of one byte. */
export function seededSigner(seed: number): CheckpointSigner {
  const der = Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, seed)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const pem = createPublicKey(privateKey).export({ format: "pem", type: "spki" }).toString();
  return {
    key_id: `seed-${seed}`,
    algorithm: "Ed25519",
    public_key: parsePublicKey(pem),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

function vkeyOf(origin: string, { public_key }: CheckpointSigner): string {
  return formatVerifierKey(verifierKey(origin, "ed25519", public_key.bytes, nodeSha256));
}

/** Checkpoint keys: the first signs, the others are retired. */
export function keysOf(...signers: readonly [CheckpointSigner, ...CheckpointSigner[]]): CheckpointKeys {
  return { signer: () => signers[0], vkeys: (origin) => signers.map((each) => vkeyOf(origin, each)) };
}

const [, , path, home = ""] = process.argv;
if (path !== undefined && home !== "") {
  const ledger = await openFileLedger({
    path,
    home,
    signer: seededSigner(1),
    clock: { now: () => Date.now() },
    rotateBytes: 200_000,
    tlog: { keys: keysOf(seededSigner(2)), entries: true, heartbeatMs: 100 },
  });
  const caller = async (): Promise<never> => {
    for (;;) {
      const entry = { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", decision: "DENY" };
      await ledger.append({ entry });
    }
  };
  await Promise.all([caller(), caller(), caller()]);
}
