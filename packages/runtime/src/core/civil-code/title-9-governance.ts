// Title IX: what governs the agent is out of its reach. Files known to be in force are denied; a name that merely
// matches asks, because it may be anybody's `policy.yaml`.

import type { Effect, PathTarget } from "../effects/effect.ts";
import { holdsGovernance } from "../effects/path-governance.ts";
import type { Surroundings } from "../effects/surroundings.ts";
import { ask, deny, effectRule, type Judgement } from "../effect-rule.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** Governance Integrity: Canopy's log, sidecar, home, configuration, policies, hooks, sockets and commands. */
export const governance: Rule = effectRule({
  layer: "civil_code",
  id: "Title IX",
  title: "Governance Integrity",
  display: "Title IX — Governance Integrity",
  reads: "changes of governance files, reads of governance keys, and commands that approve, sign or configure",
  judges: ["fs.write", "fs.delete", "fs.permission", "fs.read", "govern.command"],
  default: "DENY for what is known to be in force; REQUIRE_APPROVAL for names that merely match",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
  judgeAction: judgeVerb,
});

function judge(effect: Effect, { facts }: RuleInput): Judgement | null {
  switch (effect.kind) {
    case "fs.write":
      return judgeChange(effect.target);
    case "fs.delete":
      return judgeAround(effect.target, facts.surroundings) ?? judgeChange(effect.target);
    case "fs.permission":
      return (effect.recursive ? judgeAround(effect.target, facts.surroundings) : null) ?? judgeChange(effect.target);
    case "fs.read":
      return readsKey(effect.target, facts.surroundings)
        ? deny("reads a key that governs this agent", effect.target.text)
        : null;
    case "govern.command":
      return deny("changes what governs this agent", effect.command);
    default:
      return null;
  }
}

// A key by its name, by a pattern that may stand for it, or with the folder that it stands in.
function readsKey({ governance, secret, path, glob }: PathTarget, surroundings: Surroundings): boolean {
  if (governance !== "in_force" || path === null) return false;
  if (secret !== null) return true;
  const keys = surroundings.governance.filter((place) => KEY_PLACE.test(place));
  return keys.some((place) => holdsGovernance(glob ? upTo(path, place) : path, [place]));
}

// As much of a path as is as long as a place.
function upTo(path: string, place: string): string {
  return path.split("/").slice(0, place.split("/").length).join("/");
}

const KEY_PLACE = /\/(?:keys|payload\.key)$/;

// A folder that is deleted, moved or re-permissioned takes along what stands below it.
function judgeAround(target: PathTarget, { governance }: Surroundings): Judgement | null {
  return target.path !== null && holdsGovernance(target.path, governance)
    ? deny("takes along files that govern this agent", target.text)
    : null;
}

function judgeChange(target: PathTarget): Judgement | null {
  switch (target.governance) {
    case "in_force":
      return deny("changes a file that governs this agent", target.text);
    case "by_name":
      return ask("changes a file with the name of a governance file", target.text);
    default:
      return null;
  }
}

function judgeVerb({ action }: RuleInput): readonly Judgement[] {
  return action.verb === "govern" ? [ask(`\`${action.action_type}\` changes who may do what`, action.action_type)] : [];
}
