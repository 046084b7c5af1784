import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isInstalled, root } from "./setup.mjs";

/** npm, offline: everything that is installed lies in the folder. */
function npm(folder, ...words) {
  const shell = process.platform === "win32";
  const { status, stderr } = spawnSync(shell ? "npm.cmd" : "npm", [...words, "--offline", "--no-audit", "--no-fund"], {
    cwd: folder,
    encoding: "utf8",
    shell,
  });
  assert.equal(status, 0, stderr);
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value)}\n`);
}

/** A project with a workspace, a package, and an optional one for another machine. */
function project(folder) {
  for (const [name, more] of Object.entries({ dep: {}, elsewhere: { os: ["haiku"] } })) {
    mkdirSync(join(folder, "made", name), { recursive: true });
    writeJson(join(folder, "made", name, "package.json"), { name, version: "1.0.0", ...more });
    npm(folder, "pack", `./made/${name}`);
  }
  mkdirSync(join(folder, "packages", "own"), { recursive: true });
  writeJson(join(folder, "packages", "own", "package.json"), { name: "own", version: "1.0.0" });
  writeJson(join(folder, "package.json"), {
    name: "project",
    version: "1.0.0",
    workspaces: ["packages/own"],
    devDependencies: { dep: "file:dep-1.0.0.tgz" },
    optionalDependencies: { elsewhere: "file:elsewhere-1.0.0.tgz" },
  });
  npm(folder, "install", "--package-lock-only");
}

test("what a plain `npm ci` installed isn't installed again; a changed lockfile, or less than it names, is", () => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-setup-"));
  try {
    project(folder);
    assert.equal(isInstalled(folder), false);
    npm(folder, "ci");
    assert.equal(isInstalled(folder), true);
    const lock = join(folder, "package-lock.json");
    const whole = readFileSync(lock, "utf8");
    const changed = JSON.parse(whole);
    changed.packages["node_modules/dep"].integrity = `sha512-${Buffer.alloc(64).toString("base64")}`;
    writeJson(lock, changed);
    assert.equal(isInstalled(folder), false);
    const more = JSON.parse(whole);
    more.packages["node_modules/further"] = { version: "1.0.0" };
    writeJson(lock, more);
    assert.equal(isInstalled(folder), false);
    const less = JSON.parse(whole);
    delete less.packages["node_modules/dep"];
    writeJson(lock, less);
    assert.equal(isInstalled(folder), false);
    // Our own stamp counts for the very lockfile that was installed.
    writeFileSync(join(folder, "node_modules", ".canopy-lock"), "0".repeat(64));
    assert.equal(isInstalled(folder), false);
    writeFileSync(lock, whole);
    assert.equal(isInstalled(folder), true);
    npm(folder, "ci", "--omit=dev");
    assert.equal(isInstalled(folder), false);
    npm(folder, "ci");
    rmSync(join(folder, "node_modules", "dep"), { recursive: true });
    assert.equal(isInstalled(folder), false);
    writeFileSync(join(folder, "node_modules", ".package-lock.json"), "{");
    assert.equal(isInstalled(folder), false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("this checkout is installed as its lockfile says", () => {
  assert.equal(isInstalled(root), true);
});
