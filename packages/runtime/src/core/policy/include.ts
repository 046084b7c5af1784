// `include`: other policies, by content. The hash pins what is included, so the hash of a policy pins all that it says.
//
//   include = [ { pack | file, sha256, with, as }, … ]
//
// What is included keeps its own parameters; the ids of its rules begin with `as`. Files are found by the host.

import type { GivenParameters } from "./parameters.ts";
import { readMap, type Members } from "./members.ts";
import type { RuleSource } from "./keys/index.ts";
import type { LabelSource } from "./keys/labels.ts";
import { isPolicyPackName, POLICY_PACK_NAMES, policyPack } from "./packs/index.ts";
import { decodePolicy, parseYaml, type Located, type LocatedEntry } from "./parse.ts";
import { MAX_POLICY_BYTES } from "./prescan.ts";
import { ProblemList } from "./problem.ts";
import { newCounts, type ReadCounts, type ValueReader } from "./rule-values.ts";
import type { Steps } from "../steps.ts";
import { suggestion } from "./suggest.ts";

/** What is to be included. One of `pack` and `file` is given. */
export interface IncludeRequest {
  readonly pack: string | null;
  readonly file: string | null;
  /** 64 lower-case hex digits: what its bytes must come to. */
  readonly sha256: string;
  /** The file that includes it; null for a pack, or a text given in code. */
  readonly from: string | null;
}

/** What was found for a request: its bytes, and the file they came from; or why there is nothing. */
export type IncludeAnswer =
  | { readonly bytes: Uint8Array | string; readonly file: string | null }
  | { readonly problem: string; readonly fix?: string };

/** Finds what a policy includes; null for what this doesn't know: then packs are looked for among the bundled ones. */
export type ResolveInclude = (request: IncludeRequest) => IncludeAnswer | null;

/** A policy that was included. */
export interface IncludedFile {
  /** As the including policy names it: a file, or `pack:<name>`. */
  readonly name: string;
  /** Where the host found it; null for a pack. */
  readonly file: string | null;
  /** `sha256:<hex>` over the bytes. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** How policies are found and named that another one includes. */
export interface IncludeTools {
  readonly resolve: ResolveInclude | null;
  readonly sha256Hex: (bytes: Uint8Array) => string;
}

/** Where a policy is being read. */
export interface ReadContext {
  /** Null: includes are looked at, but not followed. */
  readonly tools: IncludeTools | null;
  /** The file it is in; null for a pack, or a text given in code. */
  readonly from: string | null;
  /** The hashes of the policies around it. */
  readonly around: readonly string[];
  readonly given: GivenParameters | null;
  /** Shared by a policy and all that it includes. */
  readonly total: ReadTotal;
}

/** What a policy and all that it includes come to. */
export interface ReadTotal {
  readonly counts: ReadCounts;
  readonly files: IncludedFile[];
  readonly labels: LabelSource[];
  bytes: number;
  rules: number;
}

/** The context of a policy that nothing includes. */
export function topContext(tools: IncludeTools | null, from: string | null): ReadContext {
  return {
    tools,
    from,
    around: [],
    given: null,
    total: { counts: newCounts(), files: [], labels: [], bytes: 0, rules: 0 },
  };
}

/** Reads a policy, whatever includes it. */
export type ReadPolicy = (
  root: Located,
  problems: ProblemList,
  context: ReadContext,
) => Steps<{ readonly rules: readonly RuleSource[]; readonly included: readonly RuleSource[] }>;

/** How deep includes may go, and how many a policy may have in all. */
const MAX_DEPTH = 8;
const MAX_FILES = 64;

const KEYS = { known: ["pack", "file", "sha256", "with", "as"], of: "an include" };

/** Read what a policy includes: the rules, their ids prefixed. */
export function* readIncludes(
  entry: LocatedEntry | undefined,
  values: ValueReader,
  context: ReadContext,
  read: ReadPolicy,
): Steps<readonly RuleSource[]> {
  if (entry === undefined) return [];
  const rules: RuleSource[] = [];
  const prefixes = new Set<string>();
  for (const item of values.list(entry, MAX_FILES)) {
    yield;
    const members = readMap(item, KEYS, values.problems);
    if (members === null) continue;
    const reader = new IncludeReader(item, members, values);
    const prefix = reader.prefix();
    if (prefixes.has(prefix)) {
      values.problems.refuse("bad_id", item, `two includes have the prefix \`${prefix}\``, "give each its own `as`");
      continue;
    }
    prefixes.add(prefix);
    const inner = yield* reader.read(context, read);
    // Its tests are of the policy alone: what they expect may not hold beside other rules.
    for (const rule of inner) rules.push({ ...rule, id: `${prefix}.${rule.id}`, named: true, tests: [] });
  }
  return rules;
}

class IncludeReader {
  readonly #item: Located;
  readonly #members: Members;
  readonly #values: ValueReader;

  constructor(item: Located, members: Members, values: ValueReader) {
    this.#item = item;
    this.#members = members;
    this.#values = values;
  }

  /** What the ids of its rules begin with: `as`, else the pack's name or the file's without its ending. */
  prefix(): string {
    const entry = this.#members.get("as");
    const as = this.#values.text(entry);
    const name =
      as ??
      this.#text("pack") ??
      this.#text("file")
        ?.replace(/^.*[/\\]/, "")
        .replace(/\.ya?ml$/, "") ??
      "";
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name;
    if (this.#text("pack") !== null || this.#text("file") !== null) {
      const message = `\`${name}\` can't begin ids: expected letters, digits, \`.\`, \`_\` or \`-\``;
      this.#values.problems.refuse("bad_id", entry?.value ?? this.#item, message, "give `as`");
    }
    return name;
  }

  *read(context: ReadContext, read: ReadPolicy): Steps<readonly RuleSource[]> {
    const request = this.#request(context.from);
    const { tools, total } = context;
    if (request === null || tools === null) return [];
    const found = this.#find(request, tools);
    if (found === null) return [];
    const { bytes, file } = found;
    const hash = tools.sha256Hex(bytes);
    if (!this.#mayRead(hash, bytes.length, request, context)) return [];
    const name = request.pack === null ? (request.file ?? "") : `pack:${request.pack}`;
    total.files.push({ name, file, hash: `sha256:${hash}`, bytes });
    total.bytes += bytes.length;
    const problems = new ProblemList();
    const given = { values: this.#given(), problems: this.#values.problems };
    const inner = { ...context, from: file, around: [...context.around, hash], given };
    const text = decodePolicy(bytes, problems);
    const root = text === null ? null : parseYaml(text, problems);
    const policy = root === null ? null : yield* read(root, problems, inner);
    this.#report(name, problems);
    return policy === null ? [] : [...policy.included, ...policy.rules];
  }

  #request(from: string | null): IncludeRequest | null {
    const { problems } = this.#values;
    const [pack, file] = [this.#text("pack"), this.#text("file")];
    if ((pack === null) === (file === null)) {
      problems.refuse("missing_key", this.#item, "an include has one of `pack` and `file`", "name one of the two");
      return null;
    }
    const entry = this.#members.get("sha256");
    const sha256 = entry?.value.kind === "text" ? entry.value.text : null;
    if (entry !== undefined && (sha256 === null || !/^[0-9a-f]{64}$/.test(sha256))) {
      problems.refuse("wrong_type", entry.value, "`sha256` must be 64 lower-case hex digits", "quote them");
      return null;
    }
    return { pack, file, sha256: sha256 ?? "", from };
  }

  #find(request: IncludeRequest, tools: IncludeTools): { bytes: Uint8Array; file: string | null } | null {
    const { problems } = this.#values;
    const answer = tools.resolve?.(request) ?? bundled(request);
    if ("problem" in answer) {
      problems.refuse("bad_include", this.#item, `${this.#name(request)}: ${answer.problem}`, answer.fix);
      return null;
    }
    const { bytes, file } = answer;
    return { bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes, file };
  }

  #mayRead(hash: string, size: number, request: IncludeRequest, { around, total }: ReadContext): boolean {
    const { problems } = this.#values;
    const name = this.#name(request);
    if (request.sha256 !== hash) {
      const at = this.#members.get("sha256")?.value ?? this.#item;
      const fix = `look at it, then write \`sha256: "${hash}"\``;
      if (request.sha256 === "") problems.refuse("missing_key", at, `the include of ${name} has no \`sha256\``, fix);
      else problems.refuse("bad_hash", at, `${name} is not what was included: its hash is ${hash}`, fix);
    } else if (around.includes(hash)) problems.refuse("bad_include", this.#item, `${name} includes itself`);
    else if (around.length >= MAX_DEPTH) {
      problems.refuse("too_deep", this.#item, `includes go deeper than ${MAX_DEPTH} policies`);
    } else if (total.files.length >= MAX_FILES || total.bytes + size > MAX_POLICY_BYTES) {
      const message = `the policy includes too much: expected at most ${MAX_FILES} policies of ${MAX_POLICY_BYTES} bytes together`;
      problems.refuse("too_large", this.#item, message);
    } else return true;
    return false;
  }

  #given(): Members {
    const entry = this.#members.get("with");
    if (entry === undefined) return new Map();
    if (entry.value.kind === "map") return new Map(entry.value.entries.map((one) => [one.key, one]));
    this.#values.problems.refuse("wrong_type", entry.value, "`with` is a map: expected `name: value`");
    return new Map();
  }

  // What is wrong inside stands in another file: it is told here, with its place there.
  #report(name: string, found: ProblemList): void {
    for (const { code, refused, line, col, message, fix } of found.problems.slice(0, 3)) {
      if (refused) this.#values.problems.refuse(code, this.#item, `${name}:${line}:${col}: ${message}`, fix);
    }
  }

  #name({ pack, file }: IncludeRequest): string {
    return pack === null ? `\`${file ?? ""}\`` : `the pack \`${pack}\``;
  }

  #text(key: string): string | null {
    const value = this.#members.get(key)?.value;
    return value?.kind === "text" && value.text !== "" && value.text.length <= 1024 ? value.text : null;
  }
}

function bundled({ pack, file }: IncludeRequest): IncludeAnswer {
  if (pack !== null && isPolicyPackName(pack)) return { bytes: policyPack(pack), file: null };
  if (pack !== null) return { problem: "there is no such pack", fix: suggestion(pack, POLICY_PACK_NAMES) };
  return {
    problem: `a policy without a file of its own includes no files (\`${file ?? ""}\`)`,
    fix: "give it as a file",
  };
}
