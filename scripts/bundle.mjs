// Bundles the starts of the commands that scripts call again and again, each into one file instead of twenty: finding
// and reading modules is most of what such a start costs. What comes later is loaded from where the compiler put it.
//
//   dist/main.js               ->  dist/start/canopy.js         which of the following is asked for
//   dist/quick-verify.js       ->  dist/start/quick-verify.js   `canopy verify LOG`
//   dist/quick-query.js        ->  dist/start/quick-query.js    `canopy audit query LOG --trace ID`
//   dist/bin/canopy-verify.js  ->  dist/start/canopy-verify.js
//
// And the page that verifies evidence bundles (verifier-page.mjs).
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./setup.mjs";
import { buildVerifierPage } from "./verifier-page.mjs";

const dist = join(root, "packages", "cli", "dist");
const STARTS = ["main.js", "quick-verify.js", "quick-query.js", join("bin", "canopy-verify.js")];

// A bundle starts another one, or leaves to the parser; what it imports in any other way is part of it.
const SEEN_FROM_START = new Map([
  ["./overview.js", "../overview.js"],
  ["./quick-verify.js", "./quick-verify.js"],
  ["./quick-query.js", "./quick-query.js"],
  ["./run-cli.js", "../run-cli.js"],
]);
const leaveStarts = {
  name: "leave-starts",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\// }, ({ kind, path }) => {
      const found = kind === "dynamic-import" ? SEEN_FROM_START.get(path) : undefined;
      return found === undefined ? null : { path: found, external: true };
    });
  },
};

rmSync(join(dist, "start"), { recursive: true, force: true });
await build({
  entryPoints: STARTS.map((start) => ({ in: join(dist, start), out: nameOf(start) })),
  outdir: join(dist, "start"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22.18",
  plugins: [leaveStarts],
  logLevel: "warning",
});
await buildVerifierPage();
for (const start of STARTS) chmodSync(join(dist, "start", `${nameOf(start)}.js`), 0o755);

function nameOf(start) {
  return start === "main.js" ? "canopy" : start.replace(/^bin[\\/]/u, "").replace(/\.js$/u, "");
}
