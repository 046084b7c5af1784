import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { test } from "node:test";
import type { Outcome } from "./attest.ts";
import { attestResult, runAttested, type Attestor } from "./attested-result.ts";
import { createResultHash } from "./result-hash.ts";

const ID = "1".repeat(64);

/** Keeps what was attested, as a ledger would: the first outcome of an authorization stands. */
function recorder(): Attestor & { readonly outcomes: string[] } {
  const outcomes: string[] = [];
  return {
    outcomes,
    async attest(_id: string, outcome: Outcome) {
      const ended = "stream" in outcome ? `stream ${outcome.ended}` : outcome.ok ? "ok" : "error";
      assert.equal(outcomes.length, 0, "attested twice");
      outcomes.push(ended);
    },
    openResultHash: async () => createResultHash("00"),
  };
}

function isGenerator(value: unknown): value is AsyncGenerator<unknown, unknown, unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function iterable(value: unknown): AsyncGenerator<unknown, unknown, unknown> {
  assert.ok(isGenerator(value));
  return value;
}

async function collect(items: unknown): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of iterable(items)) all.push(item);
  return all;
}

async function* counting(): AsyncGenerator<number, string> {
  yield 1;
  yield 2;
  return "end";
}

function* countingSync(): Generator<number, string> {
  yield 1;
  yield 2;
  return "end";
}

async function* failing(): AsyncGenerator<number> {
  yield 1;
  throw new RangeError("broken");
}

async function* echo(): AsyncGenerator<unknown, string, unknown> {
  const first = yield "ready";
  const second = yield first;
  return `${String(second)} end`;
}

test("values are attested at once and come back as they are", async () => {
  const values: readonly unknown[] = [1, "text", [1, 2], new Map([[1, 2]]), null, undefined, { next: 1 }];
  for (const value of values) {
    const attestor = recorder();
    assert.equal(await runAttested(ID, attestor, () => value), value);
    assert.deepEqual(attestor.outcomes, ["ok"]);
  }
});

test("an error is attested and thrown on", async () => {
  const attestor = recorder();
  const error = new RangeError("broken");
  await assert.rejects(
    runAttested(ID, attestor, () => {
      throw error;
    }),
    (thrown) => thrown === error,
  );
  assert.deepEqual(attestor.outcomes, ["error"]);
});

test("an error that can't be recorded is not passed off as recorded", async () => {
  const attestor: Attestor = {
    attest: async () => {
      throw new Error("disk full");
    },
    openResultHash: async () => createResultHash("00"),
  };
  await assert.rejects(
    runAttested(ID, attestor, () => {
      throw new Error("tool");
    }),
    { code: "LEDGER_UNAVAILABLE" },
  );
  await assert.rejects(
    runAttested(ID, attestor, () => "done"),
    /disk full/,
  );
});

for (const [name, make] of [
  ["an async generator", counting],
  ["a generator", countingSync],
  ["a Node stream", () => Readable.from([1, 2])],
  ["a web stream", () => ReadableStream.from([1, 2])],
  ["an async iterable", () => ({ [Symbol.asyncIterator]: counting })],
] as const) {
  test(`${name} is attested when it has ended, not before`, async () => {
    const attestor = recorder();
    const items = await attestResult(ID, attestor, make());
    assert.deepEqual(attestor.outcomes, []);
    assert.deepEqual(await collect(items), [1, 2]);
    assert.deepEqual(attestor.outcomes, ["stream ok"]);
  });

  test(`${name} whose consumer stops is attested as cancelled`, async () => {
    const attestor = recorder();
    const items = await attestResult(ID, attestor, make());
    for await (const item of iterable(items)) {
      assert.equal(item, 1);
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(attestor.outcomes, ["stream cancelled"]);
  });
}

test("a generator, a Node stream and a web stream that fail are attested as errors, and fail on", async () => {
  for (const make of [failing, () => Readable.from(failing()), () => ReadableStream.from(failing())]) {
    const attestor = recorder();
    const items = await attestResult(ID, attestor, make());
    await assert.rejects(collect(items), /broken/);
    assert.deepEqual(attestor.outcomes, ["stream error"]);
  }
});

test("a generator that is given up before its first item is closed and attested as cancelled", async () => {
  const attestor = recorder();
  let closed = false;
  const source = {
    next: async () => ({ done: false, value: 1 }),
    return: async () => {
      closed = true;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const items = await attestResult(ID, attestor, source);
  assert.ok(typeof items === "object" && items !== null && "return" in items && typeof items.return === "function");
  await items.return();
  assert.ok(closed);
  assert.deepEqual(attestor.outcomes, ["stream cancelled"]);
});

test("values that are sent in reach the generator, its return value comes out, and calls are served in order", async () => {
  const items = await attestResult(ID, recorder(), echo());
  const generator = iterable(items);
  const steps = await Promise.all([generator.next(), generator.next("a"), generator.next("b"), generator.next()]);
  assert.deepEqual(
    steps.map(({ value }) => value),
    ["ready", "a", "b end", undefined],
  );
});

test("a Node stream that is destroyed is attested once", async () => {
  const attestor = recorder();
  const items = await attestResult(ID, attestor, Readable.from(counting()));
  assert.ok(items instanceof Readable);
  items.once("data", () => items.destroy());
  await new Promise((resolve) => items.once("close", resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(attestor.outcomes, ["stream cancelled"]);
});

test("bytes stay bytes through a Node stream", async () => {
  const source = Readable.from(Buffer.from("abc"), { objectMode: false });
  const items = await attestResult(ID, recorder(), source);
  assert.ok(items instanceof Readable && !items.readableObjectMode);
  assert.equal((await collect(items)).map(String).join(""), "abc");
});

function hostile(): never {
  throw new Error("looked at");
}

test("a result that throws when it is looked at is attested all the same, and handed over", async () => {
  const proxy = new Proxy({}, { getPrototypeOf: hostile, ownKeys: hostile });
  const getter = {
    get [Symbol.asyncIterator](): unknown {
      return hostile();
    },
  };
  for (const result of [proxy, getter]) {
    const attestor = recorder();
    assert.equal(await attestResult(ID, attestor, result), result);
    assert.deepEqual(attestor.outcomes, ["ok"]);
    const hash = createResultHash("00");
    hash.add(result);
    assert.match(hash.digest("value"), /^[0-9a-f]{64}$/);
  }
});
