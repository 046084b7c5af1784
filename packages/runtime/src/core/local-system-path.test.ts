import assert from "node:assert/strict";
import { test } from "node:test";
import { resolvePath } from "./effects/path.ts";
import { NO_SURROUNDINGS } from "./effects/index.ts";
import { isKeptData, isLocalSystemPath } from "./local-system-path.ts";

function kept(path: string): boolean {
  return isKeptData(resolvePath(path, NO_SURROUNDINGS));
}

test("what sites, services and the superuser keep is told from what the system is made of", () => {
  for (const path of [
    "/var/www",
    "/VAR/WWW/a",
    "/var/svn",
    "/var/lib/mysql/ib",
    "/var/log/nginx/a.log",
    "/root/notes.txt",
    "/proc/sys/vm/drop_caches",
  ])
    assert.equal(kept(path), true, path);
  for (const path of [
    "/var",
    "/var/lib",
    "/var/log",
    "/var/lib/dpkg/status",
    "/var/log/auth.log.1",
    "/var/log/wtmp",
    "/var/spool/cron/root",
    "/var/run/x",
    "/root",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/etc/www",
    "/usr/lib/x",
  ])
    assert.equal(kept(path), false, path);
});

test("a secret, a place that starts code and a pattern for everything are never kept data", () => {
  for (const path of ["/root/.ssh/id_rsa", "/root/.bashrc", "/root/.config/systemd/user/a.service", "/var/www/.env"])
    assert.equal(kept(path), false, path);
  for (const path of ["/var/*", "/var/lib/*", "/root/*", "/var/?ib"]) assert.equal(kept(path), false, path);
});

test("the administrator's own installations begin at whole names", () => {
  assert.equal(isLocalSystemPath("/usr/local/bin"), true);
  assert.equal(isLocalSystemPath("/usr/localx"), false);
  assert.equal(isLocalSystemPath(null), false);
});
