// `canopy verify` with plain words, without the parser: the command that scripts call again and again starts cheaply.
// Anything but a path and the flags below is left to the parser, so there is one place that judges words. The build
// bundles this module and all that it imports into one file (scripts/bundle.mjs): it imports nothing large.

import { endOnInterrupt, processIo, type Io } from "./io.ts";
import { runVerify, type VerifyFlags } from "./verify-run.ts";

/** Run `canopy verify` with these words and end the process with its exit code. */
export async function startVerify(words: readonly string[]): Promise<void> {
  const plain = plainVerify(words);
  if (plain === null) {
    const { runProcess } = await import("./run-cli.ts");
    await runProcess(["verify", ...words]);
    return;
  }
  const io = processIo();
  endOnInterrupt();
  // All output is written by now, synchronously: to wait for the end of the event loop would only collect garbage.
  process.exit(await exitOf(io, plain));
}

async function exitOf(io: Io, { flags, path }: PlainVerify): Promise<number> {
  try {
    return await runVerify(io, flags, path);
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    return reportError(io, error, flags.json);
  }
}

interface PlainVerify {
  readonly flags: Pick<VerifyFlags, "json" | "quiet">;
  readonly path: string;
}

/** What plain words ask for, or null when they are not plain. */
function plainVerify(words: readonly string[]): PlainVerify | null {
  let json = false;
  let quiet = false;
  let path: string | undefined;
  for (const word of words) {
    if (word === "--json" && !json) json = true;
    else if ((word === "--quiet" || word === "-q") && !quiet) quiet = true;
    else if (word !== "" && !word.startsWith("-") && !word.endsWith(".canopy-evidence") && path === undefined)
      path = word;
    else return null;
  }
  return path === undefined ? null : { flags: { json, quiet }, path };
}
