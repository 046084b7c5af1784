// What the console records: answers, kill switches, incidents. All of it goes through the runtime, as it would from a
// program; nothing is opened before it is first needed, and nothing is kept open.

import { existsSync } from "node:fs";
import type { Runtime, RuntimeConfig } from "canopy-runtime";
import { adviceText, CanopyError } from "canopy-runtime/errors";
import { findKey } from "canopy-runtime/keys";
import type { PolicyConfig } from "../policy-choice.ts";
import type { Effect, ShownRequest } from "./state.ts";

/** Whose log, and with which policy what is approved is judged again. */
export interface DeskOptions {
  readonly log: string;
  readonly home: string;
  readonly policy: PolicyConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who acts, for people. */
  readonly by: string;
}

type VoteEffect = Extract<Effect, { readonly kind: "vote" }>;
type SwitchEffect = Extract<Effect, { readonly kind: "set switch" }>;
type IncidentEffect = Extract<Effect, { readonly kind: "open incident" }>;
type UpdateEffect = Extract<Effect, { readonly kind: "update incident" }>;

const LONGEST_VOTE_MS = 3_600_000;

// As long as the request waits: who comes next may take that long.
function timeLeft(until: string | null, now: number): number {
  const left = until === null ? LONGEST_VOTE_MS : Date.parse(until) - now;
  return Math.max(1000, Math.min(left, LONGEST_VOTE_MS));
}

function isTooFew(error: unknown): error is CanopyError {
  return error instanceof CanopyError && error.code === "APPROVAL_REFUSED" && / voted$| were$/u.test(error.message);
}

/** Records. Each call opens the log, writes, and closes it. */
export class Desk {
  readonly #options: DeskOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Why nothing can be recorded from here, or null. Keys are never made for the sake of looking. */
  readOnly(): string | null {
    try {
      const { home, log } = this.#options;
      if (!existsSync(log)) return "read only: there was no log when the console started";
      return findKey(home, "signing") === null ? "read only: this home has no signing key" : null;
    } catch (error) {
      return `read only: ${adviceText(error)}`;
    }
  }

  /** What an approver is to see. Throws as `Runtime.approvalRequest`. */
  async request(authorization_id: string): Promise<ShownRequest> {
    const { approvalText } = await import("canopy-runtime/approval-text");
    const request = await this.#withRuntime((runtime) => runtime.approvalRequest(authorization_id));
    return { request, text: (columns) => approvalText(request, columns) };
  }

  /**
   * Sign an answer with this home's approver key and hand it in, with what others have voted. Gives what came of it;
   * where more approvers are needed, the vote is kept for them. Throws as `Runtime.reauthorize`.
   */
  async vote({ request, verdict, reason }: VoteEffect): Promise<string> {
    const [{ signVote }, { KeptVotes }] = await Promise.all([import("canopy-runtime"), import("./kept-votes.ts")]);
    const { home, by, log } = this.#options;
    const now = Date.now();
    const ttlMs = timeLeft(request.approval_expires_at, now);
    const vote = signVote(request, verdict, { home, approver: by, ttlMs, ...(reason === "" ? {} : { reason }) });
    const kept = new KeptVotes(log, request.authorization_id);
    const others = verdict === "REJECTED" ? [] : kept.of(vote.vote.key, new Date(now).toISOString());
    try {
      const votes = [...others, vote];
      const decision = await this.#withRuntime((runtime) => runtime.reauthorize(request.authorization_id, { votes }));
      kept.forget();
      if (verdict === "REJECTED") return "rejected, for good";
      return decision.decision === "ALLOW"
        ? `approved: it may run until ${decision.expires_at ?? "its time"}`
        : `approved, but denied by now: ${decision.reason}`;
    } catch (error) {
      if (!isTooFew(error)) throw error;
      kept.keep(vote);
      return `signed, and kept for the next approver: ${error.message}`;
    }
  }

  /** Engage or release a kill switch. */
  async setSwitch({ scope, engaged, reason }: SwitchEffect): Promise<string> {
    const { by } = this.#options;
    await this.#withRuntime((runtime) => runtime.setKillSwitch({ scope, engaged, reason, by }));
    return `${engaged ? "stopped" : "released"} ${scope}`;
  }

  /** Open an incident; gives its id. */
  async openIncident({ trace_id, avid, description, related }: IncidentEffect): Promise<string> {
    const related_authorization_ids = related === null ? [] : [related];
    const { by } = this.#options;
    const report = { trace_id, agent_avid: avid, description, related_authorization_ids, reporter: by };
    const { incident_id } = await this.#withRuntime((runtime) => runtime.openIncident(report));
    return `opened ${incident_id}`;
  }

  /** Take a step in an incident's life, note something, or both. */
  async updateIncident({ incident_id, step, note }: UpdateEffect): Promise<string> {
    const { parseIncidentState } = await import("canopy-runtime/forensics");
    const state = step === "" ? null : parseIncidentState(step);
    if (step !== "" && state === null) throw new Error(`there is no state ${step}: open, contained, resolved, closed`);
    const { by } = this.#options;
    const update = { by, ...(state === null ? {} : { state }), ...(note === "" ? {} : { note }) };
    const { incident } = await this.#withRuntime((runtime) => runtime.updateIncident(incident_id, update));
    return `${incident_id} is ${incident.state}`;
  }

  /** Wait for what is being recorded. */
  async close(): Promise<void> {
    await this.#turn.catch(() => undefined);
  }

  // One after the other: what is recorded is recorded in the order it was asked for.
  async #withRuntime<Value>(work: (runtime: Runtime) => Promise<Value>): Promise<Value> {
    const turn = this.#turn
      .catch(() => undefined)
      .then(async () => {
        const { createRuntime } = await import("canopy-runtime");
        const { log, home, policy, env } = this.#options;
        // The terminal is taken: what is wrong with the policy is told by what fails.
        const config: RuntimeConfig = { env, audit_log_path: log, home, onPolicyProblem: () => undefined, ...policy };
        const runtime = createRuntime(config);
        try {
          return await work(runtime);
        } finally {
          await runtime.close();
        }
      });
    this.#turn = turn;
    return turn;
  }
}
