// Python packages that tests of the peers use, installed by pip into a virtual environment in .cache/peers, once.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";

/** The Python of an environment that has these packages (`name==version`). Fails when they can't be had. */
export function pythonPeer(...packages) {
  const folder = join(root, ".cache", "peers", packages.join("-").replaceAll("==", "-"));
  const python = join(folder, "bin", "python");
  if (!existsSync(join(folder, "done"))) {
    mkdirSync(folder, { recursive: true });
    for (const words of [
      ["python3", "-m", "venv", folder],
      [python, "-m", "pip", "install", "--quiet", ...packages],
    ]) {
      const { status } = spawnSync(words[0], words.slice(1), { stdio: ["ignore", 2, 2] });
      assert.equal(status, 0, `${packages.join(", ")} can't be installed`);
    }
    mkdirSync(join(folder, "done"));
  }
  return python;
}
