// The classes of differences from 0.4.2 that policies make. docs/deviations.md says what differs and why ours is right.

import { isOwnWork, staysInSafePaths } from "./proofs.mjs";

/** In order; the first class that covers a difference counts it. */
export const POLICY_DEVIATIONS = [
  {
    id: "policy-refused",
    kind: "refused",
    title: "a policy that can't mean what it says does not load",
    covers: ({ evaluation }) => evaluation.error === "INVALID_POLICY",
  },
  {
    id: "policy-yaml",
    kind: "stricter",
    title: "a policy is YAML: comments, lists and line breaks mean what they mean there",
    covers: ({ case: c, evaluation }) =>
      speaks(evaluation) && hasOwn(c) && OTHERWISE_READ.some((p) => p.test(c.policy)),
  },
  {
    id: "policy-whole-text",
    kind: "stricter",
    title: "texts are not cut at 4096 characters",
    covers: ({ case: c, evaluation, direction }) =>
      direction === "stricter" && hasOwn(c) && speaks(evaluation) && JSON.stringify(c.action_payload).length > 4096,
  },
  {
    id: "policy-names",
    kind: "stricter",
    title: "a rule is asked about every spelling of its action type",
    covers: ({ case: c, evaluation, direction }) =>
      direction === "stricter" && hasOwn(c) && speaks(evaluation) && !namesLiterally(c),
  },
  {
    id: "policy-members",
    kind: "stricter",
    title: "a rule looks into every member that holds the command, path or address",
    covers: ({ case: c, evaluation, direction }) =>
      direction === "stricter" && hasOwn(c) && speaks(evaluation) && lacksMainMember(c),
  },
  {
    id: "policy-numbers",
    kind: "stricter",
    title: "numbers are compared as numbers",
    covers: ({ case: c, evaluation, direction }) =>
      direction === "stricter" && hasOwn(c) && speaks(evaluation) && /[!=]= *['"]?[+-]?\d/.test(c.policy),
  },
  {
    id: "policy-texts",
    kind: "stricter",
    title: "each text of the payload is looked into by itself, as it came and folded",
    covers: ({ case: c, evaluation, direction, expected }) =>
      direction === "stricter" && hasOwn(c) && speaks(evaluation) && expected === "ALLOW",
  },
  {
    id: "policy-heard",
    kind: "stricter",
    title: "the policy is heard although an earlier layer asks",
    covers: ({ case: c, evaluation, direction }) =>
      direction === "stricter" && speaks(evaluation) && !["policy", "none"].includes(c.expect.deciding_layer),
  },
  {
    id: "pack-effects",
    kind: "stricter",
    title: "the packs see effects in every spelling, where 0.4.2's look for text",
    covers: ({ case: c, evaluation, direction }) => direction === "stricter" && !hasOwn(c) && speaks(evaluation),
  },
  {
    id: "pack-asks",
    kind: "looser",
    title: "what the packs denied by a word asks, by what it would do",
    covers: ({ case: c, direction }) => direction === "looser" && !hasOwn(c) && c.expect.deciding_layer === "policy",
  },
  {
    id: "pack-words",
    kind: "proven false positive",
    title: "a word of the packs stands in a text that does nothing of the kind",
    covers: ({ case: c, direction, evaluation }) =>
      direction === "passes" &&
      !hasOwn(c) &&
      c.expect.deciding_layer === "policy" &&
      (evaluation.verb === "exec" ? isOwnWork(evaluation) : staysInSafePaths(c, evaluation)),
  },
];

function speaks({ rule_ref }) {
  return rule_ref?.startsWith("policy:") ?? false;
}

/** Whether the case brings a policy's text of its own. */
function hasOwn({ policy }) {
  return policy !== null && policy !== undefined && policy !== "production";
}

// What 0.4.2's subset of YAML reads in another way: comments behind a value, lists at their key's own indentation,
// a dash on a line of its own, lists in brackets, block scalars.
const OTHERWISE_READ = [/\S +#/, /^( *)[\w-]+:\n\1- /m, /^ *-$/m, /: *[[{]/, /: *[|>]/];

function namesLiterally({ policy, action_type }) {
  return [...policy.matchAll(/action_type: *["']?([^"'\n]*)/g)].some(([, name]) => name.trim() === action_type);
}

const MAIN_MEMBER = { execute_shell: ["command"], modify_file: ["path"], call_external_api: ["url", "endpoint"] };

function lacksMainMember({ action_type, action_payload: payload }) {
  const members = MAIN_MEMBER[action_type];
  if (members === undefined || typeof payload !== "object" || payload === null || Array.isArray(payload)) return false;
  return members.every((member) => payload[member] === undefined);
}
