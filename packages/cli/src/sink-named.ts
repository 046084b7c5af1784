// A sink of the configuration, by its name.

import { CanopyError } from "canopy-runtime/errors";
import { sinkTargets } from "canopy-runtime/sinks";
import type { Io } from "./io.ts";

/**
 * The name, when one of the configured sinks has it.
 *
 * @throws {CanopyError} `USAGE` when none has; `INVALID_CONFIG` for a setting that is no sink.
 */
export function sinkNamed(sinks: readonly string[], env: Io["env"], name: string): string {
  const names = sinkTargets(sinks, env).map((target) => target.name);
  if (names.includes(name)) return name;
  throw new CanopyError("USAGE", `\`${name}\` is no sink of the configuration`, {
    fix: names.length === 0 ? "the setting `sinks` is empty" : `expected one of ${names.join(", ")}`,
  });
}
