import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Action } from "./action.ts";
import { registeredTypes, registerTypes } from "./action-types.ts";
import { readName } from "./action-words.ts";
import { CanopyError } from "./errors.ts";
import { normalizeAction, recordedType, verbOfType } from "./normalize.ts";

const recordedName = (type: string): string => recordedType(type).name;

const tools = { sha256Hex: (text: string): string => createHash("sha256").update(text).digest("hex") };

function normalize(action_type: unknown, action_payload: unknown = {}, cwd: string | null = null): Action {
  return normalizeAction({ action_type, action_payload, cwd }, tools);
}

function digest(type: string, payload: unknown, cwd: string | null = null): string {
  return normalize(type, payload, cwd).digest;
}

function refused(action_type: unknown, payload: unknown = {}): boolean {
  try {
    normalize(action_type, payload);
    return false;
  } catch (error) {
    return error instanceof CanopyError && error.code === "INVALID_ACTION";
  }
}

// Of everyday tools: products before the verb, verbs of two words, states at the end.
const CHANGING_NAMES =
  "empty_bucket connect_wallet overclock_cpu forget_user ansible_playbook jira_transition_issue stripe_issue_card datadog_silence_monitor netlify_take_down_site xero_reconcile_account plaid_link_account brokerage_short_stock freeze_card waive_fee hue_lights_off sprinkler_on tesla_summon puppet_enforce vault_seal downgrade_tls strip_permissions opt_out_customer blackmail_contact cut_power wind_down_service retire_host squash_history force_logout log_out_all_users fail_over_region factory_default_router root_device jailbreak_phone port_out_number track_person " +
  "intune_retire_device zoom_end_meeting cisco_bounce_port launchdarkly_flip_flag uber_request_ride contract_self_destruct deny_claim sweep_account infuse_drug scram_reactor systemctl_mask " +
  "create_note_and_delete_user add_note_to_patient run_load_tests_on_production delete_todo create_chart_of_accounts";
const MILD_NAMES =
  "add_todo create_note set_timer run_tests set_reminder note_create todo_add notion_create_note take_screenshot run_unit_tests add_numbers toggle_dark_mode create_chart pause_music " +
  "root_cause_analysis short_answer track_package credit_score freeze_check terraform_plan helm_list data_frame_head who_is_on_call describe_off_hours get_log_out_count time_zone_convert";

describe("an action's type", () => {
  const spellings: Readonly<Record<string, readonly string[]>> = {
    execute_shell: [
      "execute_shell",
      " Execute Shell ",
      "execute-shell",
      "executeShell",
      "EXECUTE_SHELL",
      "execute__shell",
      "execute_shell\u200b",
      "ехecute_shell",
      "ｅｘｅｃｕｔｅ_shell",
      "shell",
      "bash",
      "sh",
      "run_command",
      "runTerminalCmd",
      "mcp__shell__exec",
      "mcp__my_server__run_command",
      "tools.bash",
      "functions/exec_command",
      "subprocess.run",
      "terminal",
      "execute_bash",
      "bash_20250124",
    ],
    modify_file: [
      "write_file",
      "Write",
      "file_write",
      "create_file",
      "append_file",
      "str_replace_editor",
      "text_editor_20250124",
      "apply_patch",
      "fs.writeFile",
    ],
    delete_file: ["delete_file", "rm", "removeFile", "delete_directory"],
    call_external_api: ["call-external-api", "httpRequest", "webhook", "POST_request"],
    fetch_url: ["web_fetch", "fetch", "http_get", "open_url", "browser.navigate"],
    sql_query: ["run_sql", "execute_sql", "query_db", "postgres_query"],
    transfer_funds: ["wire_transfer", "sendMoney", "bank transfer"],
    send_email: ["email_send", "gmail_send_email"],
    post_to_social: ["tweet", "postTweet"],
    spawn_agent: ["fork_agent", "Task"],
  };
  for (const [canonical, names] of Object.entries(spellings)) {
    for (const name of names)
      it(`\`${name}\` is ${canonical}`, () => assert.equal(normalize(name).action_type, canonical));
  }

  it("on no list keeps its own characters, and only its case and separators are folded", () => {
    assert.equal(recordedName("Log-Metric"), "log_metric");
    assert.notEqual(recordedName("tâche"), recordedName("tache"));
    assert.notEqual(recordedName("Ⅷ"), recordedName("VIII"));
    assert.notEqual(recordedName("ß"), recordedName("ss"));
  });

  it("named by a policy or the integrator is known, in any spelling", () => {
    const registered = registerTypes([{ name: "run_job" }, { name: "Log_Fire", verb: "physical" }], verbOfType);
    const named = (type: string): Action =>
      normalizeAction({ action_type: type, action_payload: {} }, { ...tools, registered });
    assert.equal(named("RunJob").action_type, "run_job");
    assert.equal(named("RunJob").known, true);
    assert.equal(named("log_fire").verb, "physical");
    assert.equal(named("bash").action_type, "execute_shell");
    assert.equal(
      normalizeAction({ action_type: "run_job", action_payload: {} }, { ...tools, registered: ["run_job"] }).known,
      true,
    );
  });

  it("that nobody listed is classed by the words of its name", () => {
    const reading = [
      "read_notes",
      "list_repos",
      "calendar_list",
      "get_robots_txt",
      "search_update_log",
      "translate",
      "summarize",
      "file_exists",
    ];
    for (const name of reading) assert.equal(normalize(name).changing, false, name);
    for (const name of [
      "note",
      "noop",
      "roboto_font",
      "androne",
      "get_weather",
      "order_status",
      "issue_count",
      "generate_report",
      "tag_list",
    ]) {
      assert.deepEqual(readName(name).changing, false, name);
    }
    const changing = [
      "delete_database",
      "disable_mfa",
      "create_api_key",
      "update_user_password",
      "get_or_create_user",
      "read_and_delete",
      "reset_user",
      "make_bucket_public",
      "allow_public_access",
      "rent_gpus",
      "issue_certificate",
      "generate_token",
      "decommission_server",
      "unpublish",
      "refund_all",
    ];
    for (const name of changing) assert.equal(normalize(name).changing, true, name);
    for (const name of CHANGING_NAMES.split(" ")) assert.equal(readName(name).changing, true, name);
    for (const name of MILD_NAMES.split(" ")) assert.equal(readName(name).changing, false, name);
    assert.equal(readName("move_robot").verb, "physical");
    assert.equal(readName("open_valve").verb, "physical");
    assert.equal(readName("servo_rotate").verb, "physical");
    assert.equal(readName("7motor").verb, "physical");
    assert.equal(readName("my_company_shell_runner").verb, "exec");
    assert.equal(readName("list_commands").verb, "read");
  });

  it("is refused when it is no usable text", () => {
    for (const type of [null, undefined, 1, {}, [], "", "  ", "a\nb", "a\0b", "x".repeat(257), "\ud800"])
      assert.ok(refused(type), JSON.stringify(type));
  });

  it("folds to itself when it is registered", () => {
    for (const name of registeredTypes())
      assert.deepEqual(recordedType(name), { name, viewing: null, listed: true }, name);
  });

  it("is known beforehand as entries will have it, whatever the payload", () => {
    const names = [...registeredTypes(), ...Object.values(spellings).flat()];
    for (const name of [...names, "type in field", "kubectl", "Log-Metric", " RepoScan ", "mcp__fs__write_file"]) {
      const { name: expected, viewing, listed } = recordedType(name);
      for (const payload of [{}, { command: "view" }, { command: "ls" }, "view", ["get", "pods"]]) {
        const { action_type } = normalizeAction({ action_type: name, action_payload: payload }, tools);
        const shows = JSON.stringify(payload) === '{"command":"view"}';
        assert.equal(action_type, shows ? (viewing ?? expected) : expected, name);
      }
      if (listed) assert.ok(registeredTypes().includes(expected), name);
    }
    assert.deepEqual(recordedType("str_replace_editor"), { name: "modify_file", viewing: "read_file", listed: true });
    assert.deepEqual(recordedType("RepoScan"), { name: "repo_scan", viewing: null, listed: false });
  });
});

describe("an action's payload", () => {
  it("is refused when it is no I-JSON or over its limit", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    for (const payload of [
      Number.NaN,
      { a: Infinity },
      { a: undefined },
      { a: "\ud800" },
      cycle,
      { a: 1n },
      "x".repeat(1_048_577),
      "é".repeat(600_000),
    ]) {
      assert.ok(refused("note", payload));
    }
    assert.equal(refused("note", "x".repeat(1_000_000)), false);
  });

  it("that is small only because one object stands in many places is refused before it is written out", () => {
    let shared: unknown = { command: "ls" };
    for (let depth = 0; depth < 100; depth += 1) shared = { left: shared, right: shared };
    assert.ok(refused("read_file", shared));
  });

  it("comes with a folder that is text or nothing", () => {
    for (const cwd of [5, {}, ["/tmp"], true]) {
      const given: Record<string, unknown> = { action_type: "ls", action_payload: {}, cwd };
      assert.throws(() => Reflect.apply(normalizeAction, null, [given, tools]), { code: "INVALID_ACTION" });
    }
  });

  it("is copied: later changes and getters tell no second story", () => {
    const payload = { command: "ls", deep: { list: ["a"] } };
    const action = normalize("bash", payload);
    payload.command = "rm -rf /";
    payload.deep.list.push("b");
    assert.deepEqual(action.payload, { command: "ls", deep: { list: ["a"] } });
    let reads = 0;
    const moving = {
      get command(): string {
        reads += 1;
        return reads === 1 ? "ls" : "rm -rf /";
      },
    };
    assert.deepEqual(normalize("bash", moving).fields.commands, ["ls"]);
  });

  it("keeps `__proto__` as a member like any other", () => {
    const payload: unknown = JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
    );
    const action = normalize("note", payload);
    assert.ok(Object.hasOwn(Object(action.payload), "__proto__"));
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });

  it("of plain text stands for the type's main member", () => {
    assert.deepEqual(normalize("bash", "ls").fields.commands, ["ls"]);
    assert.deepEqual(normalize("write_file", "/x").fields.paths, [{ member: "path", text: "/x" }]);
    assert.deepEqual(normalize("fetch", "http://x/").fields.urls, [{ member: "url", text: "http://x/" }]);
    assert.deepEqual(normalize("sql_query", "drop table t").fields.queries, ["drop table t"]);
    assert.deepEqual(normalize("note", "hello").fields.texts, [{ member: "text", text: "hello" }]);
    assert.deepEqual(normalize("bash", ["rm", "-rf", "/"]).fields.argvs, [["rm", "-rf", "/"]]);
  });

  const commands: readonly (readonly [string, object, readonly string[], readonly (readonly string[])[]])[] = [
    ["a member in any case", { Command: "ls" }, ["ls"], []],
    ["a member under another name", { cmd: "ls" }, ["ls"], []],
    ["a nested member", { input: { kwargs: { command: "ls" } } }, ["ls"], []],
    ["words", { argv: ["rm", "a b"] }, [], [["rm", "a b"]]],
    ["a program and arguments", { command: "bash", args: ["-c", "ls"] }, [], [["bash", "-c", "ls"]]],
    ["text and arguments", { command: "git log", args: ["a b"] }, ["git log a b"], []],
    ["flags", { command: "ls", flags: "-la" }, ["ls -la"], []],
    ["several lists of words", { commands: [["ls"], ["rm", "a b"]] }, [], [["ls"], ["rm", "a b"]]],
    [
      "a list of words that names its own program",
      { command: "ls", argv: ["rm", "x"] },
      [],
      [
        ["ls", "rm", "x"],
        ["rm", "x"],
      ],
    ],
    ["lines of standard input", { command: "bash", stdin: ["ls"] }, ["bash <<'END_OF_INPUT'\nls\nEND_OF_INPUT"], []],
    ["arguments alone", { args: "rm -rf /" }, ["rm -rf /"], []],
    ["standard input", { command: "bash", stdin: "ls" }, ["bash <<'END_OF_INPUT'\nls\nEND_OF_INPUT"], []],
    ["an environment", { command: "ls", env: { LD_PRELOAD: "/tmp/e.so" } }, ["export LD_PRELOAD=/tmp/e.so\nls"], []],
    ["a choice of shell", { command: "ls", shell: "/bin/bash" }, ["ls"], []],
  ];
  for (const [what, payload, texts, words] of commands) {
    it(`gives a command from ${what}`, () => {
      const { fields, doubts } = normalize("execute_shell", payload);
      assert.deepEqual([fields.commands, fields.argvs], [texts, words]);
      assert.deepEqual(doubts, []);
    });
  }

  it("that says two things, or something nobody reads, is doubted", () => {
    const doubted: readonly (readonly [string, object])[] = [
      ["bash", { command: "ls", cmd: "rm -rf /" }],
      ["bash", { command: "ls", shell: "mkfs.ext4 /dev/sda" }],
      ["bash", { command: "ls", next: "rm -rf /" }],
      ["bash", { command: "ls", pre_command: "rm -rf /" }],
      ["bash", { command: "ls", on_exit: "rm -rf /" }],
      ["bash", { command: "ls", extra: { cmd: "rm -rf /" } }],
      ["bash", { command: "ls", args: ["&&", "rm -rf /"] }],
      ["bash", { command: "ls", command2: "rm -rf /" }],
      ["excel_macro", { macro: 'Shell "cmd /c format c:"' }],
      ["bash", { unheard_of: "rm -rf /" }],
      ["bash", { command: { a: 1 } }],
      ["bash", { command: ["ls", 1] }],
      ["note", { command: "rm -rf /" }],
      ["send_email", { body: "hi", script: "rm -rf /; ls" }],
      ["write_file", { path: 7 }],
      ["fetch", { url: { a: 1 } }],
    ];
    for (const [type, payload] of doubted)
      assert.notDeepEqual(normalize(type, payload).doubts, [], JSON.stringify(payload));
    const plain: readonly (readonly [string, object])[] = [
      ["note", { code: "DE", text: "hi" }],
      ["str_replace_editor", { command: "create", path: "/x" }],
      ["bash", { command: "ls", timeout: 5, description: "list" }],
    ];
    for (const [type, payload] of plain) assert.deepEqual(normalize(type, payload).doubts, [], JSON.stringify(payload));
  });

  it("reads every text, however deep, and long numbers", () => {
    const { texts } = normalize("note", { a: [{ b: "x" }], n: 4111111111111111, "key with spaces": 1 }).fields;
    assert.deepEqual(texts.map(({ text }) => text).sort(), ["4111111111111111", "key with spaces", "x"]);
  });

  it("takes a file URI for the place it names, in any member", () => {
    const { paths } = normalize("read_resource", { uri: "FILE:///etc/shadow" }).fields;
    assert.deepEqual(
      paths.map(({ text }) => text),
      ["FILE:///etc/shadow"],
    );
  });

  it("names the paths of a patch", () => {
    const patch = "*** Update File: /etc/passwd\n--- a/old.txt\n+++ b/new.txt\n*** Delete File: gone";
    const { paths } = normalize("apply_patch", { patch }).fields;
    assert.deepEqual(
      paths.map(({ text }) => text),
      ["/etc/passwd", "old.txt", "new.txt", "gone"],
    );
  });
});

describe("an action's digest", () => {
  it("is SHA-256 over the domain and the canonical form", () => {
    const text = 'canopy-action-v1{"action_type":"execute_shell","cwd":null,"payload":{"a":1,"command":"ls"}}';
    assert.equal(normalize("Bash", { command: "ls", a: 1 }).digest, `sha256:${tools.sha256Hex(text)}`);
  });

  it("changes with type, payload and folder, and with nothing else", () => {
    const base = digest("bash", { command: "ls" });
    assert.equal(digest("shell", { command: "ls" }), base);
    assert.notEqual(digest("bash", { command: "ls " }), base);
    assert.notEqual(digest("bash", { command: "ls" }, "/x"), base);
    assert.notEqual(digest("note", { command: "ls" }), base);
    assert.notEqual(
      digest("move_file", { source: "a", destination: "b" }),
      digest("copy_file", { source: "a", destination: "b" }),
    );
  });

  it("exists for every JSON payload", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        try {
          return /^sha256:[0-9a-f]{64}$/.test(normalize("note", payload).digest);
        } catch (error) {
          return error instanceof CanopyError;
        }
      }),
    );
  });
});

describe("a call's arguments written as JSON text", () => {
  const command = JSON.stringify({ command: "rm -rf /etc" });

  it("are read like the object they are", () => {
    assert.deepEqual(normalize("execute_shell", { arguments: command }).fields.commands, ["rm -rf /etc"]);
    assert.deepEqual(normalize("use_mcp_tool", { arguments: command }).calls[0]?.fields.commands, ["rm -rf /etc"]);
  });

  it("stay text when they are no object", () => {
    assert.deepEqual(normalize("execute_shell", { command: "ls", input: "{ not json" }).fields.commands.length, 1);
  });
});

function folderDoubts(cwd: string | null, named: string): readonly string[] {
  const action_payload = { command: "rm -rf ./lib", cwd: named };
  return normalizeAction({ action_type: "execute_shell", action_payload, cwd }, { sha256Hex: () => "" }).doubts;
}

describe("the working folder", () => {
  it("asks when the payload names one that is not below the request's, where places would be judged otherwise", () => {
    for (const named of [
      "/etc",
      "/",
      "/work-2",
      "../x",
      "a/../../x",
      "~",
      "$HOME",
      "C:\\x",
      "\\\\host\\x",
      "/work/../etc",
    ]) {
      assert.match(folderDoubts("/work", named).join(), /working folder/, named);
    }
    for (const named of ["/work", "/work/sub", "sub", "./sub/deeper", "."])
      assert.deepEqual(folderDoubts("/work", named), [], named);
    assert.deepEqual(folderDoubts(null, "/etc"), []);
  });
});
