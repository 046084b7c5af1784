import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "../core/json.ts";
import { createRuntime } from "./create-runtime.ts";

// Nothing is opened or made: only evaluated.
const runtime = createRuntime({
  env: {},
  home: "/srv/canopy-home",
  audit_log_path: "/srv/log/audit-of-ours.log",
  cwd: "/work/project",
});

function decided(action_type: string, payload: JsonValue): string {
  const { decision, rule_ref } = runtime.evaluate({ public_key: "agent" }, action_type, payload);
  return `${decision} ${rule_ref ?? ""}`.trim();
}

function shell(command: string): string {
  return decided("execute_shell", { command });
}

test("a link that the same command makes leads where it leads", () => {
  assert.equal(shell("ln -s / r; rm -rf r/etc"), "DENY Art.0");
  assert.equal(shell("ln -s /etc e; rm -rf e/*"), "DENY Art.0");
  assert.equal(shell("mkdir d; ln -s /etc d/e; rm -rf d/e/ssl"), "DENY Art.0");
  assert.equal(shell("mkdir d; ln -s ../../.. d/up; rm -rf d/up/etc"), "DENY Art.0");
  assert.match(shell("ln -s /etc; echo x > etc/passwd"), /^DENY/);
  assert.match(shell("ln -sf /etc/passwd p; echo x >> p"), /^DENY/);
  assert.equal(shell("ln -s /srv/canopy-home h; echo '{}' > h/config.json"), "DENY Title IX");
  assert.equal(shell("ln -s src/lib lib; echo x > lib/a.txt"), "ALLOW");
  assert.equal(shell("ln -s ../shared/config.json config.json"), "ALLOW");
});

test("a second name of a governing file is a change of it", () => {
  assert.equal(shell("ln /srv/log/audit-of-ours.log x"), "DENY Title IX");
  assert.equal(shell("cp -l /srv/log/audit-of-ours.log x"), "DENY Title IX");
  assert.equal(shell("link /srv/log/audit-of-ours.log x"), "DENY Title IX");
  assert.match(shell("ln /etc/passwd p"), /^(?:DENY|REQUIRE_APPROVAL)/);
  assert.equal(shell("ln notes.txt copy.txt"), "ALLOW");
  assert.match(shell("cp -s /etc/passwd p; echo x >> p"), /^DENY/);
  const python = "import os\nos.link('/srv/log/audit-of-ours.log', 'x')";
  assert.equal(decided("execute_python", { code: python }), "DENY Title IX");
  const javascript = "require('fs').linkSync('/srv/log/audit-of-ours.log', 'x')";
  assert.equal(decided("execute_javascript", { code: javascript }), "DENY Title IX");
});

test("keys are out of reach by a pattern and with the folder that they stand in", () => {
  for (const command of [
    "cat /srv/canopy-home/keys/*",
    "cat /srv/canopy-home/*/*",
    "cat /srv/canopy-home/pay*",
    "base64 /srv/canopy-home/keys/s*",
    "cp -r /srv/canopy-home /tmp/x",
    "tar czf k.tgz /srv/canopy-home/keys",
    "grep -r . /srv/canopy-home",
  ]) {
    assert.equal(shell(command), "DENY Title IX", command);
  }
  assert.equal(decided("read_file", { path: "/srv/canopy-home/keys/*" }), "DENY Title IX");
  assert.equal(shell("cat /srv/log/audit-of-ours.log"), "ALLOW");
  assert.equal(shell("cat /srv/canopy-home/config.json"), "ALLOW");
});

test("a database of the ledger can't be opened by a client", () => {
  const lock = "/srv/log/audit-of-ours.log.d/lock.sqlite";
  assert.equal(shell(`sqlite3 ${lock} 'begin exclusive; select 1'`), "DENY Title IX");
  assert.equal(decided("sqlite", { path: lock, query: "drop table t" }), "DENY Title IX");
  assert.equal(decided("sql_query", { database: `sqlite://${lock}`, query: "select 1" }), "DENY Title IX");
  assert.equal(shell("sqlite3 app.db 'select 1'"), "ALLOW");
});

test("calls in a text that is no JSON are never read as no calls", () => {
  const call = { name: "execute_shell", arguments: { command: "rm -rf /" } };
  const twice = JSON.stringify(JSON.stringify([call]));
  assert.equal(decided("agent_step", { tool_calls: twice }), "DENY Art.0");
  const inner = { function: { name: call.name, arguments: JSON.stringify(JSON.stringify(call.arguments)) } };
  assert.equal(decided("agent_step", { tool_calls: [inner] }), "DENY Art.0");
  for (const tool_calls of [
    "[{'name': 'execute_shell', 'arguments': {'command': 'rm -rf /'}}]",
    "- name: execute_shell\n  arguments:\n    command: rm -rf /",
    "execute_shell(command='rm -rf /')",
    [{ function: { name: "execute_shell", arguments: "{'command': 'rm -rf /'}" } }],
    [{ function: { name: "execute_shell", arguments: '{"command": "rm -rf /"' } }],
  ]) {
    assert.match(decided("agent_step", { tool_calls }), /^(?:DENY|REQUIRE_APPROVAL)/, JSON.stringify(tool_calls));
  }
  for (const tool_calls of ["", "auto", "none", [], "[]", [{ name: "read_file", arguments: '{"path": "a.txt"}' }]]) {
    assert.equal(decided("agent_step", { tool_calls }), "ALLOW", JSON.stringify(tool_calls));
  }
});

test("what a name says to do is said", () => {
  for (const name of ["synthesize_sarin", "buildBomb", "produce-ricin", "make_nerve_agent", "release_pathogen"]) {
    assert.match(decided(name, {}), /^DENY Art\.[01]$/, name);
  }
  for (const name of ["detect_pathogen", "bomb_calorimeter", "photo_bomb", "list_explosives_regulations"]) {
    assert.doesNotMatch(decided(name, {}), /^DENY/, name);
  }
});
