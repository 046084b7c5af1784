// Requests on which two policies might differ, made of what both say: for each rule, requests that it is about, with each
// setting it looks at just below, at and above what it is compared with, with its words and texts its patterns match, with
// the effects it tests for; then mixtures of all that. The same policies and seed give the same requests, in order.

import { canonicalJson } from "../../canonical.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { instantMs } from "../testing/instant.ts";
import { filled, templatesOfAction, templatesOfEffect, templatesOfType, type CaseTemplate } from "./case-templates.ts";
import { aroundValue, type NamedSetting } from "./condition-words.ts";
import { patternSamples } from "./pattern-samples.ts";
import type { RuleWords } from "./rule-words.ts";
import { seededPick, type Pick } from "./seeded-random.ts";

/** One request to try, and when. */
export interface DiffCase {
  readonly action_type: string;
  readonly action_payload: JsonValue;
  readonly agent_ctx: JsonObject;
  readonly cwd: string | null;
  readonly now_ms: number;
}

/** How cases are made. */
export interface GenerateOptions {
  readonly seed: number;
  /** How many at most. */
  readonly cases: number;
  /** When they are asked, unless a rule names a time. Milliseconds since 1970. */
  readonly now_ms: number;
}

const CWD = "/srv/app";
const AGENT: JsonObject = { public_key: "agent-under-diff" };
/** What an owner may grant: without it the built-in layers ask before most policies could. */
const GRANTED: JsonObject = {
  spending_limit: "unlimited",
  trusted_domains: ["example.com"],
  communication_channels: ["email"],
  bulk_authorized: true,
  can_spawn_agents: true,
  physical_actions: ["lamp"],
  high_compute_authorized: true,
  safe_paths: [CWD],
};
const DAY_MS = 86_400_000;
/** At most so many templates, texts and values of one rule are combined. */
const MOST = 24;

/** The cases for two policies' rules, each once. Cost: linear in their number. */
export function* generateCases(rules: readonly RuleWords[], options: GenerateOptions): Generator<DiffCase, void, void> {
  const seen = new Set<string>();
  for (const each of allCases(rules, options)) {
    if (seen.size >= options.cases) return;
    const key = canonicalJson({ ...each });
    if (seen.has(key)) continue;
    seen.add(key);
    yield each;
  }
}

function* allCases(rules: readonly RuleWords[], options: GenerateOptions): Generator<DiffCase, void, void> {
  for (const template of templatesOfAction("any")) {
    yield plainCase(template, null, options.now_ms);
    yield granted(plainCase(template, null, options.now_ms));
  }
  // Rule by rule, a few cases each in turn, so that a long policy's last rule is tried too.
  const sources = rules.map((rule) => casesOfRule(rule, options.now_ms));
  for (let open = sources; open.length > 0;) {
    const next: typeof sources = [];
    for (const source of open) {
      const { done, value } = source.next();
      if (done === true) continue;
      yield value;
      yield granted(value);
      next.push(source);
    }
    open = next;
  }
  yield* mixtures(rules, options);
}

function* casesOfRule(rule: RuleWords, now_ms: number): Generator<DiffCase, void, void> {
  const texts = textsOf(rule);
  for (const template of templatesFor(rule)) {
    const base = plainCase(template, null, now_ms);
    const met = withSettings(base, rule.settings);
    yield base;
    yield met;
    for (const text of texts) {
      yield plainCase(template, text, now_ms);
      yield withSettings(plainCase(template, text, now_ms), rule.settings);
    }
    for (const setting of rule.settings.slice(0, MOST)) yield* around(met, base, setting);
    for (const at of instantsOf(rule)) yield { ...met, now_ms: at };
    for (const at of instantsOf(rule))
      for (const text of texts.slice(0, 2)) {
        yield { ...withSettings(plainCase(template, text, now_ms), rule.settings), now_ms: at };
      }
  }
}

function* around(met: DiffCase, base: DiffCase, setting: NamedSetting): Generator<DiffCase, void, void> {
  yield withoutSetting(met, setting);
  for (const value of setting.values.slice(0, MOST).flatMap(aroundValue)) {
    yield withSetting(met, setting, value);
    yield withSetting(base, setting, value);
  }
}

function templatesFor({ actions, effects }: RuleWords): readonly CaseTemplate[] {
  const own = actions.flatMap((action) => (action === "any" ? [] : templatesOfAction(action)));
  const tested = effects.flatMap(templatesOfEffect);
  // A rule for a name of its own is asked about what that tool is given, whatever it would do.
  const named = actions.filter((action) => action !== "any" && !action.startsWith("verb:"));
  const asNamed = tested.flatMap((template) =>
    named.flatMap((name) => (templatesOfType(name).length === 0 ? [] : [{ ...template, action_type: name }])),
  );
  const all = [...own, ...asNamed, ...(actions.includes("any") || named.length === 0 ? tested : [])];
  return (all.length === 0 ? templatesOfAction("any") : all).slice(0, MOST);
}

function textsOf({ words, patterns, effects, values }: RuleWords): readonly string[] {
  const samples = [...patterns, ...effects.flatMap(patternsOfEffect)].flatMap(patternSamples);
  const named = values.filter((value): value is string => typeof value === "string" && value.length <= 64);
  const quoted = effects.flatMap((test) => [...test.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b ?? ""));
  const near = words.flatMap((word) => [word, word.toUpperCase(), `a ${word} b`, word.slice(0, -1)]);
  return [...new Set([...near, ...samples, ...quoted, ...named])].filter((text) => text !== "").slice(0, MOST);
}

function patternsOfEffect(test: string): readonly string[] {
  return [...test.matchAll(/matches\s+(?:"([^"]*)"|'([^']*)'|\/(.+?)\/|(\S+))/g)].map(
    ([, double, single, slashed, bare]) => double ?? single ?? slashed ?? bare ?? "",
  );
}

function instantsOf({ instants }: RuleWords): readonly number[] {
  return instants.slice(0, MOST).flatMap((text) => {
    const at = instantMs(text.includes("T") ? text : `${text}T00:00:00Z`);
    return at === null ? [] : [at - 1000, at, at + DAY_MS - 1000, at + DAY_MS];
  });
}

// Everything that any rule says, put together anyhow.
function* mixtures(
  rules: readonly RuleWords[],
  { seed, cases, now_ms }: GenerateOptions,
): Generator<DiffCase, void, void> {
  const pick = seededPick(seed);
  const texts = [...new Set(rules.flatMap(textsOf))];
  const settings = rules.flatMap((rule) => rule.settings);
  const values = [...new Set(rules.flatMap((rule) => rule.values))].flatMap(aroundValue);
  const times = [now_ms, now_ms, ...rules.flatMap(instantsOf)];
  const templates = [...rules.flatMap(templatesFor), ...templatesOfAction("any")];
  for (let tried = 0; tried < 4 * cases; tried += 1) {
    const template = oneOf(templates, pick);
    if (template === undefined) return;
    const text = pick(3) === 0 ? null : (oneOf(texts, pick) ?? null);
    let mixed = plainCase(template, text, oneOf(times, pick) ?? now_ms);
    for (let count = pick(4); count > 0 && settings.length > 0; count -= 1) {
      const setting = oneOf(settings, pick);
      const near = pick(4) === 0 ? values : (setting?.values ?? []).flatMap(aroundValue);
      const value = oneOf(near, pick);
      if (setting !== undefined && value !== undefined) mixed = withSetting(mixed, setting, value);
    }
    yield pick(2) === 0 ? mixed : granted(mixed);
  }
}

function granted(request: DiffCase): DiffCase {
  return { ...request, agent_ctx: { ...GRANTED, ...request.agent_ctx } };
}

function oneOf<Item>(items: readonly Item[], pick: Pick): Item | undefined {
  return items.length === 0 ? undefined : items[pick(items.length)];
}

function plainCase(template: CaseTemplate, text: string | null, now_ms: number): DiffCase {
  const { action_type } = template;
  return { action_type, action_payload: filled(template, text), agent_ctx: AGENT, cwd: CWD, now_ms };
}

/** Every setting at the first thing it is compared with. */
function withSettings(base: DiffCase, settings: readonly NamedSetting[]): DiffCase {
  return settings.reduce((made, setting) => {
    const [value] = setting.values;
    return withSetting(made, setting, value ?? true);
  }, base);
}

function withSetting(base: DiffCase, { of, path }: NamedSetting, value: JsonValue): DiffCase {
  if (of === "agent_ctx") return { ...base, agent_ctx: placed(base.agent_ctx, path, value) };
  return { ...base, action_payload: placed(base.action_payload, path, value) };
}

function withoutSetting(base: DiffCase, setting: NamedSetting): DiffCase {
  const [first = ""] = setting.path;
  const without = (value: JsonValue): JsonObject =>
    Object.fromEntries(Object.entries(membersOf(value)).filter(([name]) => name !== first || name === "public_key"));
  if (setting.of === "agent_ctx") return { ...base, agent_ctx: without(base.agent_ctx) };
  return { ...base, action_payload: without(base.action_payload) };
}

function placed(value: JsonValue, [name = "", ...rest]: readonly string[], leaf: JsonValue): JsonObject {
  const members = membersOf(value);
  return { ...members, [name]: rest.length === 0 ? leaf : placed(members[name] ?? {}, rest, leaf) };
}

function membersOf(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {};
}
