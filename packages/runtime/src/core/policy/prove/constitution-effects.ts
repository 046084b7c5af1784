// The floor, as far as the articles go: what an article denies, it denies whatever is granted and whatever else the
// action would do. Shown over every effect that the articles can tell apart, with every read of a setting watched.

import type { AgentContext } from "../../agent-context.ts";
import { CONSTITUTION } from "../../constitution/index.ts";
import type { Effect, EffectKind, OtherChange } from "../../effects/effect.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import type { Rule, RuleInput } from "../../rule.ts";
import { attributesOf, EFFECT_KINDS, type AttributeType } from "../predicates/effect-attributes.ts";
import type { AnyAction, ProvedSpace } from "./floor.ts";

/** What an article may read of the agent: how it is stopped. Nothing that grants anything. */
const STOPPING: ReadonlySet<string> = new Set(["kill_switch", "status", "raw"]);

/** The settings that grant something; none of them is read, under its own name or in the context as given. */
const GRANTING: readonly string[] = [
  "autonomous_mode",
  "spending_limit",
  "trusted_domains",
  "communication_channels",
  "bulk_authorized",
  "can_spawn_agents",
  "permissions",
  "mining_authorized",
  "physical_actions",
  "security_testing_authorized",
  "high_compute_authorized",
  "safe_paths",
  "environment",
  "env",
];

/**
 * Go through the effects: that no article reads a setting that grants something, names one that would lift it, or is
 * kept from denying by another effect. Cost: some 100,000 judgements.
 */
export function proveArticles(action: AnyAction): readonly ProvedSpace[] {
  const watch = new Watch();
  const alone = articlesAlone(action, watch);
  return [watchedSpace(alone, watch), besideOthers(action, alone.denied)];
}

interface Alone {
  readonly cases: number;
  readonly denied: readonly { readonly article: Rule; readonly effect: Effect }[];
  readonly broken: string | null;
}

function articlesAlone(action: AnyAction, watch: Watch): Alone {
  const denied: { article: Rule; effect: Effect }[] = [];
  let cases = 0;
  let broken: string | null = null;
  const agent = watch.agent(action.agent);
  for (const article of CONSTITUTION) {
    if (article.override_key !== null) broken ??= `${article.id} says that ${article.override_key} lifts it`;
    for (const kind of EFFECT_KINDS) {
      for (const effect of effectsOfKind(kind)) {
        cases++;
        const findings = article.evaluate({ ...action, agent, effects: [effect] });
        if (findings.some(({ override_key }) => override_key !== undefined)) broken ??= `${article.id} names a setting`;
        if (findings.some(({ decision }) => decision === "DENY")) denied.push({ article, effect });
      }
    }
  }
  return { cases, denied, broken };
}

function watchedSpace({ cases, denied, broken }: Alone, watch: Watch): ProvedSpace {
  const read = [...watch.read].filter((name) => !STOPPING.has(name));
  return {
    name: "articles",
    cases,
    claim: `no article reads a setting that grants something, or says that one lifts it (${denied.length} of these are denied)`,
    abstracts:
      "every kind of effect with every combination of its closed values; texts, paths and names by two each; how an article is stopped (kill switch, status) as running",
    broken: broken ?? (read.length === 0 ? null : `read: ${read.join(", ")}`),
  };
}

// An article judges effect by effect: one that is denied stays denied before and after any other.
function besideOthers(action: AnyAction, denied: Alone["denied"]): ProvedSpace {
  const others = EFFECT_KINDS.flatMap((kind) => effectsOfKind(kind).slice(0, 1));
  let cases = 0;
  let broken: string | null = null;
  for (const { article, effect } of denied) {
    for (const other of others) {
      for (const effects of [
        [effect, other],
        [other, effect],
      ]) {
        cases++;
        const input: RuleInput = { ...action, effects };
        const holds = article.evaluate(input).some(({ decision }) => decision === "DENY");
        if (!holds) broken ??= `${article.id}: ${effect.kind} beside ${other.kind}`;
      }
    }
  }
  return {
    name: "articles beside other effects",
    cases,
    claim: "what an article denies alone, it denies beside any other effect, before or after it",
    abstracts: "one other effect, one of each kind",
    broken,
  };
}

/** Notes which settings are read. */
class Watch {
  readonly read = new Set<string>();

  agent(agent: AgentContext): AgentContext {
    const raw: JsonObject = { ...agent.raw, ...Object.fromEntries(GRANTING.map((name) => [name, true])) };
    return watched({ ...agent, raw: watched(raw, this.read) }, this.read);
  }
}

function watched<Value extends object>(value: Value, read: Set<string>): Value {
  return new Proxy(value, {
    get: (target, name, receiver): unknown => {
      if (typeof name === "string") read.add(name);
      return Reflect.get(target, name, receiver);
    },
  });
}

/** Every effect of a kind, by the table of its attributes: closed values all, open ones by two. */
export function effectsOfKind(kind: EffectKind): readonly Effect[] {
  let members: readonly JsonObject[] = [{ kind, via: "via" }];
  for (const [dotted, type] of Object.entries(attributesOf(kind))) {
    // Of the agent, not of the effect.
    if (dotted === "trusted") continue;
    if (dotted === "via") continue;
    const path = dotted.split(".");
    members = members.flatMap((one) =>
      valuesOf(type, path.at(-1) ?? "").map((value) => withAttribute(one, path, value)),
    );
  }
  return members.map(effectFrom);
}

// The table of attributes is checked against the types of effects where policies read it.
function effectFrom(members: JsonObject): Effect {
  const any: OtherChange = { kind: "other.change", via: "", detail: {} };
  return Object.assign(any, members);
}

function valuesOf(type: AttributeType, name: string): readonly JsonValue[] {
  if (typeof type !== "string") return type.map((word) => (word === "none" ? null : word));
  switch (type) {
    // What was written is shown as evidence only.
    case "text":
      return name === "text" ? ["written"] : ["one", "other"];
    case "text?":
      return [null, "/one"];
    case "texts":
      return [[], ["one"]];
    case "number?":
      return [null, 1];
    case "boolean":
      return [false, true];
    default:
      return type satisfies never;
  }
}

function withAttribute(base: JsonObject, [first = "", second]: readonly string[], value: JsonValue): JsonObject {
  if (second === undefined) return { ...base, [first]: value };
  const inner = base[first];
  const members = isJsonObject(inner) ? inner : {};
  return { ...base, [first]: { ...members, [second]: value } };
}
