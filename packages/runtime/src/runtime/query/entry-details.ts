// What a decision was about, from its encrypted record: the payload, the agent's context, and the effects in full,
// derived again as they were for the decision.

import { parseAgentContext } from "../../core/agent-context.ts";
import { deriveEffects } from "../../core/effects/derive.ts";
import { CanopyError } from "../../core/errors.ts";
import { normalizeAction } from "../../core/normalize.ts";
import { EffectRecord } from "../../core/policy/cel/effect-record.ts";
import { sha256Hex } from "../../storage/chain-host.ts";
import { KeptRecords, type MissingRecord } from "../../storage/kept-records.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { parseRecordedRequest } from "../replay/recorded-request.ts";
import type { EntryDetails } from "./entry-environment.ts";

/** Why the details of an entry are not known. */
export type MissingDetails = MissingRecord | "no_facts";

/** Reads the records of one log. Close it. */
export class EntryRecords {
  readonly #records: KeptRecords;

  /** `home` is the folder that holds `payload.key`. Throws the system's error. */
  constructor(log: string, home: string) {
    this.#records = new KeptRecords(log, home);
  }

  /** The details of an entry, or why there are none. Cost: a decryption for each batch, and the effects' derivation. */
  of(entry: LedgerEntry): EntryDetails | MissingDetails {
    const kept = this.#records.record(entry);
    if ("missing" in kept) return kept.missing;
    const request = parseRecordedRequest(kept.content);
    if (request === null) return "no_facts";
    const { agent_ctx, action_type, action_payload, cwd, facts } = request;
    try {
      const agent = parseAgentContext(agent_ctx);
      const action = normalizeAction({ action_type, action_payload, cwd }, { sha256Hex });
      const effects = deriveEffects(action, facts.surroundings);
      const records = effects.map((effect) => new EffectRecord(effect, agent.trusted_domains));
      return { effects: records, payload: action_payload, ctx: agent_ctx };
    } catch (error) {
      if (error instanceof CanopyError) return "damaged";
      throw error;
    }
  }

  close(): void {
    this.#records.close();
  }
}
