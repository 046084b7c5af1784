// Asking a person at a terminal. They see the exact arguments, what these would do, why it asks, and the digest that
// their answer is bound to. Everything that comes from the agent is shown with its invisible characters spelt out.
//
// Only the word `yes` approves; `no` rejects for good; anything else, silence, and the end of input answer nothing.

import { counted } from "../core/counted.ts";
import type { Readable, Writable } from "node:stream";
import type { Approval } from "../approvals/vote.ts";
import type { ApprovalRequirement } from "../core/approval-requirement.ts";
import type { Transformed } from "../core/decision.ts";
import type { Effect } from "../core/effects/effect.ts";
import { CanopyError } from "../core/errors.ts";
import type { Finding, Severity } from "../core/finding.ts";
import type { JsonValue } from "../core/json.ts";
import { testText } from "./approver-names.ts";
import { effectText } from "./effect-text.ts";
import { signVote, type VoteOptions } from "./sign-vote.ts";
import { visibleText, wrappedText } from "./visible-text.ts";

/** A request for approval, as an approver gets it. */
export interface ApprovalRequest {
  readonly log_id: string;
  readonly authorization_id: string;
  readonly action_digest: string;
  readonly avid: string;
  readonly action_type: string;
  /** The exact arguments. */
  readonly action_payload: JsonValue;
  readonly cwd: string | null;
  readonly reason: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  readonly effects: readonly Effect[];
  /** What the approval must be like; null: as the runtime is set. */
  readonly approval?: ApprovalRequirement | null;
  /** Present when the policy edited the payload that the agent asked for. */
  readonly transformed?: Transformed;
  /** RFC 3339: until when an answer is taken. */
  readonly approval_expires_at: string | null;
}

/** How a prompt is shown and signed. */
export interface PromptOptions extends VoteOptions {
  /** Default: standard input. Must be a terminal. */
  readonly input?: Readable & { readonly isTTY?: boolean };
  /** Default: standard error. Must be a terminal. */
  readonly output?: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** How long to wait for the answer; default two minutes. */
  readonly timeoutMs?: number;
  /** Keys pressed before this time has passed don't count, since they were not an answer; default 200 ms. */
  readonly settleMs?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_SETTLE_MS = 200;
const MAX_ANSWER = 256;
const MIN_COLUMNS = 40;
const DEFAULT_COLUMNS = 80;
const MAX_COLUMNS = 100;
const asking = new WeakMap<Readable, Promise<unknown>>();

/**
 * Ask at the terminal.
 *
 * @returns the signed answer, or null when there was none in time; then the request stays open.
 * @throws {CanopyError} `APPROVAL_REQUIRED` when there is no terminal to ask at; `INVALID_KEY` when the approver key is
 *   not safe to use.
 */
export async function promptForApproval(
  request: ApprovalRequest,
  options: PromptOptions = {},
): Promise<Approval | null> {
  const input = options.input ?? process.stdin;
  const output = options.output ?? process.stderr;
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new CanopyError("APPROVAL_REQUIRED", "an approval is needed and there is no terminal to ask at", {
      fix: "run it at a terminal; or set on_require_approval to wait and answer in `canopy console` (key 2); or to callback",
    });
  }
  // A terminal that doesn't know its width says 0.
  const wide = output.columns === undefined || output.columns === 0 ? DEFAULT_COLUMNS : output.columns;
  const columns = Math.max(MIN_COLUMNS, Math.min(wide, MAX_COLUMNS));
  return inTurn(input, async () => ask(request, options, { input, output, columns }));
}

interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  readonly columns: number;
}

async function ask(
  request: ApprovalRequest,
  options: PromptOptions,
  { input, output, columns }: Terminal,
): Promise<Approval | null> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  output.write(approvalText(request, columns));
  await discardInput(input, options.settleMs ?? DEFAULT_SETTLE_MS);
  output.write(`Type yes to approve, no to reject (${Math.ceil(timeoutMs / 1000)} s): `);
  const answer = await readAnswer(input, timeoutMs, options.signal);
  if (answer === "yes") return approved(request, options, { input, output, columns });
  if (answer === "no") return signed(request, "REJECTED", options, output);
  output.write(answer === null ? "\nno answer; nothing was approved\n" : "neither yes nor no; nothing was approved\n");
  return null;
}

// Where the policy wants to know why, an approval without a reason would be refused.
async function approved(
  request: ApprovalRequest,
  options: PromptOptions,
  { input, output }: Terminal,
): Promise<Approval | null> {
  if (request.approval?.reason_required !== true || options.reason !== undefined) {
    return signed(request, "APPROVED", options, output);
  }
  output.write("Say why, in one line: ");
  const reason = await readAnswer(input, options.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.signal);
  if (reason !== null && reason !== "") return signed(request, "APPROVED", { ...options, reason }, output);
  output.write("no reason; nothing was approved\n");
  return null;
}

/**
 * What an approver is shown, ending in a line feed: prose is broken between words at `columns`, arguments anywhere, with
 * a backslash before what goes on. Cost: linear in the request.
 */
export function approvalText(request: ApprovalRequest, columns: number = DEFAULT_COLUMNS): string {
  const field = (name: string, value: string): readonly string[] => fieldLines(name, value, columns);
  const listed = (items: readonly string[]): readonly string[] => items.flatMap((item) => itemLines(item, columns));
  const asking = request.findings.filter(({ decision }) => decision !== "ALLOW").map(findingLine);
  const effects = request.effects.map(effectLine);
  const payload = JSON.stringify(request.action_payload, null, 2).split("\n");
  const size = counted(payload.length, "line");
  const lines = [
    "",
    "Canopy asks for an approval",
    "",
    ...field("agent", request.avid),
    ...field("action", request.action_type),
    ...(request.cwd === null ? [] : field("folder", request.cwd)),
    `  arguments, exactly, ${size}:`,
    ...payload.flatMap((line) => argumentLines(line, columns)),
    ...(request.transformed === undefined
      ? []
      : ["  edited by the policy before it asks:", ...listed(editLines(request.transformed))]),
    "  what it would do:",
    ...listed(effects.length > 0 ? effects : ["nothing that was understood"]),
    "  why it asks:",
    ...listed(asking.length > 0 ? asking : [request.reason]),
    ...requirementLines(request.approval ?? null, listed),
    ...field("severity", request.severity),
    ...field("digest", request.action_digest),
    ...field("request", request.authorization_id),
    ...(request.approval_expires_at === null ? [] : field("until", request.approval_expires_at)),
    "",
  ];
  return `${lines.join("\n")}\n`;
}

// What does not fit beside its name stands below it, so that digests and ids stay in one piece.
function fieldLines(name: string, value: string, columns: number): readonly string[] {
  const shown = visibleText(value);
  if (shown.length <= columns - 12) return [`  ${name.padEnd(9)} ${shown}`];
  return [`  ${name}`, ...wrappedText(shown, columns - 4).map((line) => `    ${line}`)];
}

// A long line is broken here and marked where it goes on: broken by the terminal, blanks in a text of the agent's could
// make its rest pass for other lines of the question.
function argumentLines(line: string, columns: number): readonly string[] {
  const width = columns - 5;
  const lines: string[] = [];
  let part = "";
  for (const piece of visibleText(line).match(PIECES) ?? []) {
    if (part.length + piece.length > width) {
      lines.push(part);
      part = "";
    }
    part += piece;
  }
  return [...lines, part].map((shown, index) => (index === 0 ? `    ${shown}` : `  \\ ${shown}`));
}

// An escape is read as one: it is not broken.
const PIECES = /\\u\{[0-9a-f]{1,6}\}|\\u[0-9a-f]{4}|\\.|[^]/gu;

// What goes on is indented deeper than what begins, so that no text can pass for an item of its own.
function itemLines(item: string, columns: number): readonly string[] {
  return wrappedText(visibleText(item), columns - 6).map(
    (line, index) => `${index === 0 ? "    - " : "      "}${line}`,
  );
}

function editLines({ edits, rule_refs }: Transformed): readonly string[] {
  return [...edits.map((edit) => ("set" in edit ? `set ${edit.set}` : `removed ${edit.remove}`)), rule_refs.join(", ")];
}

function requirementLines(
  approval: ApprovalRequirement | null,
  listed: (items: readonly string[]) => readonly string[],
): readonly string[] {
  if (approval === null) return [];
  const { count, by, reason_required } = approval;
  const wanted = [
    counted(count, "approver", "distinct approvers"),
    ...by.map((set) => `${set.count} of them ${set.any.map(testText).join(" or ")}`),
    ...(reason_required ? ["a reason from each"] : []),
  ];
  return ["  what the policy wants:", ...listed(wanted)];
}

function effectLine(effect: Effect): string {
  return `${effectText(effect)} [${effect.kind}]`;
}

function findingLine({ decision, severity, rule_ref, reason }: Finding): string {
  return `${decision} (${severity}) ${rule_ref}: ${reason}`;
}

function signed(
  request: ApprovalRequest,
  verdict: "APPROVED" | "REJECTED",
  options: PromptOptions,
  output: Writable,
): Approval {
  const vote = signVote(request, verdict, options);
  output.write(`${verdict.toLowerCase()} by ${visibleText(vote.vote.approver)}\n`);
  return { votes: [vote] };
}

// One question at a time at each terminal: a `yes` must never answer two.
async function inTurn<Value>(input: Readable, work: () => Promise<Value>): Promise<Value> {
  const turn = (asking.get(input) ?? Promise.resolve()).then(work, work);
  asking.set(input, turn);
  return turn;
}

// What was typed before the question stood there can't be an answer to it.
async function discardInput(input: Readable, settleMs: number): Promise<void> {
  input.on("data", discard);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  input.off("data", discard);
  input.pause();
}

function discard(): void {}

/** The first line that is typed, trimmed; null at the end of input, after the time, or when aborted. */
async function readAnswer(input: Readable, timeoutMs: number, signal?: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    let typed = "";
    const done = (answer: string | null): void => {
      clearTimeout(timer);
      input.off("data", onData).off("end", onEnd).off("close", onEnd).off("error", onEnd);
      signal?.removeEventListener("abort", onEnd);
      input.pause();
      resolve(answer);
    };
    const onEnd = (): void => done(null);
    const onData = (chunk: Buffer | string): void => {
      typed += chunk.toString();
      const end = typed.search(/[\r\n]/);
      if (end >= 0) done(typed.slice(0, end).trim());
      else if (typed.length > MAX_ANSWER) done("");
    };
    const timer = setTimeout(onEnd, timeoutMs);
    if (signal?.aborted === true || input.readableEnded || input.destroyed) {
      done(null);
      return;
    }
    signal?.addEventListener("abort", onEnd);
    input.on("data", onData).on("end", onEnd).on("close", onEnd).on("error", onEnd);
    input.resume();
  });
}
