// What a recorded action would do, in words. The log keeps the kinds of effects only; the words come from reading the
// action again, as `evaluate` does: on this machine, now, without the links that were there then.

import type { JsonObject, Runtime } from "canopy-runtime";

interface Tools {
  readonly runtime: Runtime;
  readonly effectText: (effect: ReturnType<Runtime["evaluate"]>["effects"][number]) => string;
}

/** Reads actions again. The runtime is loaded when the first one is asked for. */
export class EffectWords {
  readonly #known = new WeakMap<JsonObject, readonly string[]>();
  #tools: Tools | null = null;
  #isLoading = false;
  /** Told when words can be had that could not be had before. */
  changed: () => void = () => undefined;

  /** The words for a record's content; none while the runtime loads, and for what can't be read. */
  of(content: JsonObject): readonly string[] {
    if (this.#tools === null) {
      if (!this.#isLoading) void this.#load();
      return [];
    }
    let words = this.#known.get(content);
    if (words === undefined) {
      words = wordsOf(content, this.#tools);
      this.#known.set(content, words);
    }
    return words;
  }

  async #load(): Promise<void> {
    this.#isLoading = true;
    const [{ createRuntime }, { effectText }] = await Promise.all([
      import("canopy-runtime"),
      import("canopy-runtime/effect-text"),
    ]);
    // Effects don't depend on the policy; nothing is opened for them.
    this.#tools = { runtime: createRuntime({ env: {}, policy: "default", cwd: null }), effectText };
    this.changed();
  }
}

function wordsOf(content: JsonObject, { runtime, effectText }: Tools): readonly string[] {
  const { agent_ctx, action_type, action_payload, edited_payload, cwd } = content;
  if (agent_ctx === undefined) return [];
  try {
    const place = typeof cwd === "string" ? { cwd } : {};
    const { effects } = runtime.evaluate(agent_ctx, action_type, edited_payload ?? action_payload, place);
    return effects.map(effectText);
  } catch {
    return [];
  }
}
