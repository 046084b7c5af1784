import assert from "node:assert/strict";
import { test } from "node:test";
import { shellEffects } from "../shell/index.ts";
import type { Surroundings } from "../surroundings.ts";

const PLACE: Surroundings = { cwd: "/home/dev/project", home: "/home/dev", governance: [], links: {} };

function changed(command: string): readonly string[] {
  return shellEffects(command, PLACE).flatMap((effect) =>
    effect.kind === "fs.write" || effect.kind === "fs.delete" ? [`${effect.kind} ${effect.target.path ?? "?"}`] : [],
  );
}

const CASES: readonly (readonly [string, string])[] = [
  [
    "apply_patch <<'E'\n*** Begin Patch\n*** Update File: /etc/passwd\n@@\n-a\n+b\n*** End Patch\nE",
    "fs.write /etc/passwd",
  ],
  ["apply_patch '*** Begin Patch\n*** Delete File: /etc/passwd\n*** End Patch'", "fs.delete /etc/passwd"],
  ["echo '*** Add File: /home/dev/.bashrc' | apply_patch", "fs.write /home/dev/.bashrc"],
  ["git apply <<'E'\n--- a/../../../etc/passwd\n+++ b/../../../etc/passwd\nE", "fs.write /etc/passwd"],
  ["patch -p0 <<'E'\n--- /etc/passwd\n+++ /etc/passwd\nE", "fs.write /etc/passwd"],
  ["patch -d / -p1 <<'E'\n--- a/etc/shadow\n+++ b/etc/shadow\nE", "fs.write /etc/shadow"],
  ["git am <<'E'\n--- /dev/null\n+++ b/.git/hooks/post-commit\nE", "fs.write /home/dev/project/.git/hooks/post-commit"],
  ["patch -p1 <<'E'\n--- a/src/x\n+++ /dev/null\nE", "fs.delete /home/dev/project/src/x"],
  [
    "git apply <<'E'\nrename from src/x\nrename to .git/hooks/pre-push\nE",
    "fs.write /home/dev/project/.git/hooks/pre-push",
  ],
  ["echo '+++ b/../../etc/x' > p.diff; git apply p.diff", "fs.write /home/etc/x"],
  ["cd / && git apply --unsafe-paths fix.diff", "fs.write /"],
  ["git -C /etc apply fix.diff", "fs.write /etc"],
  ["git apply --directory=/etc --unsafe-paths fix.diff", "fs.write /etc"],
];

test("a patch changes the files that it names", () => {
  for (const [command, expected] of CASES)
    assert.ok(changed(command).includes(expected), `${command}: ${changed(command).join(", ")}`);
});

test("a patch in the project changes the project, and a dry run nothing", () => {
  assert.deepEqual(changed("git apply fix.diff"), []);
  assert.deepEqual(changed("git apply --stat <<'E'\n--- a/x\n+++ b/x\nE"), []);
  assert.deepEqual(changed("patch --dry-run -p1 < fix.diff"), []);
  const inside = changed("patch -p1 <<'E'\n--- a/src/x.c\t2026-01-01\n+++ b/src/x.c\t2026-01-02\nE");
  assert.deepEqual([...new Set(inside)], ["fs.write /home/dev/project/src/x.c"]);
});
