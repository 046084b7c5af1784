// Texts of a log on their way into a report, without the secrets that people and agents wrote into them.

import { redactSecretsIn } from "canopy-runtime/secrets";

/** Texts that are remembered; most of a log's are few and come again and again. */
const MOST = 4096;

/** Takes secrets out of texts. Cost: linear in a text that is new, a look-up for one that came before. */
export class SecretFree {
  readonly #known = new Map<string, string>();

  /** A text without its secrets. */
  text(raw: string): string {
    const known = this.#known.get(raw);
    if (known !== undefined) return known;
    const { value } = redactSecretsIn(raw);
    const shown = typeof value === "string" ? value : raw;
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(raw, shown);
    return shown;
  }
}
