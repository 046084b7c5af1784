#!/usr/bin/env node
// The first words decide what is loaded: help, version and a plain `verify` need neither the parser nor other commands.

const [first = "--help", ...rest] = process.argv.slice(2);
if (rest.length === 0 && (first === "--help" || first === "-h" || first === "--version")) {
  const { showOverview } = await import("./overview.ts");
  showOverview(first);
} else if (first === "verify") {
  const { startVerify } = await import("./quick-verify.ts");
  await startVerify(rest);
} else {
  const { runProcess } = await import("./run-cli.ts");
  await runProcess([first, ...rest]);
}
