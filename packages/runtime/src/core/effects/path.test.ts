import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import type { PathZone } from "./effect.ts";
import { holdsGovernance } from "./path-governance.ts";
import { isUnder, resolvePath, resolveWord } from "./path.ts";
import { stepsOf } from "./path-walk.ts";
import type { Word } from "./programs/program.ts";
import { NO_SURROUNDINGS, type Surroundings } from "./surroundings.ts";

const WORK: Surroundings = {
  cwd: "/work/app",
  home: "/home/ann",
  governance: ["/work/app/audit.log", "/home/ann/.canopy"],
  links: {},
};

function zone(text: string, surroundings: Surroundings = WORK): PathZone {
  return resolvePath(text, surroundings).zone;
}

function under(path: string, folder: string): boolean {
  return isUnder(resolvePath(path, NO_SURROUNDINGS), folder, NO_SURROUNDINGS);
}

function word(value: string | null, prefix: string, glob = false): Word {
  return { value, text: value ?? `${prefix}$x`, glob, prefix };
}

describe("a path's zone", () => {
  const cases: readonly (readonly [string, PathZone])[] = [
    ["/", "root"],
    ["//", "root"],
    ["/..", "root"],
    ["/etc/..", "root"],
    ["/*", "root"],
    ["/etc/passwd", "system"],
    ["/ETC/passwd", "system"],
    ["/work/../etc/passwd", "system"],
    ["/proc/self/root/etc/passwd", "system"],
    ["/proc/1/cwd/etc/passwd", "system"],
    ["/proc/self/cwd/x", "inside"],
    ["/proc/4711/cwd/x", "unresolved"],
    ["/private/etc/hosts", "system"],
    ["/e*/passwd", "system"],
    ["/[e]tc/passwd", "outside"],
    ["file:///etc/passwd", "system"],
    ["file://localhost/etc/passwd", "system"],
    ["file:///%65tc/passwd", "system"],
    ["C:\\Windows\\System32\\x.dll", "system"],
    ["c:/progra~1/x", "system"],
    ["\\\\?\\C:\\Windows\\x", "system"],
    ["\\\\.\\PhysicalDrive0", "device"],
    ["C:\\", "root"],
    ["\\\\server\\share\\x", "outside"],
    ["/dev/sda", "device"],
    ["/dev/sd*", "device"],
    ["/dev/null", "null_device"],
    ["/dev/fd/3", "unresolved"],
    ["/root/.ssh/authorized_keys", "system"],
    ["~root/x", "system"],
    ["~", "home"],
    ["$HOME", "home"],
    ["~/*", "home"],
    ["~/notes.txt", "in_home"],
    ["${HOME}/notes.txt", "in_home"],
    ["~/..", "others"],
    ["~bob/x", "others"],
    ["/home/bob/.profile", "others"],
    ["/home", "others"],
    [".", "cwd"],
    ["*", "cwd"],
    ["./*", "cwd"],
    ["src/../*", "cwd"],
    ["/work/app", "cwd"],
    ["src", "inside"],
    ["src/*", "inside"],
    ["*.o", "inside"],
    ["..hidden/x", "inside"],
    ["src/bin/cli.ts", "inside"],
    ["/work/app/etc/x.conf", "inside"],
    ["app/[id]/page.tsx", "inside"],
    ["..", "outside"],
    ["../x", "outside"],
    ["/work", "outside"],
    ["/opt/x", "outside"],
    ["/tmp", "temp"],
    ["/tmp/x", "temp"],
    ["/var/tmp/x", "temp"],
    ["/var/lib/x", "system"],
    ["", "unresolved"],
    ["a\nb", "unresolved"],
    ["$UNKNOWN/x", "unresolved"],
    ["https://example.com/x", "unresolved"],
  ];
  for (const [text, expected] of cases) {
    it(`\`${text}\` is ${expected}`, () => assert.equal(zone(text), expected));
  }

  it("keeps a working folder below a usual system folder as the agent's own", () => {
    assert.equal(zone("src/x", { ...WORK, cwd: "/usr/src/app" }), "inside");
    assert.equal(zone("/usr/bin/x", { ...WORK, cwd: "/usr/src/app" }), "system");
  });

  it("keeps `~` the user's own even when home is `/root`", () => {
    assert.equal(zone("~/x", { ...WORK, home: "/root" }), "in_home");
    assert.equal(zone("/root/x", { ...WORK, home: "/root" }), "system");
  });

  it("keeps paths relative when the working folder is not known", () => {
    assert.deepEqual(
      ["a/./b", "..", "../../x", "~/x", "a/../.."].map((text) => resolvePath(text, NO_SURROUNDINGS).path),
      ["./a/b", "..", "../../x", "~/x", ".."],
    );
  });
});

describe("a path that readers take differently", () => {
  for (const text of [
    "/work/app/%2e%2e/x",
    "/work/app/%252e%252e/x",
    "/work/app/..\\x",
    "/work/app/..;/x",
    "/work/app/.. /x",
    "/work/app/\u2024\u2024/x",
    "/work/app/.\u200b./x",
    "/work/app/a\0/../../x",
    "..%2f..%2fx",
    "/work/app/%c0%ae%c0%ae/x",
    "/work/app/..%c0%afx",
    "/work/app/%u002e%u002e/x",
    "/work/app/\u2025/x",
    "/work/app/.../x",
    "..\\..\\x",
  ]) {
    it(`\`${JSON.stringify(text)}\` is never inside`, () => assert.equal(zone(text), "unresolved"));
  }

  it("is judged by its worse reading", () => {
    assert.equal(zone("/work/app/%2e%2e/%2e%2e/etc/x"), "system");
    assert.equal(zone("/work/app/..\\..\\..\\root\\x"), "system");
    assert.equal(zone("/etc/passwd\0.txt"), "system");
    assert.equal(resolvePath("~/.ssh/id_rsa ", WORK).secret, "ssh_key");
    assert.equal(resolvePath("docs/id_rsa.bak", WORK).secret, "ssh_key");
    assert.equal(resolvePath("docs/id_rsa.md", WORK).secret, null);
  });

  it("stays what it is when both readings agree", () => {
    for (const text of [
      "a%20b/c.txt",
      "münchen.txt",
      "./...",
      "pkg/...",
      "a\\ b.txt",
      "notes .txt",
      "50%.txt",
      "a;b",
    ]) {
      assert.equal(zone(text), "inside", text);
    }
  });
});

describe("what stands at a path", () => {
  const secrets: readonly (readonly [string, string | null])[] = [
    ["~/.ssh/id_ed25519", "ssh_key"],
    ["~/.ssh", "ssh_key"],
    ["~/.ssh/id_ed25519.pub", null],
    ["~/.ssh/known_hosts", null],
    ["~/.ssh/config", null],
    [".env", "env_file"],
    [".env.production", "env_file"],
    [".env.example", null],
    ["/work/.env.sample", null],
    ["~/.aws/credentials", "cloud_credentials"],
    ["~/.kube/config", "kube_config"],
    ["~/.docker/config.json", "docker_credentials"],
    ["docker/config.yml", null],
    ["/etc/shadow", "password_hashes"],
    ["/ETC/Shadow", "password_hashes"],
    ["/etc/sh?dow", "password_hashes"],
    ["src/shadow", null],
    ["/etc/passwd", null],
    ["/proc/1/environ", "process_environment"],
    ["~/.config/google-chrome/Default/Cookies", "browser_profile"],
    ["certs/server.key", "private_key"],
    ["certs/server.cert.pem", null],
    ["/etc/ssl/certs/x.pem", null],
    ["/var/run/secrets/kubernetes.io/serviceaccount/token", "container_secret"],
    ["~/.bash_history", "shell_history"],
    ["~/.s*h/id_*", "ssh_key"],
    ["docs/ssh.md", null],
    ["my.aws.notes", null],
    ["*", null],
  ];
  for (const [text, kind] of secrets) {
    it(`\`${text}\` holds ${kind ?? "no secret"}`, () => assert.equal(resolvePath(text, WORK).secret, kind));
  }

  const startups: readonly (readonly [string, string | null])[] = [
    ["~/.bashrc", "shell_rc"],
    ["~/.ssh/authorized_keys", "authorized_keys"],
    ["/etc/cron.daily/x", "cron"],
    ["/etc/systemd/system/x.service", "systemd"],
    [".git/hooks/pre-commit", "git_hook"],
    [".git/hooks/pre-commit.sample", null],
    ["/etc/ld.so.preload", "loader"],
    ["~/Library/LaunchAgents/x.plist", "launch_agent"],
    ["src/hooks/use-x.ts", null],
    ["src/launch.ts", null],
  ];
  for (const [text, kind] of startups) {
    it(`\`${text}\` starts ${kind ?? "nothing"}`, () => assert.equal(resolvePath(text, WORK).persistence, kind));
  }

  it("tells governance in force from a name that merely matches", () => {
    const governance = (text: string): string | null => resolvePath(text, WORK).governance;
    assert.equal(governance("audit.log"), "in_force");
    assert.equal(governance("src/../AUDIT.log"), "in_force");
    assert.equal(governance("audit.l*"), "in_force");
    assert.equal(governance("~/.canopy/keys/x"), "in_force");
    assert.equal(governance("/srv/other/audit.log"), "by_name");
    assert.equal(governance("sub/audit.log.d/index.sqlite"), "by_name");
    assert.equal(governance("canopy.config.yaml"), "by_name");
    assert.equal(governance("audit.log.md"), null);
    assert.equal(governance("forest/canopy.md"), null);
    assert.equal(holdsGovernance("/work", WORK.governance), true);
    assert.equal(holdsGovernance("/work/ap", WORK.governance), false);
    assert.equal(holdsGovernance("/work/app", WORK.governance), true);
    assert.equal(holdsGovernance("/work/*", WORK.governance), true);
    assert.equal(holdsGovernance("/work/app/*", WORK.governance), true);
    assert.equal(holdsGovernance("/home/ann/*", WORK.governance), false);
    assert.equal(holdsGovernance("/work/app/src", WORK.governance), false);
  });

  it("follows known links, also before a parent step", () => {
    const linked = { ...WORK, links: { "/work/app/link": "/", "/work/app/up": "/opt/deep" } };
    assert.equal(zone("link/etc/passwd", linked), "system");
    assert.equal(resolvePath("up/../x", linked).path, "/opt/x");
    assert.ok(stepsOf("up/../x", WORK).includes("/work/app/up"));
  });
});

describe("a relative path after `cd`", () => {
  it("starts where the shell moved to", () => {
    assert.equal(zone("x", { ...WORK, folder: "/etc" }), "system");
    assert.equal(zone("*", { ...WORK, folder: "/work/app/build" }), "inside");
    assert.equal(zone("../*", { ...WORK, folder: "/work/app/build" }), "cwd");
    assert.equal(zone("x", { ...WORK, folder: "~/notes" }), "in_home");
    assert.equal(zone("*", { ...WORK, cwd: null, folder: "./build" }), "inside");
    assert.equal(zone("/etc/x", { ...WORK, folder: null }), "system");
    assert.equal(zone("x", { ...WORK, folder: null }), "unresolved");
  });
});

describe("a word that is partly known", () => {
  it("is judged by its beginning", () => {
    assert.equal(resolveWord(word(null, "/etc/"), WORK).zone, "system");
    assert.equal(resolveWord(word(null, "/e"), WORK).zone, "system");
    assert.equal(resolveWord(word(null, "/"), WORK).zone, "root");
    assert.equal(resolveWord(word(null, "build/"), WORK).zone, "inside");
    assert.equal(resolveWord(word(null, "./"), WORK).zone, "cwd");
    assert.equal(resolveWord(word(null, ""), WORK).zone, "unresolved");
    assert.equal(resolveWord(word(null, "~/.ssh/"), WORK).secret, "ssh_key");
  });

  it("is unresolved when the unknown part climbs", () => {
    assert.equal(
      resolveWord({ value: null, text: "build/$x/../..", glob: false, prefix: "build/" }, WORK).zone,
      "unresolved",
    );
  });

  it("takes brackets as a pattern only where the shell would", () => {
    assert.equal(resolveWord(word("/[e]tc/passwd", "/[e]tc/passwd", true), WORK).zone, "system");
  });
});

describe("lying under a folder", () => {
  it("goes by segments", () => {
    assert.equal(under("/srv/work/x", "/srv/work"), true);
    assert.equal(under("/srv/work/x", "/srv/work/"), true);
    assert.equal(under("/srv/work/..x/y", "/srv/work"), true);
    assert.equal(under("/srv/work.bak/x", "/srv/work"), false);
    assert.equal(under("/srv/work/../x", "/srv/work"), false);
    assert.equal(under("srv/work/x", "/srv/work"), false);
    assert.equal(under("C:\\srv\\work\\x", "/srv/work"), false);
  });

  it("never holds for a folder that names everything or nothing", () => {
    for (const folder of ["/", "", ".", "~", "*", "/*", "//", "/a/.."])
      assert.equal(under("/etc/passwd", folder), false, folder);
    assert.equal(under("~/x", "~"), false);
  });
});

describe("resolving any text", () => {
  it("is total, and a resolved absolute path is stable", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("..", ".", "", "a", "etc", "~", "*", "b c", "%2e", "proc", "self", "root"), {
          maxLength: 8,
        }),
        (names) => {
          const target = resolvePath(`/${names.join("/")}`, WORK);
          if (target.path === null) return;
          assert.ok(!target.path.split("/").includes(".."));
          // A name that stays encoded has two readings, and the worse of them may be another than before: decoded,
          // `/%2e/proc/./../self` is `/self`, and `/%2e/proc/self`, the path of the plain reading, is `/proc/self`.
          if (!target.path.includes("%")) assert.equal(resolvePath(target.path, WORK).path, target.path);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => resolvePath(text, WORK).text === text),
    );
  });

  it("takes linear time", () => {
    for (const unit of ["../", "%25", "a/", "\\", "*", "~/", "․"]) {
      // As long as is read at all. The square of that is a moment, so it is asked for often.
      const text = unit.repeat(16_384 / unit.length);
      assertEnds(() => {
        for (let round = 0; round < 200; round += 1) resolvePath(text, WORK);
      }, unit);
      assert.equal(resolvePath(`${text}${unit}`, WORK).path, null);
    }
  });
});
