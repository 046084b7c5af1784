// `canopy incident … --payloads`: excerpts of the encrypted records, only when asked, and nothing hidden about it.

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "canopy-runtime";
import { canopy, inScratch, type CanopyRun } from "../testing/canopy.ts";
import { HOSTILE, isTame } from "../testing/hostile.ts";
import { unzip } from "../testing/unzip.ts";

const SECRET = ["ghp", "0123456789abcdefghijABCDEFGHIJ012345"].join("_");

interface Told {
  readonly payloads: { readonly shown: number; readonly withheld: Readonly<Record<string, number>> } | null;
  readonly rows: readonly { readonly what: string; readonly payload: string | null }[];
}

function told({ stdout }: CanopyRun): Told {
  return JSON.parse(stdout);
}

/** A log of a call that holds a secret, one that failed, and one by another agent, in one trace. */
async function secretLog(cwd: string): Promise<string> {
  const home = join(cwd, "home");
  const runtime = createRuntime({ env: {}, audit_log_path: join(cwd, "audit.log"), home });
  const call = async (agent: string, payload: object): Promise<string> => {
    const agent_ctx = { public_key: agent, trace_id: "t-1" };
    const { authorization_id, action_digest, avid } = await runtime.authorize(agent_ctx, "list_things", payload);
    if (authorization_id === null || action_digest === null) throw new Error("it was not allowed");
    await runtime.begin(authorization_id, action_digest);
    await runtime.attest(authorization_id, { ok: false, error: new Error(`no luck with ${SECRET}`) });
    return avid;
  };
  await call("agent-1", { query: "customers", header: `Bearer ${SECRET}`, deep: { password: "hunter2hunter2" } });
  const avid = await call("agent-2", { query: "orders" });
  await runtime.close();
  return avid;
}

const ASK = ["incident", "audit.log", "--trace", "t-1", "--json"];

test("excerpts are there only when asked for, without secrets, and the document says so", () =>
  inScratch(async (cwd) => {
    await secretLog(cwd);
    const plain = told(await canopy(ASK, { cwd }));
    assert.equal(plain.payloads, null);
    assert.ok(plain.rows.every(({ payload }) => payload === null));
    const run = await canopy([...ASK, "--payloads"], { cwd });
    assert.equal(run.code, 0, run.stderr);
    assert.ok(!run.stdout.includes(SECRET) && !run.stdout.includes("hunter2"));
    const { payloads, rows } = told(run);
    assert.deepEqual(payloads, { shown: 4, withheld: {} });
    assert.deepEqual(
      rows.map(({ payload }) => payload).filter((payload) => payload !== null),
      [
        '{"deep":{"password":"[redacted]"},"header":"Bearer [redacted]","query":"customers"}',
        '"Error: no luck with [redacted]"',
        '{"query":"orders"}',
        '"Error: no luck with [redacted]"',
      ],
    );
    for (const format of ["html", "md", "xlsx"]) {
      const file = join(cwd, `out.${format}`);
      const out = await canopy([...ASK, "--payloads", "--export", file], { cwd });
      assert.equal(out.code, 0, out.stderr);
      const bytes = readFileSync(file);
      const text = format === "xlsx" ? [...unzip(bytes).values()].join("") : bytes.toString();
      assert.match(text, /excerpts of 4 records/u, format);
      assert.match(text, /customers/u, format);
      assert.ok(!text.includes(SECRET) && !text.includes("hunter2"), format);
    }
  }));

test("a payload that was erased, is not there, or can't be opened is said to be so, each with its reason", () =>
  inScratch(async (cwd) => {
    const avid = await secretLog(cwd);
    const erased = await canopy(["erase", "--subject", avid, "--yes", "audit.log"], { cwd });
    assert.equal(erased.code, 0, erased.stderr);
    const some = told(await canopy([...ASK, "--payloads"], { cwd }));
    assert.equal(some.payloads?.shown, 2);
    assert.deepEqual(some.payloads.withheld, { "erased: its subject's key was destroyed": 2 });
    assert.ok(some.rows.some(({ payload }) => payload === "(erased: its subject's key was destroyed)"));
    cpSync(join(cwd, "home"), join(cwd, "other"), { recursive: true });
    rmSync(join(cwd, "other", "payload.key"));
    const keyless = told(await canopy([...ASK, "--payloads", "--home", join(cwd, "other")], { cwd }));
    assert.deepEqual(Object.keys(keyless.payloads?.withheld ?? {}), ["can't be read: this home has no payload.key"]);
    writeFileSync(join(cwd, "other", "payload.key"), Buffer.alloc(32, 7));
    const wrong = told(await canopy([...ASK, "--payloads", "--home", join(cwd, "other")], { cwd }));
    assert.match(Object.keys(wrong.payloads?.withheld ?? {})[0] ?? "", /is not the one that wrote this log/u);
    rmSync(join(cwd, "audit.log.d", "payloads"), { recursive: true });
    const gone = await canopy(["incident", "audit.log", "--trace", "t-1", "--payloads"], { cwd });
    assert.match(gone.stdout, /payloads +no excerpt/u);
    assert.match(gone.stdout, /\((?:expired, or not copied|erased)/u);
  }));

test("hostile text in a payload is inert in every export, and passes for nothing else", () =>
  inScratch(async (cwd) => {
    const runtime = createRuntime({ env: {}, audit_log_path: join(cwd, "audit.log"), home: join(cwd, "home") });
    const agent_ctx = { public_key: "agent-1", trace_id: "t-1" };
    const texts = HOSTILE.map(({ value }) => value).filter((value) => !/\p{Surrogate}/u.test(value));
    for (const text of texts) await runtime.authorize(agent_ctx, "list_things", { text });
    await runtime.authorize(agent_ctx, "list_things", { text: "(erased: its subject's key was destroyed)" });
    await runtime.close();
    const terminal = await canopy(["incident", "audit.log", "--trace", "t-1", "--payloads"], { cwd });
    assert.equal(terminal.code, 0, terminal.stderr);
    assert.ok(isTame(terminal.stdout));
    for (const format of ["html", "md"]) {
      const file = join(cwd, `out.${format}`);
      const out = await canopy([...ASK, "--payloads", "--export", file], { cwd });
      assert.deepEqual(told(out).payloads?.withheld, {});
      const text = readFileSync(file, "utf8");
      const markup = format === "md" ? /(?<!\\)[<[](?:script|img|a\]|svg)/u : /<(?:script|img|iframe|a )/u;
      assert.doesNotMatch(text, markup, format);
      assert.doesNotMatch(text.replaceAll("\n", ""), /\p{C}/u, format);
    }
  }));
