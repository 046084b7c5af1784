// What an engine of Rego answers → a verdict. Strict: what can't be read denies.
//
//   answer = true | false | { decision: ALLOW | DENY | REQUIRE_APPROVAL, reason?: text }

import type { Verdict } from "../../finding.ts";
import { isJsonObject, type JsonValue } from "../../json.ts";
import type { EngineFailure, ExternalAnswer } from "./external-answer.ts";

const LONGEST_REASON = 300;
const MOST_NAMES = 8;

/** Read the value of an entry point; undefined is no opinion. */
export function readEngineAnswer(value: JsonValue | undefined): ExternalAnswer {
  if (value === undefined) return { kind: "no_opinion" };
  if (typeof value === "boolean") return verdict(value ? "ALLOW" : "DENY", "", []);
  if (!isJsonObject(value)) return failed("unreadable", "answered neither a boolean nor an object");
  const { decision, reason = "", ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) return failed("unreadable", `answered an unknown member \`${oneLine(other, 64)}\``);
  if (typeof reason !== "string") return failed("unreadable", "gave a reason that is no text");
  if (decision === "ALLOW" || decision === "DENY" || decision === "REQUIRE_APPROVAL") {
    return verdict(decision, reason, []);
  }
  return failed("unreadable", "gave a decision that is none of ALLOW, DENY and REQUIRE_APPROVAL");
}

/** A verdict with its texts made fit for a finding. */
export function verdict(decision: Verdict, reason: string, by: readonly string[]): ExternalAnswer {
  return {
    kind: "verdict",
    decision,
    reason: oneLine(reason, LONGEST_REASON),
    by: by.slice(0, MOST_NAMES).map((name) => oneLine(name, LONGEST_REASON)),
  };
}

/** A failure; `reason` goes on from the engine's name: `did not answer within 100 ms`. */
export function failed(failure: EngineFailure, reason: string): ExternalAnswer {
  return { kind: "failed", failure, reason: oneLine(reason, LONGEST_REASON) };
}

function oneLine(text: string, most: number): string {
  return text
    .slice(0, most)
    .replaceAll(/[\s\p{C}]+/gu, " ")
    .trim();
}

/** The stricter of two answers of one engine, as its `no_opinion` counts: for an action that holds other calls. */
export function stricterAnswer(
  left: ExternalAnswer,
  right: ExternalAnswer,
  no_opinion: "deny" | "pass",
): ExternalAnswer {
  return rank(left, no_opinion) >= rank(right, no_opinion) ? left : right;
}

function rank(answer: ExternalAnswer, no_opinion: "deny" | "pass"): number {
  switch (answer.kind) {
    case "failed":
      return 4;
    case "no_opinion":
      return no_opinion === "deny" ? 2 : 0;
    case "verdict":
      return answer.decision === "DENY" ? 3 : answer.decision === "REQUIRE_APPROVAL" ? 1 : 0;
    default:
      return answer satisfies never;
  }
}
