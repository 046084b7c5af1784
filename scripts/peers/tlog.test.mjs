// The tree of a log, read by C2SP clients that others wrote: a program of ours over the Go project's own sumdb libraries
// (tlog-check/), and Tessera's fsck. Built into .cache/peers with the system's Go; fails, not skips, when it can't be.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "../setup.mjs";
import { makeLog } from "./real-log.mjs";

const TESSERA = "v1.0.4";
const cache = join(root, ".cache", "peers", "go");

let folder;
let copy;
let key;
let size;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "canopy-tlog-"));
  const { log, vkey, run } = await makeLog(folder, 700);
  copy = join(folder, "static");
  const { status, stderr, stdout } = run("ledger", "tlog", log, "--out", copy, "--json");
  assert.equal(status, 0, stderr);
  ({ size } = JSON.parse(stdout));
  key = vkey;
});

after(() => rmSync(folder, { recursive: true, force: true }));

function go(words, cwd, env = {}) {
  const { status, error, stderr } = spawnSync("go", words, {
    cwd,
    env: { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false", ...env },
    encoding: "utf8",
  });
  assert.equal(error, undefined, "no Go: install it (https://go.dev)");
  assert.equal(status, 0, stderr);
}

function ours() {
  const program = join(cache, "tlog-check");
  mkdirSync(cache, { recursive: true });
  go(["build", "-o", program, "."], join(root, "scripts", "peers", "tlog-check"));
  return program;
}

function tessera() {
  const bin = join(cache, `tessera-${TESSERA}`);
  if (!existsSync(join(bin, "fsck"))) {
    go(["install", `github.com/transparency-dev/tessera/cmd/fsck@${TESSERA}`], root, { GOBIN: bin, GOFLAGS: "" });
  }
  return join(bin, "fsck");
}

// What a tree of this copy must not survive.
function damage(name, change) {
  const damaged = join(folder, name);
  cpSync(copy, damaged, { recursive: true });
  change(damaged);
  return damaged;
}

function flip(file) {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  writeFileSync(file, bytes);
}

function filesBelow(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test("the Go project's libraries accept the checkpoint, every tile and entry, and proofs over them", (t) => {
  const program = ours();
  const { status, stdout, stderr } = spawnSync(program, [copy, key], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  t.diagnostic(stdout.trim());
  assert.match(stdout, new RegExp(`: ${size} entries, each included; \\d+ earlier trees consistent`, "u"));
  for (const [at, file] of filesBelow(copy).entries()) {
    const damaged = damage(`flipped-${at}`, (folder) => flip(file.replace(copy, folder)));
    assert.notEqual(spawnSync(program, [damaged, key]).status, 0, `${file} was changed and nobody noticed`);
  }
});

test("Tessera's fsck accepts the copy, and no damaged one", () => {
  const program = tessera();
  const public_key = join(folder, "key");
  writeFileSync(public_key, key);
  // It ends with 0 whatever it found, and asks again and again for what it doesn't like: its words are the answer.
  // What is damaged is given five seconds; what is whole as long as a slow machine needs.
  const check = (path, timeout) => {
    const words = [`--storage_url=${pathToFileURL(path).href}/`, `--public_key=${public_key}`, "--ui=false"];
    const { stderr } = spawnSync(program, words, { encoding: "utf8", timeout, killSignal: "SIGKILL" });
    return stderr.includes(`Successfully fsck'd log with size ${size} `);
  };
  assert.equal(check(copy, 120_000), true);
  for (const part of ["checkpoint", join("tile", "0", "000"), join("tile", "entries", "001")]) {
    const damaged = damage(`fsck-${part.replaceAll(/\W/gu, "-")}`, (folder) => flip(join(folder, part)));
    assert.equal(check(damaged, 5000), false, part);
  }
});
