// The verifier's cryptography in a browser: SHA-256 and Ed25519 (RFC 8032, strict) in plain JavaScript.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { BundleTools } from "canopy-runtime/evidence-verifier";

/** What the verifier needs of its host. */
export const tools: BundleTools = {
  sha256: (bytes) => sha256(bytes),
  startSha256: () => {
    const running = sha256.create();
    return { update: (bytes) => void running.update(bytes), digest: () => running.digest() };
  },
  verifySignature: (key, bytes, signature) => {
    if (key.kind !== "ed25519-pub" || signature.length !== 64) return false;
    try {
      return ed25519.verify(signature, bytes, key.bytes, { zip215: false });
    } catch {
      return false;
    }
  },
};
