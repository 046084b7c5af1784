#!/usr/bin/env node
// The first words decide what is loaded: help, version, a plain `verify` and a plain look at a trace need neither the
// parser nor other commands.

const [first = "--help", ...rest] = helpAsFlag(process.argv.slice(2));
if (rest.length === 0 && (first === "--help" || first === "-h" || first === "--version")) {
  const { showOverview } = await import("./overview.ts");
  showOverview(first);
} else if (first === "verify") {
  const { startVerify } = await import("./quick-verify.ts");
  await startVerify(rest);
} else if (first === "audit" && rest[0] === "query") {
  const { startQuery } = await import("./quick-query.ts");
  await startQuery(rest.slice(1));
} else {
  const { runProcess } = await import("./run-cli.ts");
  await runProcess([first, ...rest]);
}

/** `canopy help verify` as `canopy verify --help`, `canopy help policy lint` as `canopy policy lint --help`. */
function helpAsFlag(words: readonly string[]): readonly string[] {
  return words[0] === "help" && words.length <= 3 ? [...words.slice(1), "--help"] : words;
}
