// One line before a tool: the call is frozen, decided, recorded, begun once, run with exactly what was decided, attested.
//
//   const shell = safeTool({ action_type: "execute_shell", agent_ctx }, async ({ command }) => run(command));
//   await shell({ command: "ls" });

import type { GivenContext } from "../core/agent-context.ts";
import type { JsonValue } from "../core/json.ts";
import { CanopyError } from "../core/errors.ts";
import type { PromptOptions } from "./approval-prompt.ts";
import { approvalMode, checkApprovalMode, obtainApproval, type ApprovalCallback } from "./approval-modes.ts";
import type { ApprovalMode, ApprovalOptions, ApprovalPort, AskedDecision } from "./approval-modes.ts";
import { checkMembers } from "./check-members.ts";
import { defaultRuntime } from "./default-runtime.ts";
import { runAttested, type Attestor } from "./attested-result.ts";
import { editedCall, type ToolCall } from "./edited-call.ts";
import { freezeArguments, frozenCopy, parameterNames, payloadOf, type AnyTool } from "./frozen-arguments.ts";
import { CanopyPermissionError } from "./permission-error.ts";
import { outputRule, restrictError, restrictOutput } from "./restrict-output.ts";
import { meetObligations, type ObligationOptions } from "./tool-obligations.ts";

/** What `safeTool` needs of a runtime. */
export interface ToolRuntime extends Attestor, ApprovalPort {
  readonly settings: { readonly home: string };
  authorize(
    agent_ctx: GivenContext,
    action_type: string,
    action_payload: unknown,
    options?: { readonly cwd?: string },
  ): Promise<AskedDecision>;
  begin(authorization_id: string | null, digest: string): Promise<unknown>;
}

/** How a tool is governed. */
export interface SafeToolOptions extends ObligationOptions {
  /** Default: the process's own runtime, made from the environment when the first call comes. */
  readonly runtime?: ToolRuntime;
  /** What kind of action a call is, e.g. `execute_shell`. */
  readonly action_type: string;
  /** The agent context, or a function that gives it for each call. */
  readonly agent_ctx: GivenContext | (() => GivenContext | Promise<GivenContext>);
  /** Names of the parameters in order, when they can't be read from the function. */
  readonly params?: readonly string[];
  /** Makes the payload from the frozen arguments, when one member for each parameter is not right. */
  readonly payload?: (...args: readonly (JsonValue | undefined)[]) => unknown;
  /** Gives the arguments for a payload that the policy edited; needed where `payload` made it. */
  readonly arguments_of?: (payload: JsonValue) => readonly unknown[];
  /** The folder the tool works in. */
  readonly cwd?: string;
  /** Default `raise`. `CANOPY_REQUIRE_APPROVAL_MODE` may only tighten it. */
  readonly on_require_approval?: ApprovalMode;
  readonly approval_callback?: ApprovalCallback;
  /** For `prompt`: how it is shown. */
  readonly prompt?: Partial<PromptOptions>;
  /** For `wait`: how long; default until the request is past its time. */
  readonly wait_timeout_ms?: number;
  readonly signal?: AbortSignal;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const OPTION_NAMES: Readonly<Record<keyof SafeToolOptions, true>> = {
  runtime: true,
  action_type: true,
  agent_ctx: true,
  params: true,
  payload: true,
  arguments_of: true,
  on_notify: true,
  dry_run: true,
  pins_addresses: true,
  cwd: true,
  on_require_approval: true,
  approval_callback: true,
  prompt: true,
  wait_timeout_ms: true,
  signal: true,
  env: true,
};

/** Arguments may be edited this often before the call is given up. */
const MAX_EDITS = 8;

/** A generator function as a governed tool: it decides, begins and runs when its first item is asked for. */
export function safeTool<Args extends readonly unknown[], Item, End>(
  options: SafeToolOptions,
  tool: (...args: Args) => Generator<Item, End> | AsyncGenerator<Item, End>,
): (...args: Args) => AsyncGenerator<Item, End | undefined>;
/**
 * A function as a governed tool. The result is the tool's; `undefined` when the call was skipped, which also
 * `CANOPY_REQUIRE_APPROVAL_MODE` may say. Iterators and streams
 * come back in a form that is attested when they end.
 *
 * The tool gets frozen copies of its arguments, and runs only after `begin` has answered.
 *
 * @throws {CanopyPermissionError} (from the call) when it is denied or gets no approval; the tool has not run.
 * @throws {CanopyError} `INVALID_CONFIG` at once for unusable or unknown options; `INVALID_ACTION` (from the call) for arguments
 *   that aren't I-JSON or have no name; and what `begin` and `attest` throw.
 */
export function safeTool<Args extends readonly unknown[], Result>(
  options: SafeToolOptions,
  tool: (...args: Args) => Result,
): (...args: Args) => Promise<Awaited<Result> | undefined>;
export function safeTool(options: SafeToolOptions, tool: AnyTool): (...args: unknown[]) => unknown {
  checkOptions(options, tool);
  const names = options.params ?? parameterNames(tool);
  const governed = isGeneratorFunction(tool)
    ? function (this: unknown, ...args: unknown[]): unknown {
        return governedItems(options, names, args, (frozen) => Reflect.apply(tool, this, frozen));
      }
    : async function (this: unknown, ...args: unknown[]): Promise<unknown> {
        return governedCall(options, names, args, (frozen) => Reflect.apply(tool, this, frozen));
      };
  return sameFace(governed, tool);
}

function runtimeOf({ runtime }: SafeToolOptions): ToolRuntime {
  return runtime ?? defaultRuntime();
}

type Run = (frozen: readonly unknown[]) => unknown;

async function governedCall(
  options: SafeToolOptions,
  names: readonly string[] | null,
  args: readonly unknown[],
  run: Run,
): Promise<unknown> {
  const runtime = runtimeOf(options);
  const permitted = await permit(options, names, args);
  if (permitted === null) return undefined;
  const { decision, id, payload, frozen } = permitted;
  const { dry } = await meetObligations(decision, payload, options);
  const rule = outputRule(decision.obligations ?? [], payload);
  const { dry_run } = options;
  await runtime.begin(id, decision.action_digest);
  const work = (): unknown => (dry && dry_run !== undefined ? Reflect.apply(dry_run, undefined, frozen) : run(frozen));
  if (rule === null) return runAttested(id, runtime, work);
  let result: unknown;
  try {
    result = await runAttested(id, runtime, work);
  } catch (error) {
    throw restrictError(error, rule);
  }
  return restrictOutput(result, rule);
}

async function* governedItems(
  options: SafeToolOptions,
  names: readonly string[] | null,
  args: readonly unknown[],
  run: Run,
): AsyncGenerator<unknown, unknown, unknown> {
  const items = await governedCall(options, names, args, run);
  return isAsyncGenerator(items) ? yield* items : items;
}

interface PermittedCall {
  readonly id: string;
  readonly decision: AskedDecision;
  /** What is run with, and the payload that it stands for: as it was given, or as the policy edited it. */
  readonly frozen: readonly unknown[];
  readonly payload: JsonValue;
}

// An edit is decided as a call of its own: the approval of one never covers the other.
async function permit(
  options: SafeToolOptions,
  names: readonly string[] | null,
  args: readonly unknown[],
): Promise<PermittedCall | null> {
  let given = args;
  for (let edits = 0; edits <= MAX_EDITS; edits += 1) {
    const call = callOf(options, names, freezeArguments(given));
    const decision = await decided(options, call.payload);
    if (decision.decision === "ALLOW") return permittedCall(decision, call, options);
    if (decision.decision === "DENY") throw new CanopyPermissionError(decision);
    const answer = await obtainApproval(decision, runtimeOf(options), approvalOptions(options));
    if (answer === null) return null;
    if ("permitted" in answer) return permittedCall(answer.decision, call, options);
    given = answer.edit;
  }
  throw new CanopyError("APPROVAL_REQUIRED", `the arguments were edited ${MAX_EDITS} times without an approval`);
}

function callOf(
  { payload }: SafeToolOptions,
  names: readonly string[] | null,
  frozen: readonly (JsonValue | undefined)[],
): ToolCall {
  const made =
    payload === undefined ? payloadOf(frozen, names) : frozenCopy(payload(...frozen), "what `payload` makes");
  return { frozen, names, payload: made };
}

async function decided(options: SafeToolOptions, payload: JsonValue): Promise<AskedDecision> {
  const { action_type, cwd } = options;
  const context = typeof options.agent_ctx === "function" ? await options.agent_ctx() : options.agent_ctx;
  return runtimeOf(options).authorize(context, action_type, payload, cwd === undefined ? {} : { cwd });
}

function permittedCall(decision: AskedDecision, call: ToolCall, options: SafeToolOptions): PermittedCall {
  const id = decision.authorization_id;
  if (id === null) throw new CanopyPermissionError({ ...decision, decision: "DENY" });
  const { transformed } = decision;
  if (transformed === undefined) return { id, decision, frozen: call.frozen, payload: call.payload };
  const edited = editedCall(call, transformed.edits, options);
  if (edited !== null) return { id, decision, ...edited };
  const reason = "the policy edits the payload, and which arguments that means can't be told";
  throw new CanopyPermissionError({ ...decision, decision: "DENY", reason }, { fix: "give safeTool `arguments_of`" });
}

function approvalOptions(options: SafeToolOptions): ApprovalOptions {
  const env = options.env ?? process.env;
  const callback = options.approval_callback ?? null;
  const asked = options.on_require_approval ?? "raise";
  return {
    mode: approvalMode(asked, env["CANOPY_REQUIRE_APPROVAL_MODE"], callback !== null),
    callback,
    prompt: { home: runtimeOf(options).settings.home, ...options.prompt },
    ...(options.wait_timeout_ms === undefined ? {} : { timeoutMs: options.wait_timeout_ms }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

function checkOptions(options: SafeToolOptions, tool: unknown): void {
  if (typeof tool !== "function") {
    throw new CanopyError("INVALID_CONFIG", "safeTool must be given a function", {
      fix: "give the options first, then the tool: safeTool({ action_type, agent_ctx }, tool)",
    });
  }
  checkMembers(options, OPTION_NAMES, "option");
  if (options.on_require_approval !== undefined) checkApprovalMode(options.on_require_approval);
  if (options.on_require_approval === "callback" && options.approval_callback === undefined) {
    throw new CanopyError("INVALID_CONFIG", "on_require_approval `callback` must come with approval_callback", {
      fix: "give approval_callback, or another mode",
    });
  }
}

function isGeneratorFunction(tool: AnyTool): boolean {
  const tag = Object.prototype.toString.call(tool);
  return tag === "[object GeneratorFunction]" || tag === "[object AsyncGeneratorFunction]";
}

function isAsyncGenerator(value: unknown): value is AsyncGenerator<unknown, unknown, unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

// Frameworks read a tool's name and arity; the wrapper shows the tool's.
function sameFace(governed: (...args: unknown[]) => unknown, tool: AnyTool): (...args: unknown[]) => unknown {
  for (const property of ["name", "length"] as const) {
    Object.defineProperty(governed, property, { value: tool[property], configurable: true });
  }
  return governed;
}
