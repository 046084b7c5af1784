// What each kind of problem is about, in a sentence or two: for code hosts and editors that show help beside a finding.

import type { ProblemCode } from "./problem.ts";

/** Every kind of problem, explained to somebody who meets it for the first time. */
export const PROBLEM_HELP: Readonly<Record<ProblemCode, string>> = {
  encoding:
    "A policy is plain UTF-8 text. Characters that don't show, or turn text around, could make it read as something else.",
  too_large: "Sizes and counts are limited, so that no policy can make loading or deciding slow.",
  too_deep: "Lists and maps nest a few levels in a policy. Far more is no policy, and costs whoever reads it.",
  yaml_syntax: "The file is not YAML 1.2, so nothing can be told of its rules.",
  yaml_refused:
    "Tabs, aliases, anchors, tags, directives and second documents have no use in a policy, and hide what it says.",
  duplicate_key: "A key stands twice in one map. Readers of YAML keep one of the two, and not all the same one.",
  unknown_key: "The key means nothing here. A misspelt key would be a rule that silently does less than it says.",
  missing_key: "Something that is needed is not there.",
  wrong_type: "The value is of another type than the key takes: text where a list is expected, a number where text is.",
  empty: "An empty list or text would be found everywhere, or nowhere.",
  bad_id: "Ids name rules in decisions and logs, so each is short, plain and there once.",
  unknown_value: "The key takes some values only, and this is none of them.",
  unknown_type: "Nothing is known of this action type, and one that is known is a letter away.",
  unknown_predicate: "This is not a condition. It would never hold, or always.",
  unknown_effect: "No effect has this kind, attribute or value, so the test would never pass.",
  unknown_name: "The name does not exist where it is used, so the condition could never be told.",
  bad_expression: "The expression is not CEL.",
  bad_include: "A policy includes others by content: what is included must be there, readable, and not itself again.",
  bad_hash:
    "What is included is not what its hash names. Look at what changed, then let `canopy policy lock` write the hash.",
  unusable_pattern: "The pattern is none, or can't keep its meaning on an engine whose time is linear in the text.",
  never_matches: "This can never match or hold, so the rule does less than it says.",
  always_matches: "This matches or holds always, so the rule does more than it says.",
  no_effect: "Nothing follows from this: a rule without a verdict, or a test that expects nothing.",
  yaml_boolean: "A plain yes, no, on or off is text here, and a truth value to readers of YAML 1.1.",
  duplicate_rule: "The same is said twice. One of the two will be changed some day, and the other will not.",
  unreachable: "Another rule or word always speaks at least as strictly, so this one changes nothing.",
  contradictory: "One rule asks or allows what another always denies. The strictest verdict wins, so it is denied.",
  claimed_condition: "An exception that rests on the payload is one that the agent can make: it writes the payload.",
  weak_severity: "The severity is below what the verdict has anyway.",
  expired: "After its last day a rule decides nothing: what it forbade is allowed.",
  untested: "No test makes the rule speak, so nobody would notice if it stopped doing so.",
};
