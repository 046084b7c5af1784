// Who can write the sidecar, and has no key, puts records in the place of others. Whatever reads one is asked about each.

import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { CanopyError } from "../core/errors.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { fsckLog, type FsckOptions } from "../storage/fsck/fsck-log.ts";
import { KeptRecords } from "../storage/kept-records.ts";
import { trustFrom } from "./check-included.ts";
import { PayloadExcerpts } from "./forensics/payload-excerpts.ts";
import { EntryRecords } from "./query/entry-details.ts";
import {
  blockFile,
  blockOf,
  makeWorld,
  putBlock,
  refOf,
  runtimeOn,
  type World,
} from "./record-binding.fixture.test.ts";
import { replayLog } from "./replay/replay-log.ts";
import { signVote } from "./sign-vote.ts";

let world: World;
before(async () => {
  world = await makeWorld();
});
after(() => world.remove());

/** How a name's record is damaged: it is another entry's, or bytes that are nobody's. */
type Standing = "misplaced" | "damaged";

interface Attack {
  readonly name: string;
  readonly act: () => void;
  readonly hit: Readonly<Record<string, Standing>>;
}

function exchange(one: string, other: string): Attack {
  return {
    name: `${one} and ${other} exchanged`,
    act: () => {
      const { log, entries } = world;
      const [first, second] = [blockOf(log, entries[one]), blockOf(log, entries[other])];
      putBlock(log, entries[one], second);
      putBlock(log, entries[other], first);
    },
    hit: { [one]: "misplaced", [other]: "misplaced" },
  };
}

function overwrite(name: string, how: string, bytes: () => Buffer, standing: Standing): Attack {
  return { name: how, act: () => putBlock(world.log, world.entries[name], bytes()), hit: { [name]: standing } };
}

const own = (name: string): Buffer => blockOf(world.log, world.entries[name]);

const ATTACKS: readonly Attack[] = [
  exchange("allowed", "denied"),
  exchange("allowed", "asked"),
  exchange("allowed", "also"),
  exchange("asked", "other"),
  exchange("failure", "crash"),
  exchange("failed", "failure"),
  exchange("reauthorized", "asked"),
  exchange("reauthorized", "crash"),
  overwrite("allowed", "one that stood there in an older log put back", () => world.older, "misplaced"),
  overwrite("allowed", "the allowed one overwritten by the denied one", () => own("denied"), "misplaced"),
  overwrite("denied", "the denied one overwritten by the allowed one", () => own("allowed"), "misplaced"),
  overwrite(
    "asked",
    "one shifted by a byte",
    () => Buffer.concat([own("asked").subarray(1), Buffer.alloc(1)]),
    "damaged",
  ),
  overwrite("asked", "one of zeros", () => Buffer.alloc(own("asked").length), "damaged"),
  overwrite(
    "asked",
    "one whose end is another's",
    () => Buffer.concat([own("asked").subarray(0, 800), own("other").subarray(800)]),
    "damaged",
  ),
  {
    name: "the newest cut by a byte",
    act: () => truncateSync(blockFile(world.log, world.entries["crash"]), refOf(world.entries["crash"]).offset + 1999),
    hit: { crash: "damaged" },
  },
  {
    name: "the newest one's place in front of the file's end moved on",
    act: () => {
      const path = blockFile(world.log, world.entries["crash"]);
      const { offset } = refOf(world.entries["crash"]);
      const file = readFileSync(path);
      writeFileSync(path, Buffer.concat([file.subarray(0, offset), Buffer.alloc(3), file.subarray(offset)]));
    },
    hit: { crash: "damaged" },
  },
];

async function said(work: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await work());
  } catch (error) {
    if (error instanceof CanopyError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const REFUSED: Readonly<Record<Standing, RegExp>> = {
  misplaced: /^LEDGER_REFUSED: the record of entry \d+ is not used: another entry's stands in its place$/u,
  damaged: /^LEDGER_UNAVAILABLE: a record of the log can't be read/u,
};

type Answers = Readonly<Record<string, string>>;

/** What the runtime answers about a decision, by question. */
async function answers(name: string, attack: Attack | null): Promise<Answers> {
  world.restore();
  attack?.act();
  const { id, digest, agent, payload, key } = world.asked[name] ?? assert.fail();
  const runtime = runtimeOn(world);
  const log_id = String(world.entries["allowed"]?.log_id);
  const vote = signVote({ log_id, action_digest: digest, authorization_id: id }, "APPROVED", { home: world.home });
  const others = Object.entries(world.asked).filter(([other]) => other !== name);
  try {
    const begun: [string, string][] = [];
    for (const [other, { digest: wrong }] of others) {
      begun.push([`begin as ${other}`, await said(() => runtime.begin(id, wrong))]);
    }
    return {
      ...Object.fromEntries(begun),
      request: await said(() => runtime.approvalRequest(id)),
      repeat: await said(async () => {
        const options = { idempotency_key: key };
        const again = await runtime.authorize(agent, "execute_shell", payload, options);
        if (again.error === undefined) return again.authorization_id === id;
        assert.equal(again.decision, "DENY");
        throw new CanopyError(again.error.code, again.error.message);
      }),
      reauthorize: await said(async () => (await runtime.reauthorize(id, { votes: [vote] })).decision),
      begin: await said(async () => (await runtime.begin(id, digest)).authorization_id),
      attest: await said(async () => typeof (await runtime.attest(id, { ok: true, result: "x" }))),
    };
  } finally {
    await runtime.close();
  }
}

const DECISIONS = ["allowed", "denied", "asked", "failed"];
const sounds = new Map<string, Answers>();

async function soundAnswers(name: string): Promise<Answers> {
  const known = sounds.get(name) ?? (await answers(name, null));
  sounds.set(name, known);
  return known;
}

test("as they were written, records are begun, approved and attested under their own entries only", async () => {
  for (const name of DECISIONS) {
    const found = Object.entries(await soundAnswers(name));
    const wrong = found.filter(([question]) => question.startsWith("begin as "));
    assert.equal(wrong.length, Object.keys(world.asked).length - 1);
    for (const [question, answer] of wrong) assert.match(answer, /^DIGEST_MISMATCH: /u, `${name}: ${question}`);
    const right = found.filter(
      ([question, answer]) => !question.startsWith("begin as ") && !/^[A-Z_]+: /u.test(answer),
    );
    const expected: Readonly<Record<string, string>> = {
      allowed: "repeat,begin,attest",
      denied: "repeat",
      asked: "request,repeat,reauthorize,begin,attest",
      failed: "repeat",
    };
    assert.equal(right.map(([question]) => question).join(), expected[name], name);
  }
});

/** These judge what the log's lines say before they look at a record. */
const MAY_REFUSE_FIRST: readonly string[] = ["request", "reauthorize"];

for (const each of ATTACKS) {
  test(`decided by: ${each.name}`, async () => {
    for (const name of DECISIONS) {
      const sound = await soundAnswers(name);
      const found = await answers(name, each);
      const standing = each.hit[name];
      if (standing === undefined) {
        assert.deepEqual(found, sound, name);
        continue;
      }
      for (const [question, answer] of Object.entries(found)) {
        const isEarlier = MAY_REFUSE_FIRST.includes(question) && /^(?:APPROVAL_REFUSED|NOT_ALLOWED)/u.test(answer);
        if (isEarlier) assert.equal(answer, sound[question], `${name}: ${question}`);
        else assert.match(answer, REFUSED[standing], `${name}: ${question}`);
      }
    }
  });

  test(`shown by: ${each.name}`, async () => {
    world.restore();
    const sound = await shown();
    each.act();
    const found = await shown();
    assert.deepEqual(Object.keys(found), Object.keys(sound));
    for (const [name, [kept, details, excerpt, replayed]] of Object.entries(found)) {
      const standing = each.hit[name];
      if (standing === undefined) {
        assert.deepEqual(found[name], sound[name], name);
        continue;
      }
      const expected = JSON.stringify({ missing: standing });
      assert.deepEqual([kept, details], [expected, JSON.stringify(standing)], name);
      assert.match(String(excerpt), standing === "misplaced" ? /another entry's/u : /is damaged/u, name);
      assert.equal(replayed, replayed === null ? null : `not_replayable ${standing}`, name);
    }
  });

  test(`named by fsck: ${each.name}`, async () => {
    world.restore();
    assert.deepEqual((await checked(world.home)).problems, []);
    each.act();
    const { problems, clean } = await checked(world.home);
    const expected = Object.entries(each.hit).map(([name, standing]) => [
      `record_${standing}`,
      world.entries[name]?.seq,
    ]);
    assert.deepEqual(
      problems.map(({ code, place }) => [code, Number(/^entry of index (\d+)/u.exec(place)?.[1]) + 1]).sort(bySeq),
      expected.sort(bySeq),
    );
    assert.equal(clean, false);
    // Without the home's key it can't be told whose the bytes are, only that they aren't those that were written.
    const keyless = await checked(`${world.home}-none`);
    const told = keyless.problems.filter(({ code }) => code.startsWith("record_"));
    assert.deepEqual([...new Set(told.map(({ code }) => code))], ["record_damaged"]);
    assert.equal(told.length, expected.length);
  });
}

const nobody: FsckOptions["trustOf"] = () => trustFrom({ vkeys: [] });

function checked(home: string): ReturnType<typeof fsckLog> {
  return fsckLog(world.log, { home, signatures: null, trustOf: nobody });
}

function bySeq(one: readonly unknown[], other: readonly unknown[]): number {
  return Number(one[1]) - Number(other[1]);
}

type Shown = readonly [kept: string, details: string, excerpt: string | null, replayed: string | null];

/** What whoever reads a log shows of each record, by name. */
async function shown(): Promise<Readonly<Record<string, Shown>>> {
  const { log, home, entries } = world;
  const replayed = new Map<string, string>();
  const run = replayLog(log, { home });
  for await (const { entry, outcome, why } of run) replayed.set(entry.entry_hash, `${outcome} ${why ?? ""}`);
  const [kept, details, excerpts] = [
    new KeptRecords(log, home),
    new EntryRecords(log, home),
    new PayloadExcerpts(log, home, []),
  ];
  const of = (entry: LedgerEntry): Shown => [
    JSON.stringify(kept.record(entry)),
    JSON.stringify(details.of(entry)),
    excerpts.of(entry),
    replayed.get(entry.entry_hash) ?? null,
  ];
  const all = Object.entries(entries).map(([name, entry]) => [name, of(entry)]);
  for (const reader of [kept, details, excerpts]) reader.close();
  return Object.fromEntries(all);
}
