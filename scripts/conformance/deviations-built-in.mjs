// The classes of differences from 0.4.2 that the built-in layers make. docs/deviations.md says what and why.

import { hasEffect, isGrantedByName, isOwnWork, staysInSafePaths } from "./proofs.mjs";

/** In order; the first class that covers a difference counts it. */
export const BUILT_IN_DEVIATIONS = [
  {
    id: "identity-optional",
    kind: "proven false positive",
    title: "an agent needs a key, not a date of creation",
    covers: ({ expected, evaluation }) => expected === "ERROR" && evaluation.error === undefined,
  },
  {
    id: "context-refused",
    kind: "refused",
    title: "a context or an action that is no sound JSON is refused",
    covers: ({ evaluation }) => ["INVALID_CONTEXT", "INVALID_ACTION"].includes(evaluation.error),
  },
  {
    id: "kill-switch",
    kind: "stricter",
    title: "anything but an absent or false kill switch engages it",
    covers: ({ evaluation, direction }) => direction === "stricter" && evaluation.rule_ref === "Art.7",
  },
  {
    id: "content-laws",
    kind: "stricter",
    title: "texts are read folded, whole, in every member",
    covers: ({ evaluation, direction }) =>
      direction === "stricter" && ["Art.1", "firewall:content"].includes(evaluation.rule_ref),
  },
  {
    id: "topics-ask",
    kind: "looser",
    title: "a topic that is only named asks; instruction is denied",
    covers: ({ case: c, direction }) =>
      direction === "looser" && (c.expect.rule_ref === "Art.1" || c.expect.rule_ref === "Title VIII"),
  },
  {
    id: "governance-names",
    kind: "looser",
    title: "a file that only has the name of a governance file asks",
    covers: ({ case: c, direction }) => direction === "looser" && c.expect.rule_ref === "Title IX",
  },
  {
    id: "numbers-read",
    kind: "looser",
    title: "personal data is told by its check digits and shape",
    covers: ({ case: c, direction }) => direction === "looser" && c.expect.rule_ref === "Title III",
  },
  {
    id: "addresses-ask",
    kind: "looser",
    title: "a public host, under any member, is asked about and not denied for how it looks",
    covers: ({ case: c, direction }) => direction === "looser" && isNetwork(c),
  },
  {
    id: "places-ask",
    kind: "looser",
    title: "what 0.4.2 denied by a word in a command or path asks, by place and effect",
    covers: ({ direction, evaluation }) => direction === "looser" && (isExec(evaluation) || isFile(evaluation)),
  },
  {
    id: "plain-commands",
    kind: "proven false positive",
    title: "a word in a command is no effect: it is quoted, read, or another program's name",
    covers: ({ direction, evaluation }) => direction === "passes" && isExec(evaluation) && isOwnWork(evaluation),
  },
  {
    id: "plain-paths",
    kind: "proven false positive",
    title: "a folder's name inside a safe path is not the system's folder of that name",
    covers: ({ case: c, direction, evaluation }) =>
      direction === "passes" && isFile(evaluation) && staysInSafePaths(c, evaluation),
  },
  {
    id: "plain-names",
    kind: "proven false positive",
    title: "a type is physical by its words, not by letters inside them",
    covers: ({ case: c, direction, evaluation }) =>
      direction === "passes" &&
      c.expect.rule_ref === "Title VII" &&
      (evaluation.verb !== "physical" || isGrantedByName(c)),
  },
  {
    id: "plain-texts",
    kind: "proven false positive",
    title: "a security word, a timestamp or a chain of digits in data is not what it resembles",
    covers: ({ case: c, direction, evaluation }) =>
      direction === "passes" &&
      c.expect.rule_ref in EFFECT_OF_TITLE &&
      !hasEffect(evaluation, EFFECT_OF_TITLE[c.expect.rule_ref]),
  },
  {
    id: "money-read",
    kind: "stricter",
    title: "an amount that can't be relied on asks; every name of an amount is read",
    covers: ({ evaluation, direction }) => direction === "stricter" && evaluation.rule_ref === "Title II",
  },
  {
    id: "personal-data-read",
    kind: "stricter",
    title: "personal data is looked for in every member, whole; trust is the real host's",
    covers: ({ evaluation, direction }) => direction === "stricter" && evaluation.rule_ref === "Title III",
  },
  {
    id: "hosts-read",
    kind: "stricter",
    title: "addresses are read as every parser would, and judged where they lead",
    covers: ({ case: c, evaluation, direction }) =>
      direction === "stricter" && isNetwork(c) && ["Art.0", "firewall:network"].includes(evaluation.rule_ref),
  },
  {
    id: "layers-all-speak",
    kind: "stricter",
    title: "no layer and no granted override ends the evaluation: the strictest finding decides",
    covers: ({ case: c, direction, expected }) =>
      direction === "stricter" && (expected !== "ALLOW" || grantsSomething(c.agent_ctx)),
  },
  {
    id: "effects-seen",
    kind: "stricter",
    title: "a command is understood in any spelling, down to its effects",
    covers: ({ evaluation, direction }) => direction === "stricter" && isExec(evaluation),
  },
  {
    id: "paths-resolved",
    kind: "stricter",
    title: "a path is judged by the place it leads to, in any spelling of type and member",
    covers: ({ evaluation, direction }) => direction === "stricter" && isFile(evaluation),
  },
  {
    id: "names-folded",
    kind: "stricter",
    title: "every name of a kind of action stands under its title, listed or recognised",
    covers: ({ evaluation, direction }) =>
      direction === "stricter" &&
      ((evaluation.rule_ref ?? "").startsWith("Title ") ||
        /^firewall:(unknown|database)$/.test(evaluation.rule_ref ?? "")),
  },
];

// What a title of 0.4.2 takes a word for, as an effect. A text has it or has it not.
const EFFECT_OF_TITLE = { "Title III": "personal.data", "Title VI": "mining.run", "Title VIII": "security.use" };

function isExec({ verb }) {
  return verb === "exec" || verb === "mining";
}

function isFile({ verb }) {
  return verb?.startsWith("fs.") ?? false;
}

function isNetwork({ action_type, action_payload }) {
  return /api|http|url|fetch|web/i.test(action_type) || typeof action_payload?.url === "string";
}

const GRANTS = [
  "autonomous_mode",
  "spending_limit",
  "trusted_domains",
  "communication_channels",
  "bulk_authorized",
  "can_spawn_agents",
  "mining_authorized",
  "physical_actions",
  "security_testing_authorized",
];

function grantsSomething(agent_ctx) {
  return GRANTS.some((name) => agent_ctx[name] !== undefined);
}
