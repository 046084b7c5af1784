import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { testAnswers } from "../../runtime/answers.fixture.test.ts";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { normalizeAction } from "../normalize.ts";
import { deriveEffects } from "./derive.ts";
import { effectsOf, type Effect } from "./effect.ts";
import { HOSTILE_PLACES, HOSTILE_UNITS, hostileText } from "./hostile-text.fixture.test.ts";
import type { Surroundings } from "./surroundings.ts";

const HERE: Surroundings = { cwd: "/work", home: "/home/ann", governance: [], links: {} };
const tools = { sha256Hex: (text: string): string => createHash("sha256").update(text).digest("hex") };

function effects(action_type: string, action_payload: unknown, cwd: string | null = null): readonly Effect[] {
  return deriveEffects(normalizeAction({ action_type, action_payload, cwd }, tools), HERE);
}

function kinds(action_type: string, payload: unknown): readonly string[] {
  return [...new Set(effects(action_type, payload).map((effect) => effect.kind))].sort();
}

function change(mode: unknown): string | undefined {
  return effectsOf(effects("chmod", { path: "a", mode }), "fs.permission")[0]?.change;
}

function sent(payload: object): { recipients: number | null; bulk: boolean } {
  const [message] = effectsOf(effects("send_email", payload), "message.send");
  return { recipients: message?.recipients ?? null, bulk: message?.bulk ?? false };
}

function requested(payload: object): unknown {
  return effectsOf(effects("spawn_agent", payload), "agent.spawn")[0]?.requested;
}

function zones(cwd: string): readonly string[] {
  return effectsOf(effects("delete_file", { path: "*" }, cwd), "fs.delete").map(({ target }) => target.zone);
}

describe("the effects of a file action", () => {
  it("follow its type and its operation", () => {
    assert.deepEqual(kinds("read_file", { path: "a" }), ["fs.read"]);
    assert.deepEqual(kinds("write_file", { path: "a", content: "x" }), ["fs.write"]);
    assert.deepEqual(kinds("delete_file", { path: "a" }), ["fs.delete"]);
    assert.deepEqual(kinds("modify_file", { path: "a", operation: "delete" }), ["fs.delete"]);
    assert.deepEqual(kinds("move_file", { source: "a", destination: "b" }), ["fs.delete", "fs.write"]);
    assert.deepEqual(kinds("copy_file", { source: "a", destination: "b" }), ["fs.read", "fs.write"]);
    assert.deepEqual(kinds("modify_file", { path: "a", link_target: "b", operation: "symlink" }), [
      "fs.read",
      "fs.write",
    ]);
    assert.deepEqual(kinds("chmod_file", { path: "a", mode: "777" }), ["fs.permission"]);
    assert.deepEqual(kinds("write_file", { path: "/dev/sda" }), ["device.write"]);
  });

  it("are never lowered by the payload's own word", () => {
    assert.deepEqual(kinds("write_file", { path: "a", operation: "read" }), ["fs.write"]);
    assert.deepEqual(kinds("delete_file", { path: "a", mode: "view" }), ["fs.delete"]);
    assert.deepEqual(kinds("str_replace_editor", { command: "view", path: "a" }), ["fs.read"]);
  });

  it("name every place, aliases and lists too", () => {
    const zones = effectsOf(effects("modify_file", { path: "a", dest: "/root/.bashrc" }), "fs.write").map(
      ({ target }) => target.zone,
    );
    assert.deepEqual(zones, ["system", "inside"]);
    assert.equal(effectsOf(effects("delete_files", { files: ["a", "/etc/x"] }), "fs.delete").length, 2);
  });

  it("say when a mode opens a file to all, or lets it run as another", () => {
    assert.deepEqual(["777", "0777", "644", "4755", "u+s", "o+w", 777].map(change), [
      "world",
      "world",
      "other",
      "setuid",
      "setuid",
      "world",
      "world",
    ]);
  });
});

describe("the effects of a network action", () => {
  it("are connections, with what they carry", () => {
    const [connect] = effectsOf(
      effects("call_external_api", { endpoint: "https://x.example/", data: { a: 1 } }),
      "net.connect",
    );
    assert.equal(connect?.sends, true);
    assert.equal(connect?.host.host, "x.example");
    assert.equal(effectsOf(effects("fetch", { url: "https://x.example/" }), "net.connect")[0]?.sends, false);
  });

  it("are those of every address, whatever its member", () => {
    const classes = effectsOf(
      effects("call_external_api", {
        url: "https://ok.example",
        endpoint: "http://127.0.0.1",
        urls: ["http://10.0.0.1"],
      }),
      "net.connect",
    ).map(({ host }) => host.class);
    assert.deepEqual(classes, ["loopback", "public", "private"]);
  });

  it("are a secret sent when a secret file is carried", () => {
    assert.ok(kinds("upload_file", { url: "https://x.example/", file: "~/.ssh/id_rsa" }).includes("secret.send"));
    assert.ok(kinds("download_file", { url: "https://x.example/", path: "a" }).includes("fs.write"));
    assert.deepEqual(kinds("fetch", { url: "file:///etc/shadow" }), ["fs.read"]);
  });

  it("are those of a whole URL under any name, but not of what is carried or spoken of", () => {
    assert.deepEqual(kinds("open_browser", { page: "http://localhost/" }), ["net.connect"]);
    assert.deepEqual(kinds("crawl", { start_url: "http://10.0.0.1/" }), ["net.connect"]);
    assert.deepEqual(kinds("ftp_download", { server: "10.0.0.9" }), ["net.connect"]);
    for (const name of ["body", "query", "description"]) {
      const reached = effects("fetch", { url: "https://x.example/", [name]: "http://localhost/" });
      assert.equal(effectsOf(reached, "net.connect").length, 1, name);
    }
  });

  it("write what is received where its name or the member's says so", () => {
    assert.ok(kinds("download_to", { url: "https://x.example/", path: "a" }).includes("fs.write"));
    assert.ok(kinds("http_get", { url: "https://x.example/", output_file: "a" }).includes("fs.write"));
    assert.ok(!kinds("http_get", { url: "https://x.example/", path: "/v1" }).includes("fs.write"));
  });

  it("are not claimed of a note that holds an address, unless it leads inside", () => {
    assert.deepEqual(kinds("note", { url: "https://example.com/" }), []);
    assert.deepEqual(kinds("load_thing", { url: "http://169.254.169.254/" }).includes("net.connect"), true);
  });
});

describe("the effects of other actions", () => {
  it("are changes where a name says nothing and the place is the system's", () => {
    assert.ok(kinds("touch", { path: "/etc/nologin" }).includes("other.change"));
    assert.ok(!kinds("touch", { path: "notes.txt" }).includes("other.change"));
    assert.ok(!kinds("show_lines", { path: "/etc/hosts" }).includes("other.change"));
  });

  it("show secrets where the name says so, and change what the payload's operation says", () => {
    for (const name of ["get_secret", "read_credentials"]) {
      assert.ok(kinds(name, {}).includes("secret.read"), name);
    }
    assert.deepEqual(kinds("get_password_policy", {}), []);
    assert.ok(kinds("jira", { action: "delete_project" }).includes("other.change"));
    assert.deepEqual(kinds("jira", { action: "list_projects" }), []);
  });

  it("are changes where a name of the network reaches nothing", () => {
    assert.deepEqual(kinds("open_firewall_port", { port: 22 }), ["other.change"]);
    assert.deepEqual(kinds("get_page", { page: 2 }), []);
  });

  it("write the file that text is typed into", () => {
    assert.ok(kinds("insert_text", { file: "~/.bashrc", text: "x" }).includes("fs.write"));
  });

  it("write what a runner is told to put a command's output into", () => {
    assert.ok(kinds("bash", { command: "ls", output_file: "/etc/passwd" }).includes("fs.write"));
    assert.ok(kinds("bash", { command: "ls", stdout: "/dev/sda" }).includes("device.write"));
    assert.ok(!kinds("bash", { command: "ls", stdout: "PIPE" }).includes("fs.write"));
  });

  it("are unknown statements for a database's operation that looks nothing up", () => {
    assert.deepEqual(kinds("mongo", { operation: "dropDatabase", db: "prod" }), ["db.statement"]);
    assert.deepEqual(kinds("mongo", { operation: "findOneAndDelete" }), ["db.statement"]);
    for (const operation of ["find", "countDocuments", "listCollections"]) {
      assert.deepEqual(kinds("mongo", { operation }), [], operation);
    }
  });

  it("follow the verb", () => {
    assert.ok(kinds("send_email", { to: "x", body: "y" }).includes("message.send"));
    assert.ok(kinds("pay", { amount: 5 }).includes("money.move"));
    assert.ok(kinds("spawn_agent", { role: "x" }).includes("agent.spawn"));
    assert.ok(kinds("deploy", { target: "prod" }).includes("deploy.release"));
    assert.ok(kinds("move_robot", {}).includes("physical.act"));
    assert.ok(kinds("mine_crypto", {}).includes("mining.run"));
    assert.ok(kinds("launch_ddos", {}).includes("security.use"));
    assert.ok(kinds("delete_database", { name: "x" }).length >= 0);
    assert.deepEqual(kinds("noop", { a: 1 }), []);
  });

  it("count recipients and tell everybody from somebody", () => {
    assert.deepEqual(sent({ to: ["a", "b"], cc: "c, d;e" }), { recipients: 5, bulk: false });
    assert.deepEqual(sent({ to: Array.from({ length: 11 }, (_, index) => `u${index}`) }), {
      recipients: 11,
      bulk: true,
    });
    assert.deepEqual(sent({ to: "@everyone" }), { recipients: 1, bulk: true });
    assert.deepEqual(sent({ body: "x" }), { recipients: null, bulk: false });
  });

  it("read the permissions for a new agent wherever they stand", () => {
    assert.deepEqual(requested({ requested_permissions: ["read"], permissions: ["root"] }), ["root", "read"]);
    assert.deepEqual(requested({ config: { permissions: ["x"] } }), ["x"]);
    assert.deepEqual(requested({ permissions: { admin: true } }), null);
    assert.deepEqual(requested({ role: "r" }), []);
  });

  it("measure compute by its largest number", () => {
    assert.equal(effectsOf(effects("train_model", { gpus: 512, nodes: "4" }), "compute.heavy")[0]?.quantity, 512);
  });
});

describe("an action's own folder", () => {
  it("is where its relative paths start", () => {
    assert.deepEqual(zones("/"), ["root"]);
    assert.deepEqual(zones("/work/build"), ["inside"]);
    assert.deepEqual(zones("/etc"), ["system"]);
    assert.ok(effects("delete_file", { path: "x" }, "/a\0b").some((effect) => effect.kind === "exec.unresolved"));
  });
});

describe("commands and code", () => {
  it("are read wherever they stand", () => {
    for (const payload of [
      { command: "rm -rf /" },
      { argv: ["rm", "-rf", "/"] },
      { code: "rm -rf /" },
      { command: "bash", stdin: "rm -rf /\n" },
      { command: "rm -rf *", cwd: "/" },
    ]) {
      const found = effectsOf(effects("execute_shell", payload), "fs.delete");
      assert.equal(found[0]?.target.zone, "root", JSON.stringify(payload));
    }
    assert.ok(
      effects("kubectl", { args: ["get", "pods"] }).some(
        (effect) => effect.kind === "exec.program" && effect.program === "kubectl",
      ),
    );
    assert.ok(
      effects("bash", { command: "ls", env: { LD_PRELOAD: "/tmp/e.so" } }).some(
        (effect) => effect.kind === "exec.injected",
      ),
    );
  });

  it("that are too long to be parsed say so", () => {
    assert.deepEqual(kinds("bash", { command: `echo ${"a".repeat(70_000)}` }).includes("exec.unparsed"), true);
    assert.deepEqual(kinds("run_python", { code: "a".repeat(70_000) }).includes("exec.unparsed"), true);
  });
});

describe("deriving", () => {
  it("never throws, whatever the payload", () => {
    const types = [
      "bash",
      "write_file",
      "fetch",
      "pay",
      "send_email",
      "spawn_agent",
      "sql_query",
      "train_model",
      "note",
      "delete_thing",
    ];
    const members = ["command", "path", "url", "amount", "to", "permissions", "sql", "gpus", "env", "args", "input"];
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.dictionary(fc.constantFrom(...members), fc.jsonValue()),
        (type, payload) => {
          assert.ok(Array.isArray(effects(type, JSON.parse(JSON.stringify(payload)))));
        },
      ),
    );
  });

  it("takes linear time on hostile text of 64 KiB, wherever it stands", () => {
    for (const unit of HOSTILE_UNITS) {
      // As long as texts are read at all: the square of that takes seconds, so it is asked for several times.
      const text = hostileText(unit);
      for (const [type, member] of HOSTILE_PLACES) {
        const ask = (): void => {
          for (let round = 0; round < 3; round += 1) effects(type, { [member]: text });
        };
        assertEnds(ask, `${type} ${JSON.stringify(unit)}`);
      }
    }
  });
});

testAnswers("an operation beside a query counts", [
  ["query_database", { query: "select 1", operation: "dropDatabase" }, "REQUIRE_APPROVAL"],
  ["query_database", { query: "select 1", operation: "drop_collection" }, "REQUIRE_APPROVAL"],
  ["query_database", { query: "select 1", operation: "FLUSHALL" }, "REQUIRE_APPROVAL"],
  ["query_database", { sql: "select 1", action: "drop" }, "REQUIRE_APPROVAL"],
  ["query_database", { sql: "select 1", method: "deleteMany" }, "REQUIRE_APPROVAL"],
  ["query_database", { query: "insert into a values (1)", operation: "truncate" }, "REQUIRE_APPROVAL"],
  ["query_database", { query: "select 1", operation: "SELECT" }, "ALLOW"],
  ["query_database", { query: "select 1", operation: "query" }, "ALLOW"],
  ["query_database", { query: "select 1", method: "fetchall" }, "ALLOW"],
  ["query_database", { query: "select 1", action: "execute" }, "ALLOW"],
]);

testAnswers("a command that runs as the system's owner asks, however the owner is written", [
  ["execute_shell", { command: "ls", user: "0" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", user: "ROOT" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", user: " root " }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", user: "0:0" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", user: "root:wheel" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", run_as_user: "root" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", as: "root" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", user: "Administrator" }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", options: { user: "root" } }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", options: { sudo: true } }, "REQUIRE_APPROVAL"],
  ["execute_shell", { command: "ls", user: "dev" }, "ALLOW"],
  ["execute_shell", { command: "ls", user: "1000" }, "ALLOW"],
  ["execute_shell", { command: "ls", user: "rooter" }, "ALLOW"],
]);
