// `canopy verify` with plain words, without the parser: the command that scripts call again and again starts cheaply.
// Anything but a path and the flags below is left to the parser, so there is one place that judges words.

import { endOnInterrupt, processIo } from "./io.ts";
import { runVerify, type VerifyFlags } from "./verify-run.ts";

/** Run `canopy verify` with these words and set the exit code. */
export async function startVerify(words: readonly string[]): Promise<void> {
  const plain = plainVerify(words);
  if (plain === null) {
    const { runProcess } = await import("./run-cli.ts");
    await runProcess(["verify", ...words]);
    return;
  }
  const io = processIo();
  endOnInterrupt();
  try {
    process.exitCode = await runVerify(io, plain.flags, plain.path);
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    process.exitCode = reportError(io, error, plain.flags.json);
  }
}

/** What plain words ask for, or null when they are not plain. */
export function plainVerify(
  words: readonly string[],
): { readonly flags: VerifyFlags; readonly path: string | undefined } | null {
  let json = false;
  let quiet = false;
  let path: string | undefined;
  for (const word of words) {
    if (word === "--json" && !json) json = true;
    else if ((word === "--quiet" || word === "-q") && !quiet) quiet = true;
    else if (word !== "" && !word.startsWith("-") && path === undefined) path = word;
    else return null;
  }
  return { flags: { json, quiet, signatures: false }, path };
}
