// Other policy engines that a policy asks: the key `engines`. They are asked before evaluation; what they said is a fact.
//
//   engines = [ engine, … ]
//   engine  = { id, engine: cedar,    file, sha256, schema?, schema_sha256?,         timeout?, no_opinion? }
//           | { id, engine: opa-wasm, file, sha256, data?, data_sha256?, entrypoint, timeout?, no_opinion? }
//           | { id, engine: opa-http, url,                       entrypoint,         timeout?, no_opinion? }
//
// A file is pinned by the hash of its bytes, so that the policy's own hash says all that was asked.

import type { Members } from "../members.ts";
import type { Located, LocatedEntry } from "../parse.ts";
import type { Place } from "../problem.ts";
import type { ValueReader } from "../rule-values.ts";
import { suggestion } from "../suggest.ts";

/** A file, relative to the policy's folder or absolute, and the SHA-256 of its bytes as 64 hex digits. */
export interface PinnedFile {
  readonly file: string;
  readonly sha256: string;
}

interface EngineBase extends Place {
  readonly id: string;
  /** How long it may take over one action. */
  readonly timeout_ms: number;
  /** What it means when the engine has nothing to say of an action. */
  readonly no_opinion: "deny" | "pass";
}

/** Cedar policies, and the schema that they are validated against when one is given. */
export interface CedarSource extends EngineBase {
  readonly engine: "cedar";
  readonly file: PinnedFile;
  readonly schema: PinnedFile | null;
}

/** Rego compiled to WebAssembly, and the data it is given. */
export interface RegoSource extends EngineBase {
  readonly engine: "opa-wasm";
  readonly file: PinnedFile;
  readonly data: PinnedFile | null;
  /** Such as `canopy/decision`. */
  readonly entrypoint: string;
}

/** An Open Policy Agent that answers over HTTP. */
export interface RemoteSource extends EngineBase {
  readonly engine: "opa-http";
  /** Where its API begins; nothing behind the host but a path. */
  readonly url: string;
  readonly entrypoint: string;
}

/** An engine that a policy names. */
export type EngineSource = CedarSource | RegoSource | RemoteSource;

/** The most engines of a policy. */
const MAX_ENGINES = 8;
/** The longest that an engine may take, in ms: no policy holds a decision longer. */
const MAX_TIMEOUT_MS = 250;
const DEFAULT_TIMEOUT_MS = 100;

const COMMON_KEYS: readonly string[] = ["id", "engine", "timeout", "no_opinion"];
const KEYS: Readonly<Record<EngineSource["engine"], readonly string[]>> = {
  cedar: [...COMMON_KEYS, "file", "sha256", "schema", "schema_sha256"],
  "opa-wasm": [...COMMON_KEYS, "file", "sha256", "data", "data_sha256", "entrypoint"],
  "opa-http": [...COMMON_KEYS, "url", "entrypoint"],
};

/** Read the engines of a policy. What is wrong goes to `values.problems`; a policy that is included can have none. */
export function readEngines(
  entry: LocatedEntry | undefined,
  values: ValueReader,
  isIncluded: boolean,
): readonly EngineSource[] {
  if (entry === undefined) return [];
  const { problems } = values;
  if (isIncluded) {
    const fix = "name them in the policy that includes it";
    problems.refuse("unknown_key", entry, "a policy that is included can't have `engines`", fix);
    return [];
  }
  const list = entry.value;
  if (list.kind !== "list" || list.items.length === 0) {
    problems.refuse(list.kind === "list" ? "empty" : "wrong_type", list, "`engines` must be a list of engines");
    return [];
  }
  if (list.items.length > MAX_ENGINES) {
    problems.refuse("too_large", list, `the policy has ${list.items.length} engines: expected at most ${MAX_ENGINES}`);
    return [];
  }
  const engines = list.items.flatMap((item) => new EngineReader(item, values).read());
  for (const [at, engine] of engines.entries()) {
    const first = engines.findIndex(({ id }) => id === engine.id);
    if (first < at) problems.refuse("bad_id", engine, `the id \`${engine.id}\` is taken by another engine`);
  }
  return engines;
}

class EngineReader {
  readonly #at: Located;
  readonly #values: ValueReader;
  #members: Members = new Map();

  constructor(at: Located, values: ValueReader) {
    this.#at = at;
    this.#values = values;
  }

  read(): readonly EngineSource[] {
    if (this.#at.kind !== "map") {
      this.#values.problems.refuse("wrong_type", this.#at, "an engine is a map: expected `- id: …`");
      return [];
    }
    const members = new Map(this.#at.entries.map((entry) => [entry.key, entry]));
    this.#members = members;
    const engine = this.#engine();
    if (engine === null) return [];
    for (const entry of this.#at.entries) {
      if (KEYS[engine].includes(entry.key)) continue;
      const message = `unknown key \`${entry.key}\` in an engine \`${engine}\``;
      this.#values.problems.refuse("unknown_key", entry, message, suggestion(entry.key, KEYS[engine]));
    }
    const source = this.#source(engine);
    return source === null ? [] : [source];
  }

  #engine(): EngineSource["engine"] | null {
    const text = this.#text("engine");
    if (text === null) return null;
    if (text === "cedar" || text === "opa-wasm" || text === "opa-http") return text;
    this.#refuse("unknown_value", "engine", `unknown engine \`${text}\``, suggestion(text, Object.keys(KEYS)));
    return null;
  }

  #source(engine: EngineSource["engine"]): EngineSource | null {
    const base = this.#base();
    if (base === null) return null;
    switch (engine) {
      case "cedar": {
        const file = this.#pinned("file", "sha256");
        const schema = this.#members.has("schema") ? this.#pinned("schema", "schema_sha256") : null;
        return file === null ? null : { ...base, engine, file, schema };
      }
      case "opa-wasm": {
        const file = this.#pinned("file", "sha256");
        const entrypoint = this.#entrypoint();
        const data = this.#members.has("data") ? this.#pinned("data", "data_sha256") : null;
        return file === null || entrypoint === null ? null : { ...base, engine, file, data, entrypoint };
      }
      case "opa-http": {
        const url = this.#url();
        const entrypoint = this.#entrypoint();
        return url === null || entrypoint === null ? null : { ...base, engine, url, entrypoint };
      }
      default:
        return engine satisfies never;
    }
  }

  #base(): EngineBase | null {
    const id = this.#text("id");
    if (id === null) return null;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
      const message = "an id is 1 to 64 letters, digits, `.`, `_` or `-`, and begins with a letter or digit";
      this.#refuse("bad_id", "id", message);
      return null;
    }
    const { line, col } = this.#at;
    return { line, col, id, timeout_ms: this.#timeout(), no_opinion: this.#noOpinion() };
  }

  #timeout(): number {
    if (!this.#members.has("timeout")) return DEFAULT_TIMEOUT_MS;
    const text = this.#text("timeout");
    const ms = Number(/^([1-9]\d{0,2})ms$/.exec(text ?? "")?.[1] ?? 0);
    if (ms >= 1 && ms <= MAX_TIMEOUT_MS) return ms;
    const message = `\`timeout\` must be 1ms to ${MAX_TIMEOUT_MS}ms`;
    if (text !== null) this.#refuse("unknown_value", "timeout", message, "write for example `100ms`");
    return DEFAULT_TIMEOUT_MS;
  }

  #noOpinion(): "deny" | "pass" {
    if (!this.#members.has("no_opinion")) return "deny";
    const text = this.#text("no_opinion");
    if (text === "deny" || text === "pass") return text;
    if (text !== null) this.#refuse("unknown_value", "no_opinion", "`no_opinion` must be `deny` or `pass`");
    return "deny";
  }

  #entrypoint(): string | null {
    const text = this.#text("entrypoint");
    if (text === null || /^[A-Za-z_][\w]*(?:\/[A-Za-z_][\w]*)*$/.test(text)) return text;
    const fix = "name a rule by its package and name, such as `canopy/decision`";
    this.#refuse("unknown_value", "entrypoint", `\`${text}\` is no entry point`, fix);
    return null;
  }

  #pinned(key: string, hashKey: string): PinnedFile | null {
    const file = this.#text(key);
    const sha256 = this.#text(hashKey);
    if (file === null || sha256 === null) return null;
    if (file.split(/[\\/]/).includes("..") || file.includes("\\")) {
      this.#refuse("unknown_value", key, `\`${key}\` must be a file below the policy's folder, or an absolute path`);
      return null;
    }
    if (/^[0-9a-f]{64}$/.test(sha256)) return { file, sha256 };
    this.#refuse("unknown_value", hashKey, `\`${hashKey}\` must be the SHA-256 of the file: 64 lower-case hex digits`);
    return null;
  }

  #url(): string | null {
    const text = this.#text("url");
    if (text === null) return null;
    const why = urlProblem(text);
    if (why === null) return text;
    this.#refuse(
      "unknown_value",
      "url",
      `\`url\` ${why}`,
      "write for example `https://opa.example.com` or `http://127.0.0.1:8181`",
    );
    return null;
  }

  #text(key: string): string | null {
    const entry = this.#members.get(key);
    if (entry === undefined) {
      this.#values.problems.refuse("missing_key", this.#at, `the engine has no \`${key}\``);
      return null;
    }
    return this.#values.text(entry);
  }

  #refuse(code: "unknown_value" | "bad_id", key: string, message: string, fix?: string): void {
    this.#values.problems.refuse(code, this.#members.get(key)?.value ?? this.#at, message, fix);
  }
}

// What goes over a network unencrypted could be answered by anybody.
function urlProblem(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "must be a URL";
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https:// or http://";
  if (url.username !== "" || url.password !== "") return "must not hold a name or password";
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(text)) return "must not have a query or fragment";
  const isLoopback = url.hostname === "localhost" || url.hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(url.hostname);
  return url.protocol === "http:" && !isLoopback ? "must be https, but on this machine itself" : null;
}
