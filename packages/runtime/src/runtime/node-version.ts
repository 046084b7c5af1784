// The Node that a log can be written with. An older one decides, but has no SQLite, which locks the log.

import { CanopyError } from "../core/errors.ts";

/** The least version, as `engines` of the packages has it. */
export const LEAST_NODE = "22.18";

/** @throws {CanopyError} `LEDGER_UNAVAILABLE` when this version is older. */
export function checkNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = LEAST_NODE.split(".").map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new CanopyError(
    "LEDGER_UNAVAILABLE",
    `Node ${version} can't write a log: expected Node ${LEAST_NODE} or later`,
    {
      fix: `run it with Node ${LEAST_NODE} or later; \`node --version\` shows which one runs`,
    },
  );
}
