// Tests of policies as YAML, read as strictly as policies: what means nothing is refused with its place.
//
//   policy: policy.yaml                          # a pack's name, or a file beside this one; default: by the file's name
//   defaults: {agent_ctx: {…}, now: "2026-01-01T12:00:00Z", cwd: /srv/app, home: /home/agent}
//   tests:
//     - name: small refunds pass
//       agent_ctx: {environment: production}     # merged over the defaults
//       action_type: refund
//       action_payload: {amount: 10}
//       engines: {company: DENY}                 # what other engines say; default: ALLOW
//       expect: ALLOW
//     - name: the hundredth payment stops
//       action_type: spend_money                 # what all steps share
//       steps:
//         - {repeat: 20, after: 1m, action_payload: {…}, outcome: ok, expect: ALLOW}
//         - {action_payload: {…}, expect: {decision: DENY, rule: daily-spend}}

import type { JsonObject, JsonValue } from "../../json.ts";
import { decodePolicy, parseYaml, type Located, type LocatedEntry } from "../parse.ts";
import { ProblemList, type Place, type Problem } from "../problem.ts";
import type { ExternalFacts } from "../engines/external-answer.ts";
import { durationMs, instantMs } from "./instant.ts";
import type { PolicyTest, PolicyTestFile, StepOutcome, TestStep } from "./policy-test.ts";
import { readEngineAnswers } from "./read-engine-answers.ts";
import { readExpectation } from "./read-expectation.ts";
import { itemsOf, readJson, readJsonObject, readMembers, readText, readWord, type Members } from "./strict-map.ts";

/** The most tests in a file, and steps in a test. */
export const MAX_TESTS = 5000;
/** How many requests all tests of a file may come to. */
export const MAX_REQUESTS = 100_000;

const FILE_KEYS = ["policy", "defaults", "tests"] as const;
const SHARED_KEYS = ["agent_ctx", "action_type", "action_payload", "cwd", "engines"] as const;
const DEFAULT_KEYS = [...SHARED_KEYS, "now", "home"] as const;
const TEST_KEYS = ["name", ...DEFAULT_KEYS, "after", "repeat", "outcome", "expect", "steps"] as const;
const STEP_KEYS = [...SHARED_KEYS, "after", "repeat", "outcome", "expect"] as const;
const OUTCOMES: readonly StepOutcome[] = ["ok", "error", "none", "approve"];

type Key = (typeof TEST_KEYS)[number];

/** What a request has when a test says nothing else. */
interface Defaults {
  readonly agent_ctx: JsonObject;
  readonly action_type: string | null;
  readonly action_payload: JsonValue;
  readonly cwd: string | null;
  readonly home: string | null;
  readonly now_ms: number;
  readonly engines: ExternalFacts;
}

const DEFAULTS: Defaults = {
  agent_ctx: { public_key: "agent-under-test" },
  action_type: null,
  action_payload: {},
  cwd: null,
  home: "/home/agent",
  // 2026-01-01T12:00:00Z, a Thursday.
  now_ms: 1_767_268_800_000,
  engines: {},
};

/** A file of tests, or everything that is wrong with it. Cost: linear in the text. */
export type TestFileResult =
  | { readonly file: PolicyTestFile; readonly problems: null }
  | { readonly file: null; readonly problems: readonly Problem[] };

/** Read a file of tests. */
export function readTestFile(bytes: Uint8Array | string): TestFileResult {
  const problems = new ProblemList();
  const text = decodePolicy(bytes, problems);
  const root = text === null ? null : parseYaml(text, problems);
  const file = root === null ? null : readRoot(root, problems);
  return file === null || problems.refused ? { file: null, problems: problems.problems } : { file, problems: null };
}

/** The tests that stand beside a rule: of its (first) type, and about it, unless they say otherwise. */
export function readRuleTests(
  items: readonly Located[],
  rule: { readonly id: string; readonly types: readonly string[] },
  problems: ProblemList,
): readonly PolicyTest[] {
  const reader = new TestReader({ ...DEFAULTS, action_type: rule.types[0] ?? null }, problems);
  return items.flatMap((item, index) => reader.test(item, { name: `${rule.id}, test ${index + 1}`, rule: rule.id }));
}

function readRoot(root: Located, problems: ProblemList): PolicyTestFile | null {
  const members = readMembers(root, FILE_KEYS, "a file of tests", problems);
  if (members === null) return null;
  const policy = members.get("policy");
  const name = readText(policy, problems);
  const tests = members.get("tests");
  if (tests === undefined) {
    problems.refuse("missing_key", root, "the key `tests` is missing: expected a list of tests");
    return null;
  }
  const { value } = tests;
  if (value.kind !== "list" || value.items.length === 0) {
    const code = value.kind === "list" ? "empty" : "wrong_type";
    problems.refuse(code, value, "`tests` must be a list of at least one test");
    return null;
  }
  if (value.items.length > MAX_TESTS) {
    problems.refuse("too_large", value, `${value.items.length} tests: expected at most ${MAX_TESTS} in a file`);
    return null;
  }
  const reader = new TestReader(readDefaults(members.get("defaults"), problems), problems);
  return {
    policy: name === null || policy === undefined ? null : { name, line: policy.value.line, col: policy.value.col },
    tests: value.items.flatMap((item, index) => reader.test(item, { name: `test ${index + 1}`, rule: null })),
  };
}

function readDefaults(entry: LocatedEntry | undefined, problems: ProblemList): Defaults {
  if (entry === undefined) return DEFAULTS;
  const members = readMembers(entry.value, DEFAULT_KEYS, "`defaults`", problems);
  return members === null ? DEFAULTS : merged(DEFAULTS, members, problems);
}

function merged(under: Defaults, members: Members<Key>, problems: ProblemList): Defaults {
  const payload = members.get("action_payload");
  return {
    agent_ctx: readContext(under.agent_ctx, members.get("agent_ctx"), problems),
    action_type: readText(members.get("action_type"), problems) ?? under.action_type,
    action_payload: payload === undefined ? under.action_payload : readJson(payload.value, problems),
    cwd: readFolder(members.get("cwd"), under.cwd, problems),
    home: readFolder(members.get("home"), under.home, problems),
    now_ms: readInstant(members.get("now"), problems) ?? under.now_ms,
    engines: { ...under.engines, ...readEngineAnswers(members.get("engines"), problems) },
  };
}

function readContext(under: JsonObject, entry: LocatedEntry | undefined, problems: ProblemList): JsonObject {
  if (entry === undefined) return under;
  const { value } = entry;
  if (value.kind === "map") return { ...under, ...readJsonObject(value.entries, problems) };
  problems.refuse("wrong_type", value, "`agent_ctx` must be a map", "write {environment: production}");
  return under;
}

function readFolder(entry: LocatedEntry | undefined, under: string | null, problems: ProblemList): string | null {
  if (entry === undefined) return under;
  if (entry.value.kind === "null") return null;
  const text = readText(entry, problems);
  if (text === null || text.startsWith("/")) return text;
  problems.refuse("unknown_value", entry.value, `\`${entry.key}\` must be an absolute path`, "begin it with /");
  return under;
}

function readInstant(entry: LocatedEntry | undefined, problems: ProblemList): number | null {
  const text = readText(entry, problems);
  if (entry === undefined || text === null) return null;
  const at = instantMs(text);
  const fix = "write it in UTC, like 2026-01-01T12:00:00Z";
  if (at === null) problems.refuse("unknown_value", entry.value, `\`${text}\` is no point in time`, fix);
  return at;
}

class TestReader {
  readonly #defaults: Defaults;
  readonly #problems: ProblemList;
  readonly #names = new Map<string, Place>();
  #requests = 0;
  /** Whether an expectation could not be read: then it is not also told that there is none. */
  #unreadable = false;

  constructor(defaults: Defaults, problems: ProblemList) {
    this.#defaults = defaults;
    this.#problems = problems;
  }

  /** Read one test. Nothing (and a problem) when it can't be. */
  test(item: Located, called: { readonly name: string; readonly rule: string | null }): readonly PolicyTest[] {
    const members = readMembers(item, TEST_KEYS, "a test", this.#problems);
    if (members === null) return [];
    const shared = merged(this.#defaults, members, this.#problems);
    const name = readText(members.get("name"), this.#problems) ?? called.name;
    this.#claim(name, members.get("name") ?? item);
    const list = members.get("steps");
    const steps = list === undefined ? this.#step(item, members, shared) : this.#steps(list, members, shared);
    if (steps.length > 0 && !this.#unreadable && steps.every(({ expect }) => expect === null)) {
      this.#problems.refuse("no_effect", item, "the test expects nothing, so it could not fail", "add `expect: DENY`");
    }
    const { line, col } = item;
    const { now_ms, home } = shared;
    return [{ line, col, name, rule: called.rule, now_ms, home, steps, sequence: list !== undefined }];
  }

  #claim(name: string, at: Place): void {
    const first = this.#names.get(name);
    if (first === undefined) this.#names.set(name, at);
    else {
      const message = `a test on line ${first.line} has the name \`${name}\` already`;
      this.#problems.refuse("bad_id", at, message, "give each test a name of its own");
    }
  }

  #steps(list: LocatedEntry, members: Members<Key>, shared: Defaults): readonly TestStep[] {
    for (const key of ["after", "repeat", "outcome", "expect"] as const) {
      const entry = members.get(key);
      if (entry === undefined) continue;
      this.#problems.refuse(
        "unknown_key",
        entry,
        `\`${key}\` beside \`steps\` belongs to no request`,
        "put it in a step",
      );
    }
    const items = itemsOf(list.value);
    if (items.length === 0 || items.length > MAX_TESTS) {
      this.#problems.refuse("empty", list.value, `\`steps\` must be a list of 1 to ${MAX_TESTS} requests`);
      return [];
    }
    return items.flatMap((item) => {
      const own = readMembers(item, STEP_KEYS, "a step", this.#problems);
      return own === null ? [] : this.#step(item, own, merged(shared, own, this.#problems));
    });
  }

  #step(at: Place, members: Members<Key>, request: Defaults): readonly TestStep[] {
    const { agent_ctx, action_type, action_payload, cwd, engines } = request;
    if (action_type === null) {
      const fix = "add it here, or to what the tests share";
      this.#problems.refuse("missing_key", at, "the request has no `action_type`", fix);
      return [];
    }
    const entry = members.get("expect");
    const expect = entry === undefined ? null : readExpectation(entry, this.#problems);
    this.#unreadable ||= entry !== undefined && expect === null;
    const repeat = this.#repeat(members.get("repeat"));
    return [
      {
        line: at.line,
        col: at.col,
        agent_ctx,
        action_type,
        action_payload,
        cwd,
        engines,
        after_ms: this.#duration(members.get("after")),
        repeat,
        outcome: readWord(members.get("outcome"), OUTCOMES, this.#problems) ?? "ok",
        expect,
      },
    ];
  }

  #repeat(entry: LocatedEntry | undefined): number {
    const { value } = entry ?? {};
    const times = value === undefined ? 1 : value.kind === "number" ? Number(value.source) : 0;
    this.#requests += times;
    if (value !== undefined && !(Number.isSafeInteger(times) && times >= 1 && times <= MAX_REQUESTS)) {
      const message = `\`repeat\` must be a whole number from 1 to ${MAX_REQUESTS}`;
      this.#problems.refuse("wrong_type", value, message);
      return 1;
    }
    if (this.#requests > MAX_REQUESTS && value !== undefined) {
      this.#problems.refuse("too_large", value, `the tests come to over ${MAX_REQUESTS} requests`, "repeat less");
    }
    return times;
  }

  #duration(entry: LocatedEntry | undefined): number {
    const text = readText(entry, this.#problems);
    if (entry === undefined || text === null) return 0;
    const length = durationMs(text);
    const fix = "write it like 30s, 15m, 24h or 7d";
    if (length === null) this.#problems.refuse("unknown_value", entry.value, `\`${text}\` is no length of time`, fix);
    return length ?? 0;
  }
}
