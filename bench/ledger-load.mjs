// What the ledger benchmarks append: entries of about 1 kB with a record of about 300 bytes.
import { generateKeyPairSync, sign } from "node:crypto";

const { privateKey } = generateKeyPairSync("ed25519");

export const signer = { key_id: "bench", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
export const clock = { now: () => Date.now() };

const layers = { civil_code: "pass", constitution: "pass", firewall: "pass", policy: "allow" };
const policy_snapshot = {
  policy_file: "policies/default.yaml",
  policy_hash: `sha256:${"0123456789abcdef".repeat(4)}`,
  policy_source: "default",
  rules_hash: `sha256:${"fedcba9876543210".repeat(4)}`,
};
const FACTS = "x".repeat(220);

let count = 0;

/** One append: an authorization as the runtime records it. */
export function request() {
  count += 1;
  const entry = {
    event: "authorize_action",
    timestamp: "2026-01-01T00:00:00Z",
    avid: `AVID-${"0".repeat(56)}${String(count % 100).padStart(8, "0")}`,
    action_type: "execute_shell",
    decision: "ALLOW",
    reason: "no layer objects",
    severity: "low",
    layers,
    findings: [],
    policy_snapshot,
    payload_commitment: "a".repeat(64),
    trace_id: `trace-${count >> 3}`,
    witness: { context_hash: "b".repeat(64), findings_hash: "c".repeat(64), key_id: "bench" },
    expires_at: "2026-01-01T00:05:00Z",
  };
  return { entry, record: { subject: entry.avid.slice(0, 5), content: { command: `ls -la ${count}`, facts: FACTS } } };
}
