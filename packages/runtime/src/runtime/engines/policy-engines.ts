// The engines of one policy: their files, read once and compared with the hashes that the policy names, and asking them.

import { dirname, isAbsolute, resolve } from "node:path";
import {
  engineInputs,
  failed,
  stricterAnswer,
  type EngineQuestion,
  type EngineSource,
  type ExternalAnswer,
  type ExternalFacts,
  type PinnedFile,
} from "../../core/policy/index.ts";
import { sha256Hex } from "../../storage/chain-host.ts";
import { readPolicyFile } from "../read-policy-file.ts";
import { EngineThread } from "./engine-thread.ts";
import type { EngineFiles } from "./engine-verdict.ts";
import { RemoteOpa } from "./remote-opa.ts";

/** A file of an engine, as it was read. */
export interface EngineFile {
  /** Absolute. */
  readonly file: string;
  /** `sha256:<hex>` over the bytes. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** An engine that failed before it was asked anything. */
export interface FailedEngine {
  readonly id: string;
  readonly answer: Extract<ExternalAnswer, { kind: "failed" }>;
}

interface Asker {
  readonly source: EngineSource;
  readonly ask: (inputs: NonNullable<ReturnType<typeof engineInputs>>) => Promise<readonly ExternalAnswer[]>;
  readonly started: () => Promise<ExternalAnswer | null>;
  readonly close: () => void;
}

/** The engines of a policy, open. */
export class PolicyEngines {
  readonly #askers: readonly Asker[];
  readonly #files: EngineFile[] = [];
  #asking = 0;
  #isClosing = false;

  /** Reads the files at once, and begins to make the engines ready. Never throws: an engine that can't be used denies. */
  constructor(sources: readonly EngineSource[], policy_file: string | null) {
    const folder = policy_file === null ? null : dirname(policy_file);
    this.#askers = sources.map((source) => this.#open(source, folder));
  }

  /** The files that were read, each as the policy names it. */
  get files(): readonly EngineFile[] {
    return this.#files;
  }

  /** The engines that can't be used. Waits until all have been made ready, or have failed to. */
  async failures(): Promise<readonly FailedEngine[]> {
    const answers = await Promise.all(
      this.#askers.map(async ({ source, started }) => ({ id: source.id, answer: await started() })),
    );
    return answers.flatMap(({ id, answer }) => (answer?.kind === "failed" ? [{ id, answer }] : []));
  }

  /** Ask every engine about actions and the calls in them. Takes no longer than the slowest engine may. Never rejects. */
  async ask(questions: readonly EngineQuestion[]): Promise<ExternalFacts> {
    const each = questions.map(engineInputs);
    const inputs = each.every((list) => list !== null) ? each.flat() : null;
    this.#asking += 1;
    try {
      const answers = await Promise.all(
        this.#askers.map(async ({ source, ask }) => {
          const all =
            inputs === null ? [failed("error", "is not asked about so many calls at once")] : await ask(inputs);
          return [source.id, strictest(all, source)] as const;
        }),
      );
      return Object.fromEntries(answers);
    } finally {
      this.#asking -= 1;
      if (this.#isClosing) this.close();
    }
  }

  /** End the engines, once what is being asked has been answered. */
  close(): void {
    this.#isClosing = true;
    if (this.#asking > 0) return;
    for (const { close } of this.#askers) close();
  }

  #open(source: EngineSource, folder: string | null): Asker {
    if (source.engine === "opa-http") {
      const remote = new RemoteOpa(source);
      const ask: Asker["ask"] = (inputs) => remote.ask(inputs);
      return { source, ask, started: () => Promise.resolve(null), close: () => remote.close() };
    }
    const files = this.#filesOf(source, folder);
    if ("kind" in files) return unusable(source, files);
    const thread = new EngineThread({ engine: source.engine, files }, source.timeout_ms);
    return {
      source,
      ask: (inputs) => thread.ask(inputs),
      started: () => thread.started(),
      close: () => thread.close(),
    };
  }

  #filesOf(source: Exclude<EngineSource, { engine: "opa-http" }>, folder: string | null): EngineFiles | ExternalAnswer {
    const main = this.#read(source.file, folder);
    if (!(main instanceof Uint8Array)) return main;
    const pinned = source.engine === "cedar" ? source.schema : source.data;
    const extra = pinned === null ? null : this.#read(pinned, folder);
    if (extra !== null && !(extra instanceof Uint8Array)) return extra;
    return { main, extra, entrypoint: source.engine === "cedar" ? "" : source.entrypoint };
  }

  #read({ file, sha256 }: PinnedFile, folder: string | null): Uint8Array | ExternalAnswer {
    if (folder === null && !isAbsolute(file)) {
      return failed("missing", `needs the file ${file}, and a policy without a file has no folder`);
    }
    const path = resolve(folder ?? "/", file);
    const bytes = readPolicyFile(path);
    if (!(bytes instanceof Uint8Array)) return failed("missing", `needs the file ${file}: ${bytes.message}`);
    const found = sha256Hex(bytes);
    if (found !== sha256)
      return failed("wrong_hash", `has another file ${file} than the policy names: its SHA-256 is ${found}`);
    this.#files.push({ file: path, hash: `sha256:${found}`, bytes });
    return bytes;
  }
}

function unusable(source: EngineSource, answer: ExternalAnswer): Asker {
  const given = Promise.resolve(answer);
  return { source, ask: async () => [await given], started: () => given, close: () => undefined };
}

function strictest(answers: readonly ExternalAnswer[], { no_opinion }: EngineSource): ExternalAnswer {
  const [first = failed("unreadable", "answered nothing"), ...others] = answers;
  return others.reduce((best, answer) => stricterAnswer(best, answer, no_opinion), first);
}
