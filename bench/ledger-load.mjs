// What the ledger benchmarks append: the entry of an allowed call with its record, of the members and the length that
// the runtime gives them: a line of 1.8 kB and a record of 0.6 kB.
import { generateKeyPairSync, sign } from "node:crypto";

const { privateKey } = generateKeyPairSync("ed25519");

export const signer = { key_id: "bench", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
export const clock = { now: () => Date.now() };

const key_id = "45f27a2c05d8b2c75a80e78e05d321c6";
const layers = { civil_code: "pass", constitution: "pass", firewall: "pass", policy: "pass" };
const policy_hash = `sha256:${"0123456789abcdef".repeat(4)}`;
const rules_hash = `sha256:${"fedcba9876543210".repeat(4)}`;
const policy_snapshot = {
  engine_version: "0.5.0",
  policy_file: null,
  policy_hash,
  policy_source: "default",
  rules_hash,
};
const FACTS = "x".repeat(540);

let count = 0;

/** One append: an authorization as the runtime records it. */
export function request() {
  count += 1;
  const number = String(count).padStart(8, "0");
  // Four agents, whose calls come in turns.
  const avid = `AVID-${"0".repeat(63)}${count % 4}`;
  const payload_commitment = `${"a".repeat(56)}${number}`;
  const witness = {
    type: "canopy-witness-v1",
    payload_commitment,
    decision: "ALLOW",
    findings_hash: `${"b".repeat(56)}${number}`,
    rules_hash,
    policy_hash,
    context_hash: `${"c".repeat(56)}${number}`,
    avid,
    timestamp: "2026-01-01T00:00:00.000Z",
    key_id,
  };
  const entry = {
    event: "authorize_action",
    timestamp: "2026-01-01T00:00:00Z",
    avid,
    identity: "asserted",
    action_type: "execute_shell",
    decision: "ALLOW",
    reason: "nothing in any layer speaks against it",
    severity: "low",
    layers,
    findings: [],
    effects: ["exec.program", "fs.read"],
    override_possible: false,
    policy_snapshot,
    payload_commitment,
    key_id,
    witness,
    trace_id: `trace-${count >> 3}`,
    expires_at: "2026-01-01T00:05:00.000Z",
  };
  return { entry, record: { subject: avid, content: { command: `ls -la ${number}`, facts: FACTS } } };
}
