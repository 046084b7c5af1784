// Rego compiled to WebAssembly, through `@open-policy-agent/opa-wasm`. No built-in function that reaches the network or
// the clock exists there; a policy that calls one fails.

import type { JsonValue } from "../../core/json.ts";
import { failed, readEngineAnswer, type ExternalAnswer } from "../../core/policy/index.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import { EngineUnusable, type EngineFiles, type LoadedEngine } from "./engine-verdict.ts";

type OpaModule = typeof import("@open-policy-agent/opa-wasm");

/** The most memory of a module: 64 MiB, in pages of 64 KiB. */
const MOST_PAGES = 1024;
const FIRST_PAGES = 5;

/** Load a module and its data. @throws {EngineUnusable} */
export async function loadRego({ main, extra, entrypoint }: EngineFiles): Promise<LoadedEngine> {
  const opa = await importOpa();
  let policy: ReturnType<OpaModule["loadPolicySync"]>;
  try {
    const memory = { initial: FIRST_PAGES, maximum: MOST_PAGES };
    policy = opa.loadPolicySync(new Uint8Array(main).buffer, memory);
    if (extra !== null) policy.setData(dataOf(extra));
  } catch (error) {
    throw new EngineUnusable("unusable", `can't be loaded: ${thrownText(error)}`);
  }
  if (!Object.hasOwn(policy.entrypoints, entrypoint)) {
    const known = Object.keys(policy.entrypoints).join(", ");
    throw new EngineUnusable("unusable", `has no entry point ${entrypoint}; it has ${known}`);
  }
  return { ask: (input) => [readResults(policy.evaluate(input, entrypoint))] };
}

async function importOpa(): Promise<OpaModule> {
  try {
    const found: OpaModule & { readonly default?: OpaModule } = await import("@open-policy-agent/opa-wasm");
    return found.default ?? found;
  } catch {
    throw new EngineUnusable("missing", "needs the package @open-policy-agent/opa-wasm, which can't be loaded");
  }
}

function dataOf(bytes: Uint8Array): object {
  const data = parseStrictJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (typeof data === "object" && data !== null) return data;
  throw new Error("its data is no JSON object");
}

// A result set: no result means that the rule is undefined.
function readResults(results: unknown): ExternalAnswer {
  if (!Array.isArray(results) || results.length > 1) return failed("unreadable", "answered no single result");
  if (results.length === 0) return readEngineAnswer(undefined);
  const [only]: readonly ({ readonly result?: JsonValue } | undefined)[] = results;
  return readEngineAnswer(only?.result ?? null);
}

/** What was thrown, as text; this package throws texts and plain objects too. */
export function thrownText(error: unknown): string {
  if (typeof error === "string") return error;
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return "unknown";
}
