// Results that are attested when they have ended: values at once; generators, iterators and streams when the last item
// was taken, when they throw, or when their consumer stops.

import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { Outcome } from "./attest.ts";
import { CanopyError } from "../core/errors.ts";
import type { ResultHash } from "./result-hash.ts";

/** What attesting needs of the runtime. */
export interface Attestor {
  attest(authorization_id: string, outcome: Outcome): Promise<unknown>;
  openResultHash(authorization_id: string): Promise<ResultHash>;
}

/** A source of items: what generators and streams have in common. */
interface Source {
  next(sent?: unknown): unknown;
  return?(value?: unknown): unknown;
  throw?(error: unknown): unknown;
}

/** Run a tool that was begun, and attest how it ended. Throws what the tool throws. */
export async function runAttested(id: string, attestor: Attestor, run: () => unknown): Promise<unknown> {
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    await attestError(id, attestor, error);
    throw error;
  }
  return attestResult(id, attestor, result);
}

/** Attest a result, or give back a form of it that is attested when it ends. */
export async function attestResult(id: string, attestor: Attestor, result: unknown): Promise<unknown> {
  const shape = shapeOf(result);
  if (shape instanceof Readable) {
    const items = attestedItems(id, attestor, shape[Symbol.asyncIterator](), await attestor.openResultHash(id));
    // Without `throw`: a consumer that destroys the stream stops it, which is no error of the tool.
    const stoppable = {
      next: async () => items.next(),
      return: async () => items.return(undefined),
      [Symbol.asyncIterator]: () => stoppable,
    };
    return Readable.from(stoppable, { objectMode: shape.readableObjectMode });
  }
  if (shape instanceof ReadableStream) return attestedStream(id, attestor, shape);
  if (shape !== null) return attestedItems(id, attestor, shape, await attestor.openResultHash(id));
  await attestor.attest(id, { ok: true, result });
  return result;
}

async function attestError(id: string, attestor: Attestor, error: unknown): Promise<void> {
  try {
    await attestor.attest(id, { ok: false, error });
  } catch (cause) {
    const both = new AggregateError([error, cause], "the tool failed, and so did the record of it");
    throw new CanopyError("LEDGER_UNAVAILABLE", "the tool ran and failed, but that could not be recorded", {
      cause: both,
    });
  }
}

// The tool has run: a result that throws when it is looked at (a getter, a revoked proxy) is attested as a value.
function shapeOf(result: unknown): Readable | ReadableStream | Source | null {
  try {
    if (result instanceof Readable || result instanceof ReadableStream) return result;
    return sourceOf(result);
  } catch {
    return null;
  }
}

// Plain iterables (lists, texts, maps) are values; what hands out items one at a time is a source.
function sourceOf(result: unknown): Source | null {
  if (typeof result !== "object" || result === null) return null;
  const open: unknown = Reflect.get(result, Symbol.asyncIterator);
  if (typeof open === "function") {
    const made: unknown = Reflect.apply(open, result, []);
    return isSource(made) ? made : null;
  }
  return Symbol.iterator in result && isSource(result) ? result : null;
}

function isSource(value: unknown): value is Source {
  return typeof value === "object" && value !== null && "next" in value && typeof value.next === "function";
}

/** The items of a source as an async generator that attests the source's end, once. Calls are served in order. */
export function attestedItems(
  id: string,
  attestor: Attestor,
  source: Source,
  hash: ResultHash,
): AsyncGenerator<unknown, unknown, unknown> {
  let ended = false;
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    const turn = last.then(work, work);
    last = turn.catch(() => null);
    return turn;
  };
  const end = async (outcome: Outcome): Promise<void> => {
    if (ended) return;
    ended = true;
    await attestor.attest(id, outcome);
  };
  const step = async (advance: () => unknown): Promise<IteratorResult<unknown, unknown>> => {
    let given: { readonly done: boolean; readonly value: unknown };
    try {
      given = await itemOf(advance());
    } catch (error) {
      await end({ stream: hash, ended: "error", error });
      throw error;
    }
    if (!ended) hash.add(given.value);
    if (given.done) await end({ stream: hash, ended: "ok" });
    return given.done ? { done: true, value: given.value } : { done: false, value: given.value };
  };
  const stop = async (value: unknown): Promise<IteratorResult<unknown, unknown>> => {
    if (!ended) await source.return?.(value);
    await end({ stream: hash, ended: "cancelled" });
    return { done: true, value };
  };
  return {
    next: async (sent) => inOrder(async () => (ended ? finished() : step(() => source.next(sent)))),
    return: async (value) => inOrder(async () => stop(await value)),
    throw: async (error) =>
      inOrder(async () =>
        step(() => {
          if (ended || source.throw === undefined) throw error;
          return source.throw(error);
        }),
      ),
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}

function finished(): IteratorResult<unknown, unknown> {
  return { done: true, value: undefined };
}

async function itemOf(given: unknown): Promise<{ readonly done: boolean; readonly value: unknown }> {
  const step: unknown = await given;
  if (typeof step !== "object" || step === null) throw new TypeError("an iterator must give {done, value}");
  const value: unknown = "value" in step ? await step.value : undefined;
  return { done: "done" in step && Boolean(step.done), value };
}

async function attestedStream(id: string, attestor: Attestor, stream: ReadableStream): Promise<ReadableStream> {
  const hash = await attestor.openResultHash(id);
  const reader = stream.getReader();
  const source: Source = {
    next: async () => reader.read(),
    return: async (reason) => reader.cancel(reason),
  };
  const items = attestedItems(id, attestor, source, hash);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await items.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason: unknown) {
        await items.return(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
