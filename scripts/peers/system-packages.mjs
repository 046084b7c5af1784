// What the peer tests need from the system and npm can't bring: a browser, OpenSSH's agent, strace and a C compiler.
// Installed from the distribution where that is possible (Debian and its kin, as root); otherwise the tests that miss them fail and say so.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const WANTED = [
  { files: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"], package: "chromium" },
  { files: ["/usr/bin/ssh-agent"], package: "openssh-client" },
  { files: ["/usr/bin/strace"], package: "strace" },
  { files: ["/usr/bin/cc"], package: "gcc" },
  { files: ["/usr/include/stdio.h"], package: "libc6-dev" },
];

/** Installs what is missing; does nothing when nothing is, or where there is no `apt-get` to ask. */
export function installSystemPackages() {
  const missing = WANTED.filter(({ files }) => !files.some(existsSync)).map((each) => each.package);
  if (missing.length === 0 || !existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) return;
  process.stderr.write(`installing ${missing.join(" and ")} …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-q"],
    ["install", "-y", "-q", "--no-install-recommends", ...missing],
  ]) {
    const { status } = spawnSync("apt-get", args, { env, stdio: ["ignore", 2, 2] });
    if (status !== 0) process.stderr.write(`apt-get ${args[0]} failed: the tests that need these will fail\n`);
  }
}
