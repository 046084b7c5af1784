// Programs of others that tests of the peers use, installed from npm into .cache/peers, once.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";

/** The folder of a package at an exact version; installs it when it isn't there. Fails when it can't be had. */
export function npmPeer(name, version) {
  const folder = join(root, ".cache", "peers", `${name}-${version}`);
  const path = join(folder, "node_modules", name);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"private":true}');
    const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", `${name}@${version}`];
    const { status } = spawnSync("npm", words, { cwd: folder, stdio: ["ignore", 2, 2] });
    assert.equal(status, 0, `${name} can't be installed`);
  }
  return path;
}
