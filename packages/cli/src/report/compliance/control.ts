// What a framework of controls is made of.

import type { VerifyResult } from "canopy-runtime/verify";
import type { LogTally } from "../log-tally.ts";

/** What evidence a log gives of a control. */
export type Standing = "insufficient" | "partial" | "shown";

/** One fact counted from the log. */
export interface Evidence {
  readonly what: string;
  readonly entries: number;
}

/** What a control is judged by. */
export interface ControlInput {
  readonly tally: LogTally;
  readonly verification: VerifyResult;
}

/** A control of a framework. Pure data and two functions of the log's counts. */
export interface Control {
  readonly id: string;
  readonly name: string;
  /** Facts that are counted; those that count zero entries are shown as such. */
  readonly evidence: (input: ControlInput) => readonly Evidence[];
  /** By default: all facts counted something → `shown`, some → `partial`, none → `insufficient`. */
  readonly standing?: (input: ControlInput, evidence: readonly Evidence[]) => Standing;
  /** What the log can't show of it. */
  readonly notShown: string;
}

/** A framework. */
export interface Framework {
  readonly title: string;
  readonly source: string;
  readonly controls: readonly Control[];
}
