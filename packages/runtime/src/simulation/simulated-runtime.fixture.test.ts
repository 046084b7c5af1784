// A runtime on a simulated process: the runtime's own functions over a ledger on the simulated disk, wired as
// create-runtime.ts wires them, but for what reads settings and keys from the real disk.

import { join } from "node:path";
import type { Engine } from "../core/decide.ts";
import { encodeBase64Url } from "../identity/base64.ts";
import { didKeyOf } from "../identity/public-key.ts";
import { voteBytes, type SignedVote, type Vote } from "../approvals/vote.ts";
import { attest, attestUnknown } from "../runtime/attest.ts";
import { authorize, evaluateAsking, type AuthorizeParts } from "../runtime/authorize.ts";
import { begin, type ExecutionParts } from "../runtime/begin.ts";
import type { Decision } from "../runtime/decision.ts";
import { recordedRequest } from "../runtime/decision-record.ts";
import { createEngine } from "../runtime/engine.ts";
import { setKillSwitch } from "../runtime/kill-switch.ts";
import type { AppendReceipt, AppendRequest, Clock, Durability, Ledger } from "../ledger/ports.ts";
import { approvalRequest, reauthorize, skipApproval, type ApprovalParts } from "../runtime/reauthorize.ts";
import { openFileLedger, type FileLedger } from "../storage/file-ledger.ts";
import { LogLock } from "../storage/log-lock.ts";
import { makeOwnerFolder } from "../storage/owner-folder.ts";
import { logPathsOf } from "../storage/sidecar.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";
import { signCheckpoint, signedByOneOf } from "../storage/tlog/checkpoint-keys.ts";
import { CHECKPOINT_META, metaMembers } from "../storage/tlog/checkpoint-meta.ts";
import { keysOf, seededSigner } from "../storage/tlog/tlog-process.fixture.test.ts";
import { takeStep } from "../storage/tlog/tlog-step.ts";
import { TlogWriter } from "../storage/tlog/tlog-writer.ts";
import { APPROVE_FROM, SPEND_COUNTER, SPEND_LIMIT } from "./promises.fixture.test.ts";
import type { Seeded } from "./seeded.fixture.test.ts";
import type { SimulatedProcess } from "./simulated-process.fixture.test.ts";

export const LOG = "/log/audit.log";
export const HOME = "/home";
const ALLOW_TTL_MS = 300_000;
const APPROVAL_TTL_MS = 600_000;
const ORIGIN = "simulation.example/log";

const POLICY = `
rules:
  - id: ${SPEND_COUNTER}
    action_type: spend_money
    budget: {sum: 'spend("USD")', limit: ${SPEND_LIMIT}, window: 24h, per: agent}
    deny: true
  - id: large
    action_type: spend_money
    require_approval: true
    when: 'spend("USD") >= ${APPROVE_FROM}'
`;

// One key for each purpose, for all runs: making one costs more than a run.
const signer = seededSigner(1);
const checkpointSigner = seededSigner(2);
const approver = seededSigner(3);
const checkpointKeys = keysOf(checkpointSigner);
const isOwn = signedByOneOf(checkpointKeys.vkeys(ORIGIN));
const { engine }: { readonly engine: Engine } = createEngine({ bytes: POLICY, file: null, source: "argument" });
const NO_APPROVER_NAMES = { approver_names: {}, approver_roles: {} };

/** How a simulated log is kept. */
export interface LogShape {
  readonly durability: Durability;
  readonly rotateBytes: number | null;
}

/** Told of each append of the runtime. */
export interface AppendWatch {
  /** An append is asked for; the answer is given back when it is acknowledged. */
  readonly asked: () => number;
  readonly answered: (receipt: AppendReceipt, request: AppendRequest, asked: number) => void;
}

/** Agents of the simulation, by number. */
export function agentOf(number: number): { readonly public_key: string; readonly spending_limit: string } {
  return { public_key: `agent-${number}`, spending_limit: "unlimited" };
}

/** The runtime of a process. */
export class SimulatedRuntime {
  readonly process: SimulatedProcess;
  readonly ledger: FileLedger;
  readonly #parts: AuthorizeParts;
  readonly #watched: Ledger;
  readonly #execution: ExecutionParts;
  readonly #chance: Seeded;
  readonly #clock: Clock;
  #writer: TlogWriter | null = null;
  #stepping: Promise<void> = Promise.resolve();

  private constructor(process: SimulatedProcess, ledger: FileLedger, watched: Ledger, { chance, clock }: Surroundings) {
    this.process = process;
    this.ledger = ledger;
    this.#watched = watched;
    this.#chance = chance;
    this.#clock = clock;
    this.#parts = { engine, clock, place: () => ({ cwd: null, home: null, governance: [] }) };
    this.#execution = { ledger: watched, clock, key_id: signer.key_id, executor_id: `${process.pid}` };
  }

  /** Open the log. Throws as `openFileLedger`. */
  static async open(
    process: SimulatedProcess,
    shape: LogShape,
    surroundings: Surroundings,
    watch: AppendWatch,
  ): Promise<SimulatedRuntime> {
    const { chance, clock } = surroundings;
    const ledger = await openFileLedger({
      path: LOG,
      home: HOME,
      signer,
      clock,
      durability: shape.durability,
      rotateBytes: shape.rotateBytes,
      randomness: { bytes: (count) => chance.bytes(count) },
      index: false,
      fileSystem: process.files,
      host: process.host,
    });
    return new SimulatedRuntime(process, ledger, watchedLedger(ledger, watch), surroundings);
  }

  authorize(agent: number, amount: number, key: string | null): Promise<Decision> {
    const action_payload = { amount, currency: "USD", recipient: "vendor" };
    const request = { agent_ctx: agentOf(agent), action_type: "spend_money", action_payload, idempotency_key: key };
    const randomness = { bytes: (count: number) => this.#chance.bytes(count) };
    const entryContext = {
      key_id: signer.key_id,
      randomness,
      allow_ttl_ms: ALLOW_TTL_MS,
      approval_ttl_ms: APPROVAL_TTL_MS,
      resourceKey: (place: string) => this.ledger.resourceKey(place),
    };
    return authorize(request, this.#parts, Promise.resolve({ ledger: this.#watched, entryContext }));
  }

  async begin(id: string, digest: string): Promise<void> {
    await begin(id, digest, this.#execution);
  }

  async attest(id: string, ok: boolean): Promise<void> {
    const outcome = ok ? ({ ok: true, result: { done: id.slice(0, 8) } } as const) : { ok: false as const, error: id };
    await attest(id, outcome, this.#execution);
  }

  async attestUnknown(id: string): Promise<void> {
    await attestUnknown(id, this.#execution);
  }

  async approve(id: string, verdict: "APPROVED" | "REJECTED"): Promise<"ALLOW" | "DENY" | "REQUIRE_APPROVAL"> {
    const desk = this.#desk();
    const asked = await approvalRequest(id, desk);
    const now = this.#clock.now();
    const vote: Vote = {
      type: "canopy-vote-v1",
      log_id: asked.log_id,
      authorization_id: id,
      action_digest: asked.action_digest,
      verdict,
      approver: "ann",
      key: didKeyOf(approver.public_key),
      reason: null,
      nonce: encodeBase64Url(this.#chance.bytes(16)),
      issued_at: new Date(now).toISOString(),
      expires_at: new Date(now + ALLOW_TTL_MS).toISOString(),
    };
    const signed: SignedVote = { vote, signature: encodeBase64Url(approver.sign(voteBytes(vote))) };
    return (await reauthorize(id, { votes: [signed] }, desk)).decision;
  }

  async skip(id: string): Promise<void> {
    await skipApproval(id, this.#desk());
  }

  async setKillSwitch(agent: string, engaged: boolean): Promise<void> {
    const change = { scope: `agent:${agent}`, engaged, reason: "simulated", by: "simulation" };
    await setKillSwitch(change, { ledger: this.#watched, clock: this.#clock, key_id: signer.key_id });
  }

  /** Append something that is none of the runtime's. */
  append(request: AppendRequest): Promise<AppendReceipt> {
    return this.#watched.append(request);
  }

  /** Take a step of the log's tree, as the keeper's worker does, one at a time. `signed` is told of the note. */
  async step(signed: (note: string) => void): Promise<void> {
    const before = this.#stepping;
    this.#stepping = before.catch(() => undefined).then(() => this.#step(signed));
    await this.#stepping;
  }

  async #step(signed: (note: string) => void): Promise<void> {
    const { files: fs, host } = this.process;
    const paths = logPathsOf(LOG);
    makeOwnerFolder(paths.tlog, fs);
    this.#writer ??= new TlogWriter({ fs, paths, origin: ORIGIN, isOwn, entries: false, index: null });
    const lock = await LogLock.open(fs, join(paths.tlog, "lock.sqlite"), 500, host);
    try {
      await takeStep(this.#writer, lock, {
        append: async (meta) => {
          const members = metaMembers({ ...meta, key_id: "c", resource_key_commitment: "0".repeat(64) });
          const entry = { ...systemEntry(CHECKPOINT_META, timestampOf(this.#clock.now()), "a checkpoint"), ...members };
          return (await this.#watched.append({ entry })).entry.seq;
        },
        sign: async (text) => {
          const note = signCheckpoint(text, ORIGIN, checkpointSigner);
          signed(note);
          return note;
        },
      });
    } finally {
      lock.close();
    }
  }

  async close(): Promise<void> {
    await this.#stepping.catch(() => undefined);
    this.#writer?.close();
    this.#writer = null;
    await this.ledger.close();
  }

  #desk(): ApprovalParts {
    return {
      ...this.#execution,
      home: "/nowhere",
      approvers: [didKeyOf(approver.public_key)],
      approvals_required: 1,
      approver_settings: NO_APPROVER_NAMES,
      allow_ttl_ms: ALLOW_TTL_MS,
      reevaluate: async (record) => evaluateAsking(recordedRequest(record), this.#parts, this.#watched),
    };
  }
}

/** What a runtime gets from outside. */
export interface Surroundings {
  readonly chance: Seeded;
  readonly clock: Clock;
}

function watchedLedger(ledger: FileLedger, { asked, answered }: AppendWatch): Ledger {
  return {
    log_id: ledger.log_id,
    governance: ledger.governance,
    append: async (request) => {
      const since = asked();
      const receipt = await ledger.append(request);
      answered(receipt, request, since);
      return receipt;
    },
    historyOf: (id) => ledger.historyOf(id),
    settled: (entry) => ledger.settled(entry),
    readRecord: (hash) => ledger.readRecord(hash),
    killSwitches: () => ledger.killSwitches(),
    state: (query, now_ms) => ledger.state(query, now_ms),
    resourceKey: (place) => ledger.resourceKey(place),
    close: () => ledger.close(),
  };
}
