// A command that runs inside of a container: what of it reaches further.

import type { Effect } from "../effect.ts";
import { infra } from "./infra-change.ts";
import type { ProgramCall, Word } from "./program.ts";

/**
 * What a command inside a container does. Its files and system are the container's own, so only what leaves it
 * counts, unless the container reaches the host.
 */
export function inside(call: ProgramCall, words: readonly Word[], escaped: boolean): readonly Effect[] {
  const effects = call.run.words(words, call.stdin);
  if (escaped) return effects;
  const outside = effects.filter(
    (effect) =>
      !/^(fs\.|device\.|host\.|privilege\.|package\.|process\.|persist\.|exec\.program|exec\.unresolved|secret\.read)/.test(
        effect.kind,
      ),
  );
  const empties = effects.some(
    (effect) =>
      effect.kind === "device.write" ||
      (effect.kind === "fs.delete" && (effect.target.zone === "root" || effect.target.zone === "system")),
  );
  return empties ? [...outside, infra(call, "containers", "emptying a container", true)] : outside;
}
