import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrustedCheckpoint } from "../tlog/trusted-checkpoint.ts";
import { claimText, limitsOf } from "./describe-proof.ts";
import type { Statement } from "./statement.ts";
import type { FoundProof } from "./verify-index-proof.ts";

const STATEMENT: Statement = {
  claim: "absent",
  where: { avid: "A" },
  except_agent: null,
  tenant: null,
  from: null,
  to: null,
};

test("a claim says all that it names, in one order, and nothing else", () => {
  const where = {
    event: "e",
    incident_id: "i",
    resource: "k",
    decision: "DENY",
    action_type: "b",
    avid: "A",
    trace_id: "t",
  };
  const all =
    "no entry has trace t and agent A and action b and decision DENY and resource k and incident i and event e";
  const cases: readonly (readonly [Partial<Statement>, string | null, string])[] = [
    [{}, null, "no entry has agent A"],
    [{ claim: "present" }, null, "exactly the entries shown have agent A"],
    [{ where }, null, all],
    [{ where }, "file:/x", all.replace("resource k", "resource file:/x")],
    [{ except_agent: "B" }, "file:/x", "no entry has agent A, but those of agent B"],
    [{ tenant: "t" }, null, "no entry has agent A, in tenant t"],
    [{ from: 0 }, null, "no entry has agent A, from 1970-01-01T00:00:00Z"],
    [{ to: 86_399 }, null, "no entry has agent A, to 1970-01-01T23:59:59Z"],
    [
      { except_agent: "B", tenant: "t", from: 5, to: 60 },
      null,
      "no entry has agent A, but those of agent B, in tenant t, from 1970-01-01T00:00:05Z, to 1970-01-01T00:01:00Z",
    ],
  ];
  for (const [change, resource, expected] of cases) {
    assert.equal(claimText({ ...STATEMENT, ...change }, resource), expected);
  }
});

const CHECKPOINT = { origin: "o", size: 10, root: new Uint8Array(32) };
const KEY = {
  name: "o",
  key_id: "00000000",
  algorithm: "ed25519",
  public_key: new Uint8Array(32),
  ed25519: null,
} as const;
const TRUSTED: TrustedCheckpoint = {
  ok: true,
  names: ["w"],
  cosigned: [{ name: "w", time: 1 }],
  quorum: "reached",
  index_audited: [{ name: "a", time: 1 }],
  bad: [],
  unchecked: [],
  reason: null,
  checkpoint: CHECKPOINT,
  note: { text: "", signatures: [] },
  key: KEY,
};
const FOUND: FoundProof = {
  statement: STATEMENT,
  resource: null,
  checkpoint: CHECKPOINT,
  trusted: TRUSTED,
  untrusted: null,
  covered: 10,
  covered_to: 100,
  runs: { skipped: 0, absent: 1, present: 0 },
  matching: [],
  uncertain: [],
  excluded: 0,
  silence_s: 0,
  odd: 0,
  unresolved: 0,
};

/** What is said besides what is always said. */
function said(change: Partial<FoundProof>): readonly string[] {
  const limits = limitsOf({ ...FOUND, ...change }).map(({ limit, text }) => `${limit}: ${text}`);
  const always =
    "cannot see ungoverned calls: what was done without asking this log's runtime, or beyond what it saw in the request, is not in it";
  assert.ok(limits.includes(always));
  return limits.filter((limit) => limit !== always);
}

const UNTRUSTED = "untrusted: nobody whom you trust vouches for it: give the log's key with --trust or --vkey";
const UNAUDITED =
  "index unaudited: nobody trusted has recomputed the index from the lines: an operator could have left entries out of it";
const UNANCHORED =
  "unanchored: no quorum of log witnesses cosigned: who holds the log's key could show others another log";
const CLOCK =
  "clock: times are those of the clock of the machine that wrote the log: while it was wrong, entries lie elsewhere";
const OF_RESOURCE: Statement = { ...STATEMENT, where: { resource: "k" } };
const LINE = { index: 0, line: "", path: [] };

function newer(text: string): string {
  return `newer entries: covers entries 1 to ${text}`;
}

test("what a proof doesn't claim is said of just those proofs that don't", () => {
  const cases: readonly (readonly [Partial<FoundProof>, readonly string[]])[] = [
    [{}, []],
    [{ trusted: null }, [UNTRUSTED, UNAUDITED, UNANCHORED]],
    [{ trusted: { ...TRUSTED, index_audited: [] } }, [UNAUDITED]],
    [{ trusted: { ...TRUSTED, quorum: "none" } }, [UNANCHORED]],
    [{ trusted: { ...TRUSTED, quorum: "missing" } }, [UNANCHORED]],
    [{ covered: 9 }, [newer("9 of 10, up to 1970-01-01T00:01:40Z")]],
    [{ covered: 9, covered_to: null }, [newer("9 of 10")]],
    [{ statement: { ...STATEMENT, from: 5 } }, [CLOCK]],
    [{ statement: { ...STATEMENT, to: 100 } }, [CLOCK]],
    [{ statement: { ...STATEMENT, to: 99 } }, [CLOCK]],
    [
      { statement: { ...STATEMENT, to: 101 } },
      [newer("10 of 10, up to 1970-01-01T00:01:40Z; what came later is not claimed"), CLOCK],
    ],
    [
      { statement: { ...STATEMENT, to: 1 }, covered_to: null, covered: 8 },
      [newer("8 of 10; what came later is not claimed"), CLOCK],
    ],
    [
      { silence_s: 7 },
      ["silence: the longest time without any entry or heartbeat was 7 s: whether anything ran then isn't known"],
    ],
    [{ statement: OF_RESOURCE, resource: { name: "f", mapping: "shown" } }, []],
    [
      { statement: OF_RESOURCE, resource: { name: "f", mapping: "mixed" } },
      [
        "resource mapping: the key behind resource keys changed within the stretch, so that f is meant is shown for a part only",
      ],
    ],
    [
      { statement: OF_RESOURCE, resource: { name: "f", mapping: "unshown" } },
      ["resource mapping: that the resource key stands for f is the operator's word: its key was not disclosed"],
    ],
    [{ unresolved: 3 }, []],
    [
      { statement: OF_RESOURCE, unresolved: 1 },
      [
        "unresolved: 1 decision in the stretch had a target that could not be resolved or listed: any of them may have meant it",
      ],
    ],
    [{ uncertain: [LINE, LINE] }, ["uncertain: 2 lines that can't be read in full may match as well"]],
    [{ odd: 1 }, ["odd lines: 1 line of the stretch can't be read in full: the claim is not about what can't be read"]],
  ];
  for (const [change, expected] of cases) assert.deepEqual(said(change), expected, JSON.stringify(change));
});
