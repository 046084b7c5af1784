// The engine with all mutants of its files in it, as one script that can be run anew within a millisecond's reach: an
// instance of it is the engine from its first import on, so that mutants of tables can be there from the start.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { build, transform } from "esbuild";
import { root } from "../../setup.mjs";

const SWITCH = /stryMutAct_9fa48\("\w+-(\d+)"\)/g;
const COVERAGE = /stryCov_9fa48\(((?:"\w+-\d+"(?:, )?)+)\)/g;
const DIST = join(root, "packages", "runtime", "dist");
const require = createRequire(import.meta.url);

/**
 * Makes the script. `texts` are the files with their switches, `entry` a compiled file of the runtime that exports what
 * an instance offers. Returns `start(mutation)`, which runs the script: `mutation` has the number of the `active` mutant
 * (-1: none), `hit()`, called whenever it takes effect, and `seen`, bytes by number: 1 where a mutant was passed.
 */
export async function makeWorld(texts, entry) {
  const switched = await Promise.all([...texts].map(async ([file, text]) => [compiledPath(file), await inlined(text)]));
  const codeOf = new Map(switched);
  const { outputFiles } = await build({
    entryPoints: [join(DIST, entry)],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    logLevel: "error",
    define: { "import.meta.url": "IMPORT_META_URL" },
    plugins: [{ name: "mutants", setup: (it) => it.onLoad({ filter: /\.js$/ }, ({ path }) => load(path, codeOf)) }],
  });
  const url = JSON.stringify(new URL(`file://${join(DIST, entry)}`).href);
  const source = `(function (require, M) { const IMPORT_META_URL = ${url}, V = M.seen, module = { exports: {} };\n${outputFiles[0].text}\nreturn module.exports; })`;
  const run = new Script(source, { filename: "world.js" }).runInThisContext();
  return { start: (mutation) => run(require, mutation) };
}

function compiledPath(file) {
  return join(DIST, file.replace(/\.ts$/, ".js"));
}

function load(path, codeOf) {
  const code = codeOf.get(path) ?? readFileSync(path, "utf8");
  return { contents: code, loader: "js", resolveDir: dirname(path) };
}

// The library's calls as plain looks at a number: a call each would cost many times as much.
async function inlined(text) {
  const plain = text
    .replace(SWITCH, "(M.active === $1 && M.hit())")
    .replace(
      COVERAGE,
      (_call, list) =>
        `(${list
          .match(/\d+/g)
          .map((id) => `V[${id}] = `)
          .join("")}1)`,
    )
    .replaceAll(/((?:from|import) |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"');
  const { code } = await transform(plain, {
    loader: "ts",
    target: "node22",
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return code;
}
