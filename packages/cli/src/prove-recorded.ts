// A statement about an action, an event or a decision, made about the name that the log has.

import type { LogProof, Statement } from "canopy-runtime/proofs";
import { LogReader } from "canopy-runtime/log-reader";
import type { Io } from "./io.ts";
import { startProgress } from "./progress.ts";
import { askedType, refuseUnknownWord, sameType, typeNotes } from "./recorded-names.ts";
import type { AskedStatement } from "./statement-flags.ts";

/** What a log can be asked. */
export interface AskedLog {
  readonly prove: (asked: AskedStatement) => LogProof;
  /** The spellings that it has of an action type that isn't Canopy's own. */
  readonly spellings: (type: string) => readonly string[];
}

/** A statement about names that the log has, what came of it, and what whoever asked by others should know. */
export interface RecordedProof {
  readonly asked: AskedStatement;
  readonly proof: LogProof;
  readonly notes: readonly string[];
}

/**
 * Prove a statement about what the log has of it. An action's own name comes first: a log that goes on from an older one
 * may have it. Then what Canopy records it as, then what else is spelled so.
 *
 * @throws {CanopyError} `USAGE` for a decision or an event that no entry has, and what `prove` throws.
 */
export function proveRecorded(asked: AskedStatement, { prove, spellings }: AskedLog): RecordedProof {
  const { action_type, decision, event } = asked.statement.where;
  const holds = (where: Statement["where"]): boolean => prove(about(where)).matching.length > 0;
  if (decision !== undefined) refuseUnknownWord("decision", decision, () => holds({ decision }));
  if (event !== undefined) refuseUnknownWord("event", event, () => holds({ event }));
  if (action_type === undefined) return { asked, proof: prove(asked), notes: [] };
  const type = askedType(action_type);
  const names = new Set([action_type, type.recorded, ...(type.own ? [] : spellings(action_type))]);
  const proofs = [...names].map((name) => {
    const named = withType(asked, name);
    return { name, named, proof: prove(named) };
  });
  const heard = proofs.filter(({ proof }) => proof.matching.length > 0);
  const used = heard[0] ?? proofs.find(({ name }) => name === type.recorded) ?? proofs[0];
  if (used === undefined) return { asked, proof: prove(asked), notes: [] };
  const others = heard.map(({ name }) => name).filter((name) => name !== used.name);
  const notes = typeNotes(type, used.name, others);
  const tool = type.own && used.name !== type.asked ? [`--tool ${type.asked} asks about tools of that very name`] : [];
  return { asked: used.named, proof: used.proof, notes: [...notes, ...tool] };
}

function about(where: Statement["where"]): AskedStatement {
  return {
    statement: { claim: "absent", where, except_agent: null, tenant: null, from: null, to: null },
    resource: null,
  };
}

function withType({ statement, resource }: AskedStatement, action_type: string): AskedStatement {
  return { statement: { ...statement, where: { ...statement.where, action_type } }, resource };
}

/** The spellings of an action type that a log's entries have. Cost: every entry is read. */
export function spellingsIn(io: Io, log: string, home: string, type: string): readonly string[] {
  const progress = startProgress(io);
  const reader = LogReader.open(log, { home, unusable: () => undefined });
  const seen = new Set<string>();
  let read = 0;
  try {
    for (const { action_type } of reader.query()) {
      if (typeof action_type === "string") seen.add(action_type);
      if ((read += 1) % 4096 === 0) progress.at(`looking for spellings: ${read.toLocaleString("en-US")} entries`);
    }
  } finally {
    progress.done();
    reader.close();
  }
  return [...seen].filter((name) => sameType(name, type));
}
