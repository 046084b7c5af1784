// An index proof in words: what it claims, what was checked, and what it doesn't claim. The texts hold values of the file,
// which may come from a stranger: whoever shows them makes them safe for where they are shown.

import { counted } from "../../core/counted.ts";
import { formatEntryTime } from "./entry-time.ts";
import { WHERE_MEMBERS, type Statement, type WhereMember } from "./statement.ts";
import type { FoundProof, ShownResource } from "./verify-index-proof.ts";

const WORDS: Readonly<Record<WhereMember, string>> = {
  trace_id: "trace",
  avid: "agent",
  action_type: "action",
  decision: "decision",
  resource: "resource",
  incident_id: "incident",
  event: "event",
};

/** The claim, as a clause: `no entry has agent A and action B, from … to …`. */
export function claimText(statement: Statement, resource: string | null): string {
  const { claim, where, except_agent, tenant, from, to } = statement;
  const named = WHERE_MEMBERS.flatMap((member) => {
    const value = where[member];
    if (value === undefined) return [];
    return [`${WORDS[member]} ${member === "resource" ? (resource ?? value) : value}`];
  });
  const parts = [
    `${claim === "absent" ? "no entry has" : "exactly the entries shown have"} ${named.join(" and ")}`,
    ...(except_agent === null ? [] : [`but those of agent ${except_agent}`]),
    ...(tenant === null ? [] : [`in tenant ${tenant}`]),
    ...(from === null ? [] : [`from ${formatEntryTime(from)}`]),
    ...(to === null ? [] : [`to ${formatEntryTime(to)}`]),
  ];
  return parts.join(", ");
}

/** One limit of what a proof says: a word to look for, and a sentence. */
export interface ProofLimit {
  readonly limit:
    | "untrusted"
    | "index unaudited"
    | "unanchored"
    | "cannot see ungoverned calls"
    | "newer entries"
    | "clock"
    | "silence"
    | "resource mapping"
    | "unresolved"
    | "odd lines"
    | "uncertain";
  readonly text: string;
}

/** What a proof in order doesn't claim. Never empty. */
export function limitsOf(found: FoundProof): readonly ProofLimit[] {
  const { trusted, resource } = found;
  return [
    ...(trusted === null
      ? [
          {
            limit: "untrusted",
            text: "nobody whom you trust vouches for it: give the log's key with --trust or --vkey",
          } as const,
        ]
      : []),
    ...((trusted?.index_audited.length ?? 0) > 0
      ? []
      : [
          {
            limit: "index unaudited",
            text: "nobody trusted has recomputed the index from the lines: an operator could have left entries out of it",
          } as const,
        ]),
    ...(trusted?.quorum === "reached"
      ? []
      : [
          {
            limit: "unanchored",
            text: "no quorum of log witnesses cosigned: who holds the log's key could show others another log",
          } as const,
        ]),
    {
      limit: "cannot see ungoverned calls",
      text: "what was done without asking this log's runtime, or beyond what it saw in the request, is not in it",
    },
    ...newerEntries(found),
    ...clock(found),
    ...(found.silence_s === 0 ? [] : [silence(found)]),
    ...(resource === null ? [] : mapping(resource)),
    ...(found.statement.where.resource === undefined || found.unresolved === 0 ? [] : [unresolved(found)]),
    ...(found.uncertain.length === 0
      ? []
      : [
          {
            limit: "uncertain",
            text: `${counted(found.uncertain.length, "line")} that can't be read in full may match as well`,
          } as const,
        ]),
    ...(found.odd === 0
      ? []
      : [
          {
            limit: "odd lines",
            text: `${counted(found.odd, "line")} of the stretch can't be read in full: the claim is not about what can't be read`,
          } as const,
        ]),
  ];
}

function newerEntries({ covered, covered_to, checkpoint, statement }: FoundProof): readonly ProofLimit[] {
  const newer = checkpoint.size - covered;
  const until = covered_to === null ? "" : `, up to ${formatEntryTime(covered_to)}`;
  const beyond = statement.to !== null && (covered_to ?? 0) < statement.to ? "; what came later is not claimed" : "";
  const text = `covers entries 1 to ${covered} of ${checkpoint.size}${until}${beyond}`;
  return newer === 0 && beyond === "" ? [] : [{ limit: "newer entries", text }];
}

// Entries stand in their order whatever the clock said, but a statement about a time goes by what they say.
function clock({ statement }: FoundProof): readonly ProofLimit[] {
  if (statement.from === null && statement.to === null) return [];
  const text =
    "times are those of the clock of the machine that wrote the log: while it was wrong, entries lie elsewhere";
  return [{ limit: "clock", text }];
}

function silence({ silence_s }: FoundProof): ProofLimit {
  return {
    limit: "silence",
    text: `the longest time without any entry or heartbeat was ${silence_s} s: whether anything ran then isn't known`,
  };
}

function mapping({ name, mapping: state }: ShownResource): readonly ProofLimit[] {
  if (state === "shown") return [];
  const text =
    state === "mixed"
      ? `the key behind resource keys changed within the stretch, so that ${name} is meant is shown for a part only`
      : `that the resource key stands for ${name} is the operator's word: its key was not disclosed`;
  return [{ limit: "resource mapping", text }];
}

function unresolved({ unresolved: count }: FoundProof): ProofLimit {
  return {
    limit: "unresolved",
    text: `${counted(count, "decision")} in the stretch had a target that could not be resolved or listed: any of them may have meant it`,
  };
}
