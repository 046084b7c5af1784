// Installs the reference, canopy-runtime 0.4.2, into .cache/peers, once. Fails when Python or the package can't be had.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";

const REFERENCE = "canopy-runtime==0.4.2";

/** The Python interpreter that has the reference installed. */
export function referencePython() {
  const venv = join(root, ".cache", "peers", "reference-0.4.2");
  const python = join(venv, "bin", "python");
  if (!existsSync(join(venv, "bin", "canopy-verify"))) {
    mkdirSync(join(root, ".cache", "peers"), { recursive: true });
    must("python3", ["-m", "venv", venv]);
    must(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", REFERENCE]);
  }
  return python;
}

/** The reference's own `canopy-verify`. */
export function referenceVerify() {
  return join(referencePython(), "..", "canopy-verify");
}

function must(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (status !== 0)
    throw new Error(`\`${command} ${args.join(" ")}\` failed: the reference peer needs Python 3.11 and ${REFERENCE}`, {
      cause: error,
    });
}
