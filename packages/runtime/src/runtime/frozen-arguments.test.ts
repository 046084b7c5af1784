import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CanopyError } from "../core/errors.ts";
import { freezeArguments, parameterNames, payloadOf } from "./frozen-arguments.ts";
import { approvalMode, APPROVAL_MODES } from "./approval-modes.ts";

test("frozen arguments are equal copies that nobody can change, and that follow no later change", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 4 })), (args) => {
      const before = JSON.stringify(args);
      const frozen = freezeArguments(args);
      assert.equal(JSON.stringify(frozen), before);
      assert.ok(isDeepFrozen(frozen));
    }),
  );
  const nested = { list: [1] };
  const frozen = freezeArguments([nested]);
  nested.list.push(2);
  assert.deepEqual(frozen, [{ list: [1] }]);
});

test("what could change after it was decided is refused", () => {
  const getter = {
    get command() {
      return Math.random() < 0.5 ? "ls" : "rm -rf /";
    },
  };
  const [copy] = freezeArguments([getter]);
  assert.deepEqual(Object.keys(Object.getOwnPropertyDescriptors(copy ?? {})["command"] ?? {}).includes("get"), false);
  for (const value of [
    () => 1,
    new Date(),
    new Map(),
    Symbol("s"),
    1n,
    Number.NaN,
    "\ud800",
    { a: undefined },
    new Proxy(new Date(), {}),
  ]) {
    assert.throws(
      () => freezeArguments([value]),
      (error) => error instanceof CanopyError && error.code === "INVALID_ACTION",
    );
  }
});

function named(to: string, body: string): string {
  return to + body;
}
async function* items(url: string): AsyncGenerator<string> {
  yield url;
}
const methods: Readonly<Record<string, (path: string) => unknown>> = {
  plain(path) {
    return path;
  },
  async waiting(path) {
    return path;
  },
};
const rank = (mode: string): number => APPROVAL_MODES.findIndex((known) => known === mode);

test("a toJSON, a member named __proto__ and a getter that changes its mind can't slip in anything", () => {
  const list = Object.assign(["ls"], { toJSON: () => ["rm", "-rf", "/"] });
  assert.deepEqual(freezeArguments([list]), [["ls"]]);
  const own: unknown = JSON.parse('{"__proto__":{"command":"rm -rf /"}}');
  assert.equal(JSON.stringify(freezeArguments([own])), '[{"__proto__":{"command":"rm -rf /"}}]');
  let reads = 0;
  const moody = {
    get command() {
      reads += 1;
      return reads === 1 ? "ls" : { toString: () => "rm -rf /" };
    },
  };
  assert.deepEqual(freezeArguments([moody]), [{ command: "ls" }]);
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  assert.throws(() => freezeArguments([cyclic]), CanopyError);
});

test("parameter names are read from functions whose parameters are plain names", () => {
  const cases: readonly (readonly [(...args: never[]) => unknown, readonly string[] | null])[] = [
    [(a: string, b: string) => a + b, ["a", "b"]],
    [async (command: string) => command, ["command"]],
    [(count = 3, flag = true) => [count, flag], ["count", "flag"]],
    [(path = "/tmp") => path, null],
    [(first = "p,q=", last = "") => first + last, null],
    [(list = [1, 2], last = 0) => [list, last], null],
    [named, ["to", "body"]],
    [items, ["url"]],
    [methods["plain"] ?? Math.max, ["path"]],
    [methods["waiting"] ?? Math.max, ["path"]],
    [() => 1, []],
    [({ command }: { command: string }) => command, null],
    [(...rest: string[]) => rest, null],
    [named.bind(null), null],
    [Math.max, null],
  ];
  for (const [tool, names] of cases) assert.deepEqual(parameterNames(tool), names, tool.toString());
});

test("an object argument is the payload, others get their parameter's name, and none goes unseen", () => {
  assert.deepEqual(payloadOf([{ command: "ls" }], null), { command: "ls" });
  assert.deepEqual(payloadOf(["/tmp/x", "text"], ["path", "content"]), { path: "/tmp/x", content: "text" });
  assert.deepEqual(payloadOf(["/tmp/x", undefined], ["path", "content"]), { path: "/tmp/x" });
  assert.deepEqual(payloadOf([{ command: "ls" }, undefined], null), { command: "ls" });
  assert.deepEqual(payloadOf([], null), {});
  assert.deepEqual(Object.keys(payloadOf(["x"], ["__proto__"]) ?? {}), ["__proto__"]);
  for (const [args, names] of [
    [["ls"], null],
    [["ls", "x"], ["command"]],
    [[["ls"]], null],
    [[{ a: 1 }, "x"], null],
  ] as const) {
    assert.throws(
      () => payloadOf(args, names),
      (error) => error instanceof CanopyError && error.code === "INVALID_ACTION",
    );
  }
});

test("the environment may only tighten how approvals are got", () => {
  for (const code of APPROVAL_MODES) {
    assert.equal(approvalMode(code, undefined, true), code);
    assert.equal(approvalMode(code, "", true), code);
    for (const env of APPROVAL_MODES) {
      const mode = approvalMode(code, env, true);
      assert.equal(rank(mode), Math.max(rank(code), rank(env)), `${code} with ${env}`);
      assert.ok(rank(approvalMode(code, env, false)) >= rank(mode));
    }
  }
  assert.equal(approvalMode("prompt", "callback", false), "raise");
  assert.equal(approvalMode("prompt", " RAISE ", true), "raise");
  for (const env of ["allow", "off", "0", "none"]) {
    assert.throws(
      () => approvalMode("raise", env, true),
      (error) => error instanceof CanopyError && error.code === "INVALID_CONFIG",
    );
  }
});

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

test("arguments in which one object stands in many places are refused before they are all copied", () => {
  let shared: unknown = { command: "ls" };
  for (let depth = 0; depth < 100; depth += 1) shared = { left: shared, right: shared };
  assert.throws(() => freezeArguments([shared]), { code: "INVALID_ACTION" });
});
