// The thread of one engine. It loads the engine, says whether it is ready, then answers questions one by one. It is
// ended from outside when it does not answer, and ends itself when the engine throws: what is left of it can't be relied on.

import { parentPort, workerData } from "node:worker_threads";
import type { JsonObject } from "../../core/json.ts";
import { failed, type ExternalAnswer } from "../../core/policy/index.ts";
import { loadCedar } from "./cedar-engine.ts";
import { EngineUnusable, type EngineFiles, type LoadedEngine } from "./engine-verdict.ts";
import { loadRego, thrownText } from "./rego-engine.ts";

/** What the thread is given. */
export interface EngineWorkerData {
  readonly engine: "cedar" | "opa-wasm";
  readonly files: EngineFiles;
}

/** A question: the documents of one action. */
export interface EngineAsk {
  readonly id: number;
  readonly inputs: readonly JsonObject[];
  /** Milliseconds since 1970: after that nobody waits for the answer. */
  readonly until_ms: number;
}

/** What the thread says: first whether it is ready, then an answer to each question. */
export type EngineSays =
  | { readonly kind: "ready" }
  | { readonly kind: "unusable"; readonly answer: ExternalAnswer }
  | { readonly kind: "answer"; readonly id: number; readonly answers: readonly ExternalAnswer[] };

const given: EngineWorkerData = workerData;

// Engines print; what they print is nobody's output, and a stream that is read would keep the process from ending.
for (const stream of [process.stdout, process.stderr]) stream.write = (): boolean => true;

function say(what: EngineSays): void {
  parentPort?.postMessage(what, []);
}

function answer(engine: LoadedEngine, { id, inputs, until_ms }: EngineAsk): void {
  if (Date.now() > until_ms) return;
  try {
    say({ kind: "answer", id, answers: inputs.flatMap((input) => engine.ask(input)) });
  } catch (error) {
    say({ kind: "answer", id, answers: [failed("error", `ended with an error: ${thrownText(error)}`)] });
    parentPort?.close();
  }
}

try {
  const engine = await (given.engine === "cedar" ? loadCedar(given.files) : loadRego(given.files));
  parentPort?.on("message", (ask: EngineAsk) => answer(engine, ask));
  say({ kind: "ready" });
} catch (error) {
  const failure = error instanceof EngineUnusable ? error.failure : "unusable";
  say({ kind: "unusable", answer: failed(failure, thrownText(error)) });
}
