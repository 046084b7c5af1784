// What a loaded engine does, on whichever side of a thread.

import type { JsonObject } from "../../core/json.ts";
import type { ExternalAnswer } from "../../core/policy/index.ts";

/** An engine that is ready. Synchronous; may throw, trap or never return: it runs in a thread of its own. */
export interface LoadedEngine {
  /** One answer or more about one document; the strictest counts. */
  ask(input: JsonObject): readonly ExternalAnswer[];
}

/** What an engine is made of. */
export interface EngineFiles {
  /** Cedar policies as text, or a WebAssembly module. */
  readonly main: Uint8Array;
  /** A Cedar schema, or JSON data for Rego. */
  readonly extra: Uint8Array | null;
  /** For Rego. */
  readonly entrypoint: string;
}

/** Why an engine can't be made ready; `message` goes on from its name. */
export class EngineUnusable extends Error {
  readonly failure: "missing" | "unusable";

  constructor(failure: "missing" | "unusable", message: string) {
    super(message);
    this.failure = failure;
  }
}
