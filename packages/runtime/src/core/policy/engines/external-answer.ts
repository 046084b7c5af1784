// What other policy engines said of an action: a fact, gathered before evaluation and recorded, so that the decision can
// be made again without them.

import type { Verdict } from "../../finding.ts";

/** How an engine failed to answer. */
export type EngineFailure =
  /** Its package, file or address is not there. */
  | "missing"
  /** Its file is not the one that the policy names by hash. */
  | "wrong_hash"
  /** It could not be made ready: its policies don't parse, or don't fit their schema. */
  | "unusable"
  /** It did not answer in time. */
  | "timeout"
  /** It ended with an error. */
  | "error"
  /** What it answered is not what an engine may answer. */
  | "unreadable";

/** The answer of one engine, plain JSON. Texts are one line, without lone surrogates, of bounded length. */
export type ExternalAnswer =
  | { readonly kind: "verdict"; readonly decision: Verdict; readonly reason: string; readonly by: readonly string[] }
  | { readonly kind: "no_opinion" }
  | { readonly kind: "failed"; readonly failure: EngineFailure; readonly reason: string };

/** The answers by the engines' ids. */
export type ExternalFacts = Readonly<Record<string, ExternalAnswer>>;
