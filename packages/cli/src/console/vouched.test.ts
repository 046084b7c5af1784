// What the console says of a log's checkpoint, its anchors and its policy, on logs that a runtime has written.

import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "canopy-runtime";
import { lineStanding } from "canopy-runtime/log-reader";
import { inScratch } from "../testing/canopy.ts";
import { ConsoleRig } from "../testing/console-rig.ts";
import { loadedPolicy, vouchedNow, type JudgingPolicy } from "./chain-watch.ts";

const DEFAULT: JudgingPolicy = { text: null, file: null, name: "the bundled default pack" };

interface Scene {
  readonly folder: string;
  readonly log: string;
  readonly anchor: string;
  /** Decide so often, in a runtime of its own. */
  readonly decide: (count: number, policy?: string) => Promise<void>;
  /** The chain view as it is now. */
  readonly chain: (policy?: JudgingPolicy) => Promise<string>;
}

function scene(use: (scene: Scene) => Promise<void>): Promise<void> {
  return inScratch(async (folder) => {
    const [log, home, anchor] = [join(folder, "audit.log"), join(folder, "home"), join(folder, "elsewhere")];
    mkdirSync(anchor);
    const settings = {
      home,
      audit_log_path: log,
      log_origin: null,
      anchors: [`folder:${anchor}`],
      log_witnesses: null,
    };
    const decide = async (count: number, policy?: string): Promise<void> => {
      const { log_origin: _unset, log_witnesses: _none, ...config } = settings;
      const runtime = createRuntime({ ...config, env: {}, ...(policy === undefined ? {} : { policy }) });
      for (let at = 0; at < count; at += 1) await runtime.authorize({ public_key: "agent" }, "list_things", { at });
      await runtime.close();
    };
    const chain = async (policy = DEFAULT): Promise<string> => {
      const rig = new ConsoleRig(folder, { columns: 100, rows: 50 });
      rig.read();
      rig.data.take({ kind: "vouched", vouched: await vouchedNow(settings), loaded: await loadedPolicy(policy) });
      const screen = rig.type("6").screen();
      rig.close();
      return screen;
    };
    await use({ folder, log, anchor, decide, chain });
  });
}

test("a log that everything vouches for: how far its checkpoint reaches, that its signature holds, what each anchor keeps", () =>
  scene(async ({ decide, chain, anchor }) => {
    await decide(3);
    const screen = await chain();
    assert.match(screen, /checkpoint +covers 4 entries; none came since/);
    assert.match(screen, /signature +holds/);
    assert.match(screen, /cosigned +no: no log witness is configured/);
    assert.match(screen, /last beat +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    assert.match(screen, /home +vouches +4 entries +up to date/);
    assert.match(screen, /folder:.* +vouches +4 entries +up to date/);
    assert.doesNotMatch(screen, /DISAGREES|unreachable|another policy/);
    rmSync(anchor, { recursive: true });
    const away = await chain();
    assert.match(away, /an anchor unreachable/);
    assert.match(away, /UNREACHABLE/);
  }));

test("a log that was cut, and a checkpoint that was forged, are said at the top of the screen", () =>
  scene(async ({ decide, chain, log }) => {
    await decide(3);
    await decide(3);
    const whole = readFileSync(log, "utf8");
    writeFileSync(log, `${whole.split("\n").slice(0, 3).join("\n")}\n`);
    const cut = await chain();
    assert.match(cut, /^ Canopy .*ANCHOR DISAGREES/);
    assert.match(cut, /covers 8 entries, and the log has fewer: it was CUT/);
    assert.match(cut, /home +ROLLED BACK/);
    writeFileSync(log, whole);
    assert.doesNotMatch(await chain(), /DISAGREES/);
    const file = join(`${log}.d`, "tlog", "checkpoint");
    const [text = "", signature = ""] = readFileSync(file, "utf8").split("\n\n");
    const at = signature.length - 20;
    const forged = signature.slice(0, at) + (signature[at] === "A" ? "B" : "A") + signature.slice(at + 1);
    writeFileSync(file, `${text}\n\n${forged}`);
    const screen = await chain();
    assert.match(screen, /^ Canopy .*CHECKPOINT FORGED/);
    assert.match(screen, /DOES NOT HOLD/);
    writeFileSync(file, "\u001b[2Jnot a note");
    assert.match(await chain(), /unusable:/);
  }));

test("an entry that was changed after it was written is shown, and said to be changed", () =>
  inScratch(async (folder) => {
    const log = join(folder, "audit.log");
    const runtime = createRuntime({ home: join(folder, "home"), env: {}, audit_log_path: log, tlog: false });
    await runtime.authorize({ public_key: "agent" }, "list_things", {});
    await runtime.close();
    const entry = (): string => {
      const rig = new ConsoleRig(folder, { columns: 100, rows: 30, standing: lineStanding });
      const screen = rig.read().type("g\r").screen();
      rig.close();
      return screen;
    };
    assert.match(entry(), /its hash +holds/);
    writeFileSync(log, readFileSync(log, "utf8").replace('"decision":"ALLOW"', '"decision":"DENY"'));
    assert.match(entry(), /its hash +DOES NOT HOLD/);
  }));

test("a log without a checkpoint, or of another writer, is said to be one", () =>
  scene(async ({ decide, chain, log }) => {
    await decide(1);
    for (const name of readdirSync(join(`${log}.d`, "tlog")))
      rmSync(join(`${log}.d`, "tlog", name), { recursive: true });
    assert.match(await chain(), /none stands beside the log/);
    writeFileSync(log, '{"event":"authorize_action"}\n');
    assert.match(await chain(), /has no entry of ours/);
    appendFileSync(log, "x");
  }));

test("a console that judges by another policy than the log says is in force warns of it", () =>
  scene(async ({ decide, chain, folder }) => {
    const file = join(folder, "policy.yaml");
    const text = "rules:\n  - {id: a, action_type: list_things, deny: true}\n";
    await decide(1);
    assert.match(await chain(), /no activation is recorded: the bundled default/);
    writeFileSync(file, text);
    const own: JudgingPolicy = { text: null, file, name: "policy.yaml" };
    assert.match(await chain(own), /^ Canopy .*another policy/);
    await decide(1, text);
    assert.match(await chain(), /^ Canopy .*another policy[^]*ANOTHER ONE: the bundled default pack/);
    assert.doesNotMatch(await chain(own), /another policy|ANOTHER ONE/);
    writeFileSync(file, `${text}# edited\n`);
    assert.match(await chain(own), /ANOTHER ONE: policy.yaml/);
    rmSync(file);
    assert.match(await chain(own), /`policy.yaml` can't be read/);
  }));
