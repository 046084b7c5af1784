// Puts the page that verifies evidence bundles into one file, dist/verifier.html: script, style and licences inside, a
// content security policy that allows exactly these two by their hashes and no network at all.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, transform } from "esbuild";
import { root } from "./setup.mjs";

const source = join(root, "packages", "cli", "src", "verifier");
const dist = join(root, "packages", "cli", "dist");

/** Build the page. */
export async function buildVerifierPage() {
  const { outputFiles } = await build({
    entryPoints: [join(dist, "verifier", "page.js")],
    bundle: true,
    platform: "browser",
    format: "iife",
    target: "es2023",
    minify: true,
    legalComments: "none",
    write: false,
    logLevel: "warning",
  });
  const script = outputFiles[0].text.trim();
  const { code } = await transform(readFileSync(join(source, "page.css"), "utf8"), { loader: "css", minify: true });
  const style = code.trim();
  // Inside a script element `</` could end it; the same text stands behind a backslash.
  if (/<\/script|<!--/iu.test(script) || /<\/style/iu.test(style)) throw new Error("the page would end its own script");
  const places = {
    "{{script-hash}}": hashOf(script),
    "{{style-hash}}": hashOf(style),
    "<style></style>": `<style>${style}</style>`,
    "<script></script>": `<script>${script}</script>`,
    '<pre id="licences"></pre>': `<pre id="licences">${licences()}</pre>`,
  };
  let page = readFileSync(join(source, "page.html"), "utf8");
  for (const [place, text] of Object.entries(places)) {
    if (page.split(place).length !== 2) throw new Error(`the page must have ${place} once`);
    page = page.replace(place, () => text);
  }
  writeFileSync(join(dist, "verifier.html"), page);
}

function hashOf(text) {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function licences() {
  const noble = ["curves", "hashes"].map((name) => {
    const text = readFileSync(join(root, "node_modules", "@noble", name, "LICENSE"), "utf8");
    return `@noble/${name}\n\n${text.trim()}`;
  });
  return ["Canopy: Apache-2.0", ...noble].join("\n\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
