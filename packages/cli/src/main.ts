#!/usr/bin/env node
// The first words decide what is loaded: help and version need neither the parser nor any command.

const [first = "--help", ...rest] = process.argv.slice(2);
if (rest.length === 0 && (first === "--help" || first === "-h" || first === "--version")) {
  const { showOverview } = await import("./overview.ts");
  showOverview(first);
} else {
  const { runProcess } = await import("./run-cli.ts");
  await runProcess([first, ...rest]);
}
