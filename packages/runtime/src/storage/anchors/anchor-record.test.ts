// What anchors say and leave behind, in each state that their place may be in, when calls of the system fail, and when
// whoever answers breaks the rules.

import fsp from "node:fs/promises";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { CanopyError, errorText } from "../../core/errors.ts";
import { damagedJson } from "../../ledger/damaged.fixture.test.ts";
import { parseTrustPolicy } from "../../ledger/tlog/trust-policy.ts";
import { realFileSystem } from "../file-system.ts";
import { logPathsOf } from "../sidecar.ts";
import { openStories, outcome, type Say } from "../story-record.fixture.test.ts";
import { acceptedEntry, conflictEntry, conflictError, type AnchorConflict } from "./anchor-conflict.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import { AnchorMemory, type AnchorRecord } from "./anchor-memory.ts";
import { AnchorTarget, judgeNote } from "./anchor-target.ts";
import { someNote } from "./anchor-suite.fixture.test.ts";
import { checkAnchors } from "./check-anchors.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { cosignedConflict, cosignedNote } from "./cosigned-note.ts";
import { FolderAnchor, keptSizes } from "./folder-anchor.ts";
import { GrowingLog, testKey, TOOLS } from "./growing-log.fixture.test.ts";
import { notesInFolder, notesInText } from "./kept-notes.ts";
import { checkpointsFolder, rememberedCheckpoints } from "./remembered-checkpoints.ts";
import { LogWitness } from "./log-witness.ts";
import { syslogMessage } from "./syslog-message.ts";
import { startWitness } from "./witness-server.fixture.test.ts";
import { WitnessTarget } from "./witness-target.ts";

const { story, finish } = openStories(new URL("../../../../../vectors/record/anchors.txt", import.meta.url), (line) =>
  line
    .replaceAll(/\/[\w/.-]*canopy-told-\w+/gu, "~")
    .replaceAll(/127\.0\.0\.1:\d+/gu, "127.0.0.1:#")
    .replaceAll(/abandoned-[0-9a-f]+|\.?draft-[0-9a-f]+/gu, (name) => name.replace(/[0-9a-f]+$/u, "#"))
    .replaceAll(/[0-9a-f]{32,}/gu, "#")
    .replaceAll(/\+[0-9a-f]{8}\b/gu, "+#")
    .replaceAll(/20\d\d-\d\d-[\dT:.]+Z/gu, "now")
    .replaceAll(/[\w+/]{40,}={0,2}/gu, "#"),
);
const ORIGIN = "canopy/test";

function scratch(t: TestContext): string {
  const made = mkdtempSync(join(realpathSync(tmpdir()), "canopy-told-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function sized(note: unknown): unknown {
  return typeof note === "string" ? `${note.split("\n")[1]} of ${note.split("\n")[0]}` : note;
}

function list(say: Say, path: string): void {
  const paths = readdirSync(path, { recursive: true, encoding: "utf8" });
  say("there", paths.map((each) => each.replace(/^[0-9a-f]{32}/u, "part")).sort());
}

/** Make calls of node:fs/promises fail, by name, until the test is over. */
function failing(
  t: TestContext,
  faults: Readonly<Partial<Record<"link" | "rm" | "rename" | "mkdir" | "readdir" | "writeFile", string>>>,
): void {
  const real = { ...fsp };
  for (const [name, code] of Object.entries(faults)) {
    Object.assign(fsp, {
      [name]: () => Promise.reject(Object.assign(new Error(`${code}: injected`), { code })),
    });
  }
  syncBuiltinESMExports();
  t.after(() => {
    Object.assign(fsp, real);
    syncBuiltinESMExports();
  });
}

/** States of a folder anchor's part, `inside`, below the folder `path`. */
const STATES: readonly (readonly [string, (path: string, inside: string) => void])[] = [
  ["empty", () => undefined],
  ["missing", (path) => rmSync(path, { recursive: true })],
  ["a file", (path) => (rmSync(path, { recursive: true }), writeFileSync(path, "x"))],
  ["its part a file", (_path, inside) => writeFileSync(inside, "x")],
  ["with 7", (_path, inside) => put(inside, [7])],
  ["with 7 and 9", (_path, inside) => put(inside, [7, 9])],
  ["with 7 and another 8", (_path, inside) => (put(inside, [7]), writeFileSync(at(inside, 8), someNote(8, "other")))],
  ["with 7 and half an 8", (_path, inside) => (put(inside, [7]), writeFileSync(at(inside, 8), "canopy/test\n"))],
  ["with 8 in the place of 7", (_path, inside) => (put(inside, [6]), writeFileSync(at(inside, 7), someNote(8)))],
  [
    "with an 8 of another log",
    (_path, inside) => (put(inside, [7]), writeFileSync(at(inside, 8), someNote(8, "a", "x"))),
  ],
  ["with a link for 8", (_path, inside) => (put(inside, [7]), symlinkSync(at(inside, 7), at(inside, 8)))],
  ["with a folder for 8", (_path, inside) => (put(inside, [7]), mkdirSync(at(inside, 8)))],
  [
    "with an endless 9",
    (_path, inside) => (put(inside, [7]), writeFileSync(at(inside, 9), `${someNote(9)}${"x".repeat(70_000)}`)),
  ],
  [
    "with strange names",
    (_path, inside) => (
      put(inside, [7]),
      ["9.note", "x", "0000000000000009.notes"].forEach((name) => writeFileSync(join(inside, name), someNote(9)))
    ),
  ],
];

function at(inside: string, size: number): string {
  return join(inside, `${String(size).padStart(16, "0")}.note`);
}

function put(inside: string, sizes: readonly number[]): void {
  mkdirSync(inside, { recursive: true });
  for (const size of sizes) writeFileSync(at(inside, size), someNote(size));
}

const PART = "6dd5c0f7b4c9a3aa";

for (const [state, make] of STATES) {
  story(`a folder ${state}`, async (say, t) => {
    const path = join(scratch(t), "anchor");
    const anchor = new FolderAnchor(path);
    // Whatever it is called, its part of the folder is where the first checkpoint goes.
    mkdirSync(path);
    await anchor.publish(someNote(1));
    const inside = join(path, readdirSync(path)[0] ?? PART);
    const reset = (): void => {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
      make(path, inside);
    };
    const acts: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["newest", () => anchor.newest(ORIGIN)],
      ["all", async () => (await anchor.all(ORIGIN)).map(sized)],
      ["in the folder", async () => (await notesInFolder(path)).map(sized)],
      ["publish 8", () => anchor.publish(someNote(8))],
      ["publish 7", () => anchor.publish(someNote(7))],
      ["publish another 7", () => anchor.publish(someNote(7, "other"))],
      ["replace nothing by 3", () => anchor.replace(null, someNote(3))],
      ["replace 7 by 3", () => anchor.replace(someNote(7), someNote(3))],
      ["publish nonsense", () => anchor.publish("nonsense")],
    ];
    for (const [name, act] of acts) {
      reset();
      say(name, sized(await outcome(act)));
      if (/^(?:publish|replace)/u.test(name) && state !== "missing" && state !== "a file") list(say, path);
    }
  });
}

for (const [call, code] of [
  ["link", "EPERM"],
  ["link", "EIO"],
  ["link", "EXDEV"],
  ["rm", "EACCES"],
  ["rename", "EIO"],
  ["mkdir", "EACCES"],
  ["readdir", "EACCES"],
] as const) {
  story(`a folder on a disk where ${call} says ${code}`, async (say, t) => {
    const path = scratch(t);
    const anchor = new FolderAnchor(path, { name: "elsewhere" });
    for (const size of [1, 2, 40]) await anchor.publish(someNote(size));
    const inside = join(path, readdirSync(path)[0] ?? "");
    writeFileSync(at(inside, 41), "half");
    failing(t, { [call]: code });
    say("publish 41", sized(await outcome(() => anchor.publish(someNote(41)))));
    say("publish 42", sized(await outcome(() => anchor.publish(someNote(42)))));
    say("publish another 42", sized(await outcome(() => anchor.publish(someNote(42, "other")))));
    for (let size = 43; size < 60; size += 1) await outcome(() => anchor.publish(someNote(size)));
    say("replace", sized(await outcome(() => anchor.replace(someNote(59), someNote(5)))));
    say("newest", sized(await outcome(() => anchor.newest(ORIGIN))));
    list(say, path);
  });
}

story("which sizes are kept", (say) => {
  for (const sizes of [
    [],
    [1],
    [1, 2, 3],
    Array.from({ length: 40 }, (_, n) => n + 1),
    Array.from({ length: 60 }, (_, n) => 17 * n + 5),
    [1, 9, 10, 11, 12, 13, 14, 15, 16, 4096, 9999],
  ])
    say(
      `of ${sizes.length} up to ${sizes.at(-1)}`,
      [...keptSizes(sizes)].sort((one, other) => one - other),
    );
});

story("a folder that is made", async (say, t) => {
  const path = scratch(t);
  const made = new FolderAnchor(join(path, "a", "b"), { create: true });
  say("newest", await outcome(() => made.newest(ORIGIN)));
  say("publish", await outcome(() => made.publish(someNote(3))));
  list(say, path);
  say("name", [made.name, made.kind, made.isReadable]);
});

story("notes in texts", (say) => {
  const sender = { timeMs: 0, host: "h", pid: 1 };
  const line = (note: string): string => syslogMessage(note, sender);
  const many = Array.from({ length: 40 }, (_, n) => line(someNote(n + 1)));
  const texts: Record<string, string> = {
    nothing: "",
    nonsense: "a\nb\n",
    one: someNote(7),
    lines: [line(someNote(7)), "x", line(someNote(9)), line(someNote(7))].join("\n"),
    forks: [line(someNote(7)), line(someNote(7, "other")), line(someNote(8))].join("\n"),
    logs: [line(someNote(7)), line(someNote(5, "a", "canopy/other"))].join("\n"),
    many: many.toReversed().join("\n"),
    "many and a fork": [...many, line(someNote(3, "other"))].join("\n"),
    damaged: line(someNote(7)).replace("canopy/test", "canopy\\u00"),
    empty: line("no note"),
  };
  for (const [name, text] of Object.entries(texts)) say(name, notesInText(text).map(sized));
});

story("errors on one line", (say) => {
  const errors: readonly unknown[] = [
    new Error("a\n b"),
    new Error("x".repeat(400)),
    Object.assign(new Error(""), { code: "ECODE" }),
    new TypeError(""),
    "text\tmore",
    null,
    { a: 1 },
  ];
  for (const error of errors) say("text", errorText(error));
  say("unavailable", anchorUnavailable("x", "is gone"));
  say("its cause", anchorUnavailable("x", "is gone", errors[4]).cause ?? null);
});

const RECORD: AnchorRecord = {
  anchor: "elsewhere",
  size: 9,
  published_at: "1999-01-01T00:00:00.000Z",
  failing_since: "1999-01-02T00:00:00.000Z",
  error: "gone",
  recorded: true,
};

story("what a home remembers of an anchor", async (say, t) => {
  const home = scratch(t);
  const memory = new AnchorMemory(home, "ab");
  say("nothing", await memory.read("elsewhere"));
  await memory.write(RECORD);
  say("all", await memory.read("elsewhere"));
  say("of another", await memory.read("other"));
  const folder = join(checkpointsFolder(home, "ab"), "anchors");
  list(say, folder);
  const [name = ""] = readdirSync(folder);
  for (const made of damagedJson({ ...RECORD }, 90)) {
    writeFileSync(join(folder, name), JSON.stringify(made));
    say("damaged", await memory.read("elsewhere"));
  }
  writeFileSync(join(folder, name), `${JSON.stringify(RECORD)}${" ".repeat(70_000)}`);
  say("too long", await memory.read("elsewhere"));
  failing(t, { rename: "EIO" });
  await memory.write({ ...RECORD, size: 10 });
  say("not written", await memory.read("elsewhere"));
  list(say, folder);
});

story("checkpoints that a home remembers", (say, t) => {
  const home = scratch(t);
  for (const id of ["ab", "0123456789abcdef".repeat(4), "AB", "a".repeat(65), "", "../x", "ab\n"]) {
    say(JSON.stringify(id), checkpointsFolder("", id) === `checkpoints/${id}`);
  }
  const known = (): void =>
    say(
      "known",
      rememberedCheckpoints(realFileSystem, home, "ab").map(({ name, size }) => [name, size]),
    );
  known();
  const folder = checkpointsFolder(home, "ab");
  for (const part of ["1".repeat(32), "0".repeat(32), "x", "1".repeat(33)]) put(join(folder, part), [2, part.length]);
  known();
  const own = join(folder, "1".repeat(32));
  put(
    own,
    Array.from({ length: 20 }, (_, n) => n + 40),
  );
  known();
  writeFileSync(at(own, 59), "nonsense");
  writeFileSync(at(own, 58), `${someNote(58)}${"x".repeat(70_000)}`);
  for (const name of ["60.note", "0000000000000061.notes", "x0000000000000062.note"])
    writeFileSync(join(own, name), someNote(60));
  known();
});

const KEY = testKey(ORIGIN);
const CONFLICTS: readonly AnchorConflict[] = (["rolled_back", "forked", "set_back", "refused"] as const).flatMap(
  (standing) => [
    { anchor: "x", standing, anchor_size: 9, anchor_root: null, log_size: 7, log_root: null, kept_size: 0 },
    { anchor: "x", standing, anchor_size: 9, anchor_root: null, log_size: 7, log_root: null, kept_size: 3 },
  ],
);

story("conflicts in words and entries", (say) => {
  for (const conflict of CONFLICTS) {
    say(conflict.standing, conflictError("audit.log", conflict));
    say("entry", conflictEntry(conflict, 0));
    say("accepted", acceptedEntry(conflict, { accepted_reason: "because", proofs_bytes: 5 }, 0));
  }
});

/** An anchor that answers as it is told. */
function anchorThat(name: string, kind: CheckpointAnchor["kind"], answer: () => string | null): CheckpointAnchor {
  return {
    name,
    kind,
    isReadable: kind !== "syslog",
    newest: async () => answer(),
    publish: async () => answer(),
    replace: async () => undefined,
    close: () => undefined,
  };
}

story("opening, by what each anchor answers", async (say, t) => {
  const log = new GrowingLog(KEY).grow(20);
  const answers: Record<string, () => string | null> = {
    nothing: () => null,
    older: () => log.note(9),
    same: () => log.note(),
    newer: () => new GrowingLog(KEY).grow(30).note(),
    fork: () => log.forked(4, 16).note(),
    stranger: () => new GrowingLog(testKey(ORIGIN)).grow(9).note(),
    nonsense: () => "nonsense",
    gone: () => {
      throw anchorUnavailable("x", "is gone");
    },
  };
  const asked = async (
    anchors: readonly CheckpointAnchor[],
    more: {
      readonly required?: number;
      readonly known?: Partial<AnchorRecord>;
      readonly accepted?: readonly string[];
    } = {},
  ): Promise<unknown> => {
    const memory = new AnchorMemory(scratch(t), "ab");
    for (const { name } of anchors) {
      if (more.known !== undefined) await memory.write({ ...RECORD, recorded: false, ...more.known, anchor: name });
    }
    const accepted = more.accepted === undefined ? null : { anchors: more.accepted, reason: "because" };
    return outcome(async () => {
      const { entries, replace } = await checkAnchors({
        path: "audit.log",
        origin: ORIGIN,
        log,
        anchors,
        memory,
        required: more.required ?? 0,
        accepted,
        own: null,
        proofsBytes: 5,
        nowMs: 0,
        cosigned: null,
      });
      const kept = [...replace].map(([name, { kept: note }]) => [name, sized(note)]);
      return { entries, kept, known: await Promise.all(anchors.map(({ name }) => memory.read(name))) };
    });
  };
  for (const [name, answer] of Object.entries(answers)) {
    for (const kind of ["folder", "http"] as const) {
      const anchor = anchorThat("a", kind, answer);
      say(`${name}, ${kind}`, await asked([anchor]));
      say(`${name}, ${kind}, required`, await asked([anchor], { required: 1 }));
      say(`${name}, ${kind}, accepted`, await asked([anchor], { accepted: ["b", "a"] }));
      say(`${name}, ${kind}, another accepted`, await asked([anchor], { accepted: ["b"] }));
      say(`${name}, ${kind}, had 9`, await asked([anchor], { known: { size: 9 } }));
      say(`${name}, ${kind}, had 10 and an outage`, await asked([anchor], { known: { size: 10, recorded: true } }));
    }
  }
  const two = [anchorThat("a", "http", answers["gone"] ?? String), anchorThat("b", "http", answers["same"] ?? String)];
  for (const required of [0, 1, 2, 3]) say(`one of two, ${required} required`, await asked(two, { required }));
  say("syslog alone", await asked([anchorThat("s", "syslog", () => "x")], { required: 1 }));
});

story("a note that an anchor keeps, judged, and what comes of it when one is published", async (say) => {
  const log = new GrowingLog(KEY).grow(20);
  const notes = [log.note(1), log.note(), log.forked(4, 16).note(), log.forked(4, 30).note(), "nonsense"];
  for (const note of notes) {
    say(
      "judged",
      await outcome(() => judgeNote("a", note, log.openNote, log.tree())).then((found) =>
        found instanceof Error ? found : JSON.parse(JSON.stringify(found)).conflict,
      ),
    );
    const conflicts: unknown[] = [];
    const target = new AnchorTarget(
      anchorThat("a", "http", () => note),
      log,
      async (one) => void conflicts.push(one.standing),
    );
    say("published", [await outcome(() => target.publish(log.note())), conflicts]);
  }
});

story("a kept note that log witnesses cosigned, when the log is opened", async (say, t) => {
  const folder = scratch(t);
  const log = new GrowingLog(KEY).grow(20);
  const path = join(folder, "audit.log");
  writeFileSync(path, "x\n");
  for (const note of [null, log.note(3), log.forked(4, 16).note(), log.forked(4, 30).note(), "nonsense"]) {
    say("conflict", await outcome(() => cosignedConflict(note, log, path)));
  }
  const tlog = join(folder, "tlog");
  const read = async (): Promise<void> =>
    say("kept", sized(await outcome(() => cosignedNote(realFileSystem, { ...logPathsOf(path), tlog }))));
  await read();
  mkdirSync(tlog);
  writeFileSync(join(tlog, "cosigned"), log.note(3));
  await read();
  writeFileSync(join(tlog, "cosigned"), `${log.note(3)}${" ".repeat(1_048_576)}`);
  await read();
});

story("log witnesses of many kinds, and what is kept and remembered", async (say, t) => {
  const home = scratch(t);
  const log = new GrowingLog(KEY).grow(5);
  const [one, two] = [await startWitness(t, "one", [KEY.verifier]), await startWitness(t, "two", [KEY.verifier])];
  const folder = join(home, "tlog");
  const memory = new AnchorMemory(home, "ab");
  const conflicts: unknown[] = [];
  let now = Date.now();
  const open = (quorum: string): WitnessTarget => {
    const lines = [one, two].map(({ vkey, url }, n) => `witness w${n} ${vkey} ${url}`).join("\n");
    const target = new WitnessTarget({
      policy: parseTrustPolicy(`${lines}\ngroup g ${quorum} w0 w1\nquorum g\n`, TOOLS.sha256),
      log,
      tools: TOOLS,
      memory,
      folder,
      onConflict: async (conflict) => void conflicts.push(conflict),
      now: () => now,
      timeoutMs: 30_000,
    });
    t.after(() => target.close());
    return target;
  };
  const tell = async (what: string, target: WitnessTarget, note: string): Promise<void> => {
    say(what, await outcome(() => target.publish(note)));
    list(say, home);
    const kept = join(folder, "cosigned");
    say("kept", sized(realFileSystem.statusAt(kept) === null ? null : readFileSync(kept, "utf8")));
    for (const name of ["w0", "w1"]) say(name, await memory.read(name));
    say("conflicts", conflicts.splice(0));
    now += 1000;
  };
  const both = open("all");
  await tell("both", both, log.note());
  await tell("grown", both, log.grow(4).note());
  await tell("older", both, log.note(7));
  two.next({ status: 500 });
  await tell("one of them fails", both, log.grow(1).note());
  two.next({ status: 500 });
  await tell("any would do", open("any"), log.grow(1).note());
  const other = log.forked(3, 40);
  const shown = new LogWitness({ name: "w1", key: two.key.verifier, url: two.url }, new URL(two.url), TOOLS);
  t.after(() => shown.close());
  two.next({ status: 409, body: "99\n", type: "text/x.tlog.size; charset=utf-8" });
  await tell("one of them knows another history", both, log.grow(1).note());
  two.next({ status: 409, body: "99\n", type: "text/x.tlog.size" });
  await tell("and could be done without", open("any"), log.grow(1).note());
  say("asked itself", await outcome(() => shown.submit(other.note(), other.tree())));
  now += 4_000_000;
  await tell("an hour later", open("any"), log.grow(1).note());
  writeFileSync(join(folder, "cosigned"), new GrowingLog(KEY).grow(500).note());
  await tell("after a rollback", open("any"), log.grow(1).note());
  await tell("nonsense", both, "nonsense");
  say(
    "http elsewhere",
    await outcome(
      () =>
        new WitnessTarget({
          policy: parseTrustPolicy(`witness w0 ${one.vkey} http://example.com/x\nquorum w0\n`, TOOLS.sha256),
          log,
          tools: TOOLS,
          memory,
          folder,
          onConflict: async () => undefined,
          now: () => now,
        }),
    ),
  );
  failing(t, { rename: "EIO" });
  await tell("a disk that fails", open("any"), log.grow(1).note());
});

story("a log witness that breaks the rules, in its own words", async (say, t) => {
  const log = new GrowingLog(KEY).grow(9);
  const running = await startWitness(t, "w.example", [KEY.verifier]);
  const replies = [
    { status: 409, body: "7\n" },
    { status: 409, body: "7", type: "text/x.tlog.size" },
    { status: 409, body: "7\n\n", type: "text/x.tlog.size" },
    { status: 409, body: "0\n", type: "text/x.tlog.size" },
    { status: 409, body: "9\n", type: " text/x.tlog.size ;x" },
    { status: 409, body: "10\n", type: "text/x.tlog.size" },
    { status: 422 },
    { status: 200, body: "" },
    { status: 200, body: "— w.example AAAA\n" },
    { status: 200, body: log.note().split("\n\n")[1] ?? "" },
    { status: 201 },
    { status: 403 },
    { status: 404 },
  ];
  for (const reply of replies) {
    const witness = new LogWitness(
      { name: "w", key: running.key.verifier, url: running.url },
      new URL(`${running.url}//`),
      TOOLS,
    );
    t.after(() => witness.close());
    running.next(reply);
    const told = await outcome(() => witness.submit(log.note(), log.tree()));
    const short = told instanceof CanopyError ? told : JSON.parse(JSON.stringify(told)).outcome;
    say(JSON.stringify(reply), short);
    say(
      "again",
      await outcome(() => witness.submit(log.note(), log.tree())).then((again) =>
        again instanceof Error ? again : JSON.parse(JSON.stringify(again)).outcome,
      ),
    );
  }
  say("answered", running.answered);
});

story("a folder that can be listed and not read", async (say, t) => {
  const path = scratch(t);
  put(join(path, "0".repeat(32)), [3]);
  mkdirSync(join(path, "not a part"));
  linkSync(at(join(path, "0".repeat(32)), 3), join(path, "0000000000000003.note"));
  chmodSync(path, 0o700);
  say("notes", (await notesInFolder(path)).map(sized));
  say("gone", await outcome(() => notesInFolder(join(path, "gone"))));
  failing(t, { readdir: "EIO" });
  say("failing", await outcome(() => notesInFolder(path)));
});

finish();
