import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { checkpointVerifierKeys } from "canopy-runtime/keys";
import { claimNotes } from "./recorded-names.ts";
import { canopy, type CanopyRun } from "./testing/canopy.ts";

const CALL = '{"command":"curl https://files.example.com/a"}';

const folder = mkdtempSync(join(tmpdir(), "canopy-prove-"));

function run(...words: readonly string[]): Promise<CanopyRun> {
  return canopy(words.includes("--out") ? [...words, "--force"] : words, { cwd: folder });
}

function agent(name: string): readonly string[] {
  return ["--agent-ctx", JSON.stringify({ public_key: name, trace_id: `t-${name}` })];
}

// A log in which agent `a` reached a host twice, and agent `b` asked to delete a file.
before(async () => {
  for (let time = 0; time < 2; time += 1) {
    await run("authorize", "--action-type", "execute_shell", "--payload", CALL, ...agent("a"));
  }
  await run("authorize", "--action-type", "delete_file", "--payload", '{"path":"/etc/passwd"}', ...agent("b"));
  const { origin } = json(await run("prove", "absent", "--trace", "none", "--out", "none.json", "--json"));
  const [vkey = ""] = checkpointVerifierKeys(join(folder, "home"), String(origin));
  writeFileSync(join(folder, "log.vkey"), vkey);
});

after(() => rmSync(folder, { recursive: true, force: true }));

function json(run: CanopyRun): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(run.stdout);
  return Object.assign({}, value);
}

/** Wrapped lines as one. */
function flat(text: string): string {
  return text.replace(/\s+/gu, " ");
}

test("a proof of absence is written, verifies elsewhere, and says what it doesn't claim", async () => {
  const made = await run("prove", "absent", "--agent", "a", "--action", "delete_file", "--out", "never.json");
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^PROVED {2}no entry has agent AVID-[0-9a-f]{64} and action delete_file\n/u);
  const elsewhere = { cwd: folder, env: { CANOPY_HOME: join(folder, "nobody") } };
  const verified = await canopy(["verify", "--proof", "never.json", "--vkey", "log.vkey"], elsewhere);
  assert.equal(verified.code, 0, verified.stdout);
  assert.match(verified.stdout, /^VALID {2}no entry has/u);
  for (const limit of ["index unaudited", "unanchored", "cannot see ungoverned calls"]) {
    assert.ok(verified.stdout.includes(`- ${limit}: `), limit);
  }
  // What lies in the folder under a key's own text, unpacked with the proof, is not the key.
  const vkey = readFileSync(join(folder, "log.vkey"), "utf8").trim();
  const planted = join(folder, vkey);
  mkdirSync(dirname(planted), { recursive: true });
  writeFileSync(planted, "planted");
  assert.equal((await canopy(["verify", "--proof", "never.json", "--vkey", vkey], elsewhere)).code, 0);
  const missing = await canopy(["verify", "--proof", "never.json", "--vkey", "no-such.vkey"], elsewhere);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /there is no file no-such\.vkey, and it is no verifier key either \[FILE_UNUSABLE\]/u);
  const keyless = await canopy(["verify", "--proof", "never.json"], elsewhere);
  assert.equal(keyless.code, 1);
  assert.match(keyless.stdout, /^NOT TRUSTED/u);
  assert.match(keyless.stdout, /anyone can have made it/u);
  const file = join(folder, "never.json");
  writeFileSync(file, readFileSync(file, "utf8").replace("delete_file", "execute_shell"));
  const changed = json(await canopy(["verify", "--proof", "never.json", "--vkey", "log.vkey", "--json"], elsewhere));
  assert.deepEqual([changed["valid"], changed["verdict"]], [false, "invalid"]);
  writeFileSync(file, '{"canopy_proof":1}');
  assert.equal((await canopy(["verify", "--proof", "never.json", "--quiet"], elsewhere)).code, 2);
});

test("a false statement names the entries, writes nothing, and can be shown to be false", async () => {
  const denied = await run("prove", "absent", "--action", "delete_file", "--out", "x.json");
  assert.equal(denied.code, 1);
  assert.match(
    denied.stdout,
    /^FALSE {2}no entry has action delete_file\n {2}why +1 match\n {2}entry .*DENY {2}delete_file/u,
  );
  assert.equal(existsSync(join(folder, "x.json")), false);
  const shown = await run("prove", "present", "--action", "delete_file", "--out", "x.json", "--json");
  assert.equal(shown.code, 0, shown.stderr);
  assert.equal(json(shown)["proved"], true);
  const verified = json(await run("verify", "--proof", "x.json", "--vkey", "log.vkey", "--json"));
  assert.equal(verified["valid"], true);
  assert.ok(Array.isArray(verified["matching"]));
  assert.equal(verified["matching"].length, 1);
  assert.equal((await run("prove", "present", "--trace", "none", "--out", "y.json")).code, 1);
});

test("nobody else touched that host, by the name that is disclosed", async () => {
  const words = ["--resource", "net.connect:FILES.example.com", "--except-agent", "a", "--out", "only.json"];
  assert.equal((await run("prove", "absent", ...words, "--disclose")).code, 0);
  const shown = json(await run("verify", "--proof", "only.json", "--vkey", "log.vkey", "--json"));
  assert.deepEqual(
    [shown["valid"], shown["resource"], shown["excluded"]],
    [true, { name: "net.connect:files.example.com", mapping: "shown" }, 2],
  );
  assert.equal((await run("prove", "absent", ...words)).code, 0);
  const { stdout } = await run("verify", "--proof", "only.json", "--vkey", "log.vkey");
  assert.match(stdout, /- resource mapping: [^-]* operator's word/u);
  assert.equal((await run("prove", "absent", "--tool", "Execute Shell", "--out", "t.json")).code, 1);
  assert.equal((await run("prove", "absent", "--tool", "send_money", "--out", "t.json")).code, 0);
});

test("an auditor makes the index anew, cosigns, and a proof that rests on it says so", async () => {
  const words = ["--key", "auditor.key", "--name", "example.org/auditor", "--out", "audited.note", "--json"];
  const audit = json(await run("ledger", "audit-index", "audit.log", ...words));
  assert.equal(audit["sound"], true);
  const vkey = readFileSync(join(folder, "log.vkey"), "utf8").trim();
  writeFileSync(join(folder, "trust.txt"), `log ${vkey}\nquorum none\nindex-auditor ${String(audit["vkey"])}\n`);
  const asked = ["--agent", "a", "--action", "delete_file", "--out", "never.json"];
  assert.equal((await run("prove", "absent", ...asked, "--checkpoint", "audited.note")).code, 0);
  const { code, stdout } = await run("verify", "--proof", "never.json", "--trust", "trust.txt");
  assert.equal(code, 0, stdout);
  assert.match(stdout, / {2}audited +example.org\/auditor\n/u);
  assert.ok(!stdout.includes("index unaudited"));
  assert.equal((await run("ledger", "audit-index", "audit.log", "--key", "auditor.key")).code, 2);
});

test("a name that the log never writes is proven as what it writes for it, and that is said", async () => {
  const denied = await run("prove", "absent", "--action", "rm", "--out", "x.json");
  assert.equal(denied.code, 1, denied.stdout);
  assert.match(denied.stdout, /^FALSE {2}no entry has action delete_file\n/u);
  assert.match(flat(denied.stdout), /note `rm` is recorded as `delete_file`/u);
  const made = await run("prove", "absent", "--agent", "a", "--action", "write_file", "--out", "x.json");
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^PROVED {2}no entry has agent AVID-[0-9a-f]{64} and action modify_file\n/u);
  assert.match(flat(made.stdout), /note `write_file` is recorded as `modify_file`.* --tool write_file asks about/u);
  const shown = json(await run("prove", "present", "--action", "Remove-File", "--out", "x.json", "--json"));
  assert.match(JSON.stringify(shown["statement"]), /"where":\{"action_type":"delete_file"\}/u);
  assert.match(String(shown["notes"]), /`Remove-File` is recorded as `delete_file`/u);
  const viewed = await run("prove", "absent", "--action", "str_replace_editor", "--out", "x.json");
  assert.match(flat(viewed.stdout), /where it only shows a file it is recorded as `read_file`: ask about that, too/u);
});

test("a name that isn't Canopy's own is said to be none, and found in the spelling that the log has", async () => {
  await run("authorize", "--action-type", "RepoScan", ...agent("c"));
  const named = await run("prove", "absent", "--action", "reposcan", "--out", "x.json");
  assert.equal(named.code, 1, named.stdout);
  assert.match(named.stdout, /^FALSE {2}no entry has action repo_scan\n/u);
  const unknown = await run("prove", "absent", "--action", "delet_file", "--out", "x.json");
  assert.equal(unknown.code, 0, unknown.stderr);
  assert.match(
    flat(unknown.stdout),
    /`delet_file` is none of the action types that Canopy writes by itself: did you mean `delete_file`\?/u,
  );
});

test("a proof about a name that Canopy doesn't write says so to whoever checks it", async () => {
  const made = await run("prove", "absent", "--action", "fetch_repo_tree_x", "--out", "x.json");
  assert.equal(made.code, 0, made.stderr);
  const { stdout } = await run("verify", "--proof", "x.json", "--vkey", "log.vkey");
  assert.match(flat(stdout), /note `fetch_repo_tree_x` is none of the action types that Canopy writes by itself/u);
  for (const [where, note] of [
    [{ action_type: "write_file" }, "no entry with the action `write_file`: it records `modify_file`"],
    [{ decision: "MAYBE" }, "no entry with the decision `MAYBE`"],
    [{ event: "nope" }, "no entry with the event `nope`"],
  ] as const) {
    assert.deepEqual(claimNotes(where), [`Canopy writes ${note}`]);
  }
  assert.deepEqual(claimNotes({ action_type: "kill_switch", decision: "ENGAGED", event: "kill_switch" }), []);
});

test("what can't be asked is refused with what to write instead", async () => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/at least one condition/u],
    [/--agent is empty/u, "--agent", ""],
    [/kind:target/u, "--resource", "files.example.com"],
    [/expected one of them/u, "--resource", "tool:x", "--tool", "x"],
    [/--from is after --to/u, "--agent", "a", "--from", "2026-01-02", "--to", "2026-01-01"],
    [/age or a time/u, "--agent", "a", "--from", "soon"],
    [/nothing is known of that time/u, "--agent", "a", "--from", "2999-01-01"],
    [/--decision can't be `MAYBE`.*\n.*the decisions are ALLOW, DENY, /u, "--decision", "MAYBE"],
    [/--decision can't be `deny`.*\n.*did you mean DENY\?/u, "--decision", "deny"],
    [/--event can't be `tool_begin`.*\n.*the events are authorize_action, /u, "--event", "tool_begin"],
  ];
  for (const [message, ...words] of cases) {
    const { code, stderr } = await run("prove", "absent", ...words, "--out", "x.json");
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, message);
  }
});
