// What a governed tool gives back, as far as its obligations let it through: at most so many bytes (`limit_output`), and
// without the values that a policy wants kept back (`redact`). The tool has run and its own result is attested; this is
// about what is handed to the caller.

import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { Obligation } from "../core/decision.ts";
import { CanopyError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { redactText, redactValue, redactionOf, type Redaction } from "./redact.ts";

/** What of a result is let through. */
export interface OutputRule {
  /** Bytes; null: any number. */
  readonly most: number | null;
  readonly redaction: Redaction | null;
}

/** The rule that obligations come to; null when they let everything through. */
export function outputRule(obligations: readonly Obligation[], payload: JsonValue): OutputRule | null {
  let most: number | null = null;
  const fields: string[] = [];
  for (const { type, detail } of obligations) {
    if (type === "limit_output" && typeof detail["bytes"] === "number")
      most = Math.min(most ?? detail["bytes"], detail["bytes"]);
    if (type === "redact" && Array.isArray(detail["fields"])) fields.push(...detail["fields"].map(String));
  }
  const redaction = fields.length === 0 ? null : redactionOf(fields, payload);
  return most === null && redaction === null ? null : { most, redaction };
}

/**
 * A result as far as it is let through. Text and bytes over the limit are cut, and say so where there is room.
 *
 * @throws {CanopyError} `OUTPUT_WITHHELD` for any other value that is too large or can't be looked into, and for streams
 *   under `redact`: a value could stand on both sides of a break.
 */
export async function restrictOutput(result: unknown, rule: OutputRule): Promise<unknown> {
  if (isItems(result)) {
    if (rule.redaction !== null) {
      await stopItems(result);
      throw withheld("a stream can't be redacted");
    }
    return restrictItems(result, rule.most ?? Number.POSITIVE_INFINITY);
  }
  const redacted = rule.redaction === null ? result : redactResult(result, rule.redaction);
  return rule.most === null ? redacted : limitValue(redacted, rule.most);
}

/** An error as far as it is let through: its text without what is to be kept back. */
export function restrictError(error: unknown, { redaction }: OutputRule): unknown {
  if (redaction === null || error instanceof CanopyError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const redacted = new Error(redactText(text, redaction));
  if (error instanceof Error) redacted.name = redactText(error.name, redaction);
  return redacted;
}

function redactResult(result: unknown, redaction: Redaction): unknown {
  try {
    return redactValue(result, redaction);
  } catch (cause) {
    throw withheld("the result can't be looked into", cause);
  }
}

function limitValue(result: unknown, most: number): unknown {
  if (typeof result === "string") return cutText(result, most);
  if (result instanceof Uint8Array) return result.length <= most ? result : result.subarray(0, most);
  if (sizeOf(result) <= most) return result;
  throw withheld(`the result is over ${most} bytes`);
}

function cutText(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  const mark = ` … [cut to ${most} bytes]`;
  const room = most - Buffer.byteLength(mark);
  // `stream` keeps back a character that was cut in two.
  const cut = new TextDecoder().decode(bytes.subarray(0, Math.max(room, 0)), { stream: true });
  return room < 0 ? new TextDecoder().decode(bytes.subarray(0, most), { stream: true }) : cut + mark;
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? "");
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

type Items = Readable | ReadableStream | AsyncGenerator<unknown, unknown, unknown>;

// `attestResult` gives what hands out items one at a time in these forms only.
function isItems(result: unknown): result is Items {
  if (result instanceof Readable || result instanceof ReadableStream) return true;
  return typeof result === "object" && result !== null && Symbol.asyncIterator in result && "next" in result;
}

async function stopItems(items: Items): Promise<void> {
  if (items instanceof Readable) items.destroy();
  else if (items instanceof ReadableStream) await items.cancel();
  else await items.return(undefined);
}

function restrictItems(items: Items, most: number): Items {
  if (items instanceof Readable) return Readable.from(limited(items, most), { objectMode: items.readableObjectMode });
  return items instanceof ReadableStream ? ReadableStream.from(limited(items, most)) : limitedGenerator(items, most);
}

async function* limited(items: AsyncIterable<unknown>, most: number): AsyncGenerator<unknown, void, unknown> {
  let left = most;
  for await (const item of items) {
    const size = sizeOf(item);
    if (size <= left) {
      left -= size;
      yield item;
      continue;
    }
    if (typeof item !== "string" && !(item instanceof Uint8Array)) throw withheld(`the results are over ${most} bytes`);
    yield limitValue(item, left);
    return;
  }
}

// A generator's caller may send values in and gets a last one: both go through.
async function* limitedGenerator(
  items: AsyncGenerator<unknown, unknown, unknown>,
  most: number,
): AsyncGenerator<unknown, unknown, unknown> {
  let left = most;
  let sent: unknown;
  try {
    for (;;) {
      const step = await items.next(sent);
      const size = sizeOf(step.value);
      if (size > left) return limitValue(step.value, left);
      left -= size;
      if (step.done === true) return step.value;
      sent = yield step.value;
    }
  } finally {
    await items.return(undefined);
  }
}

function withheld(why: string, cause?: unknown): CanopyError {
  return new CanopyError("OUTPUT_WITHHELD", `${why}, so the result is not handed over`, {
    cause,
    fix: "the tool has run and its result is recorded; ask for less, or change limit_output or redact in the policy",
  });
}
