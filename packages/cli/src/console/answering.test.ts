import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApprovalRequest } from "canopy-runtime";
import { approvalText } from "canopy-runtime/approval-text";
import { inScratch } from "../testing/canopy.ts";
import type { ShownRequest } from "./state.ts";
import { ConsoleRig, type RigOptions } from "../testing/console-rig.ts";
import { HOSTILE, OBEYED } from "../testing/hostile.ts";

const ID = "a".repeat(64);
const PENDING = {
  event: "authorize_action",
  timestamp: "2026-03-01T11:59:00Z",
  avid: "AVID-1",
  action_type: "execute_shell",
  decision: "REQUIRE_APPROVAL",
  reason: "REQUIRE_APPROVAL by firewall:obfuscation",
  severity: "high",
  entry_hash: ID,
  approval_expires_at: "2026-03-01T13:00:00.000Z",
};

function requestOf(
  action_payload: ApprovalRequest["action_payload"],
  more: Partial<ApprovalRequest> = {},
): ApprovalRequest {
  return {
    log_id: "0".repeat(32),
    authorization_id: ID,
    action_digest: `sha256:${"b".repeat(64)}`,
    avid: "AVID-1",
    action_type: "execute_shell",
    action_payload,
    cwd: null,
    reason: "asks",
    severity: "high",
    findings: [],
    effects: [],
    approval_expires_at: null,
    ...more,
  };
}

function shown(request: ApprovalRequest): ShownRequest {
  return { request, text: (columns) => approvalText(request, columns) };
}

function withRequest(
  request: ApprovalRequest,
  use: (rig: ConsoleRig) => void,
  options: RigOptions = {},
): Promise<void> {
  return inScratch((folder) => {
    const rig = new ConsoleRig(folder, options);
    try {
      rig.write([PENDING]);
      rig.read().type("2\r");
      assert.deepEqual(rig.effects, [{ kind: "open approval", authorization_id: ID }]);
      rig.effects.length = 0;
      use(rig.happen({ kind: "approval", authorization_id: ID, request: shown(request), problem: null }));
    } finally {
      rig.close();
    }
    return Promise.resolve();
  });
}

const SHORT = requestOf({ command: "ls" });
const LONG = requestOf({ command: Array.from({ length: 300 }, (_, line) => `step ${line}`) });

describe("answering an approval", () => {
  it("asks for a reason, then for the word, and hands both on", () =>
    withRequest(SHORT, (rig) => {
      rig.type(" ").type("a").type("it is fine\r").type("yes\r");
      assert.deepEqual(rig.effects, [{ kind: "vote", verdict: "APPROVED", request: SHORT, reason: "it is fine" }]);
    }));

  it("rejects by its own word", () =>
    withRequest(SHORT, (rig) => {
      rig.type(" r\r").type("yes\r");
      assert.deepEqual(rig.effects, []);
      rig.type("r\r").type("no\r");
      assert.deepEqual(rig.effects, [{ kind: "vote", verdict: "REJECTED", request: SHORT, reason: "" }]);
    }));

  it("does nothing for another word, an escape, or an interrupt", () => {
    return withRequest(SHORT, (rig) => {
      for (const answer of ["y\r", "YES\r", "yes please\r", "\r", "yes\u001b", "yes\u0003"])
        rig.type(" a\r").type(answer);
      assert.deepEqual(rig.effects, []);
    });
  });

  it("takes neither pasted text nor keys that came before the question could be read for the word", () =>
    withRequest(SHORT, (rig) => {
      rig.type(" a\r").type("\u001b[200~yes\u001b[201~").type("\r");
      assert.deepEqual(rig.effects, []);
      rig.type("a\r");
      rig.now -= 1000;
      rig.happen({ kind: "character", text: "y" });
      assert.equal(rig.state.form?.text, "");
    }));

  it("wants a reason where the policy does", () =>
    withRequest(
      requestOf({}, { approval: { count: 1, by: [], not_requester: false, reason_required: true, within_ms: null } }),
      (rig) => {
        rig.type(" a\r");
        assert.match(rig.screen(), /expected a text|the policy wants one/u);
        rig.type("because\r").type("yes\r");
        assert.equal(rig.effects.length, 1);
      },
    ));

  it("is refused until every row was on the screen, in order", () =>
    withRequest(LONG, (rig) => {
      rig.type("a");
      assert.equal(rig.state.form, null);
      assert.match(rig.screen(), /rows were not shown yet/u);
      rig.type("Ga");
      assert.equal(rig.state.form, null, "jumping to the end is not reading");
      rig.type("g");
      for (let page = 0; page < 40; page += 1) rig.type(" ");
      rig.type("a");
      assert.match(rig.screen(), /Reason, or enter/u);
    }));

  it("does not count rows that keys skipped before they could be painted", () =>
    withRequest(LONG, (rig) => {
      rig.burst(" ".repeat(40)).type("a");
      assert.equal(rig.state.form, null);
    }));

  it("is out of reach while the terminal is too small to read it", () =>
    withRequest(LONG, (rig) => {
      rig.happen({ kind: "resize", columns: 50, rows: 10 }).type(" ".repeat(200)).type("a\ryes\r");
      rig.happen({ kind: "resize", columns: 80, rows: 24 }).type("a");
      assert.equal(rig.state.form, null);
      assert.deepEqual(
        rig.effects.filter(({ kind }) => kind === "vote"),
        [],
      );
    }));

  it("shows every argument on the way there", () =>
    withRequest(LONG, (rig) => {
      const seen = new Set<string>();
      for (let page = 0; page < 40; page += 1) {
        for (const [step] of rig.screen().matchAll(/step \d+/gu)) seen.add(step);
        rig.type(" ");
      }
      assert.equal(seen.size, 300);
    }));

  it("has to be read again when the width breaks it otherwise", () =>
    withRequest(
      SHORT,
      (rig) => {
        rig.type(" ").happen({ kind: "resize", columns: 60, rows: 20 });
        assert.match(rig.type("a").screen(), /not shown yet/u);
      },
      { rows: 60 },
    ));

  it("shows hostile arguments whole and inert, whatever their width", () => {
    const values = HOSTILE.map(({ value }) => value);
    return withRequest(
      requestOf({ bidi: "\u202etxt", wide: "界".repeat(400), marks: `e${"\u0301".repeat(300)}`, values }),
      (rig) => {
        let shown = "";
        for (let page = 0; page < 600; page += 1) {
          const rows = rig.screen().split("\n");
          for (const row of rows) assert.doesNotMatch(row, OBEYED);
          shown += rows.slice(2, -3).join("");
          rig.type("j");
        }
        assert.ok((shown.match(/界/gu)?.length ?? 0) >= 400);
        assert.ok(shown.includes("\\u{202e}"));
      },
      { columns: 60, rows: 20 },
    );
  });

  it("says why nothing can be answered from here", () =>
    inScratch((folder) => {
      const rig = new ConsoleRig(folder, { read_only: "read only: this home has no signing key" });
      rig.write([PENDING]);
      rig.read().type("2\r a");
      assert.deepEqual(rig.effects, []);
      assert.match(rig.screen(), /this home has no signing key/u);
      rig.close();
      return Promise.resolve();
    }));

  it("drops the request of another decision that comes late", () =>
    withRequest(SHORT, (rig) => {
      rig.type("\u001b").happen({ kind: "approval", authorization_id: ID, request: shown(LONG), problem: null });
      assert.equal(rig.state.approval?.request?.request, SHORT);
    }));
});

describe("what waits", () => {
  it("is gone once it was answered, skipped, or is past its time", () =>
    inScratch((folder) => {
      const rig = new ConsoleRig(folder);
      const other = { ...PENDING, entry_hash: "c".repeat(64) };
      const past = { ...PENDING, entry_hash: "d".repeat(64), approval_expires_at: "2026-03-01T11:59:30.000Z" };
      rig.write([PENDING, other, past]);
      assert.equal(rig.read().data.summary?.pending.length, 2);
      rig.append([{ ...PENDING, event: "approval_rejected", entry_hash: "e".repeat(64), authorization_id: ID }]);
      assert.deepEqual(
        rig.read().data.summary?.pending.map(({ authorization_id }) => authorization_id),
        [other.entry_hash],
      );
      rig.close();
      return Promise.resolve();
    }));
});

describe("stopping", () => {
  const stopped = { ...PENDING, event: "kill_switch", scope: "tenant:acme", engaged: true, reason: "leak", by: "ada" };

  it("asks why, and for words that name the scope", () =>
    inScratch((folder) => {
      const rig = new ConsoleRig(folder);
      rig.write([PENDING]);
      rig.read().type("7s\r");
      assert.match(rig.screen(), /expected a text/u);
      rig.type("host owned\r").type("stop\r");
      assert.deepEqual(rig.effects, []);
      rig.type("s").type("host owned\r").type("stop all\r");
      assert.deepEqual(rig.effects, [{ kind: "set switch", scope: "all", engaged: true, reason: "host owned" }]);
      rig.effects.length = 0;
      rig.type(":stop everything\r");
      assert.match(rig.screen(), /a scope is all, tenant:ID or agent:AVID/u);
      rig.close();
      return Promise.resolve();
    }));

  it("stops the selected agent, and releases the selected switch", () =>
    inScratch((folder) => {
      const rig = new ConsoleRig(folder);
      rig.write([{ ...PENDING, avid: `AVID-${"7".repeat(64)}` }, stopped]);
      rig.read().type("3s").type("odd\r").type("stop 77777777\r");
      rig.type("7x").type("mended\r").type("release tenant:acme\r");
      assert.deepEqual(rig.effects, [
        { kind: "set switch", scope: `agent:AVID-${"7".repeat(64)}`, engaged: true, reason: "odd" },
        { kind: "set switch", scope: "tenant:acme", engaged: false, reason: "mended" },
      ]);
      rig.append([{ ...stopped, engaged: false }]);
      assert.deepEqual(rig.read().data.summary?.switches, []);
      rig.close();
      return Promise.resolve();
    }));
});

describe("incidents", () => {
  it("are opened about the selected entry, and changed", () =>
    inScratch((folder) => {
      const rig = new ConsoleRig(folder);
      rig.write([
        { ...PENDING, event: "incident_event", incident_id: "inc-1", description: "wiped", entry_hash: "f".repeat(64) },
        { ...PENDING, trace_id: "t-9" },
      ]);
      rig.read().type("i").type("it tried again\r");
      rig.type("5c").type("contained\r").type("host cut off\r");
      assert.deepEqual(rig.effects, [
        { kind: "open incident", trace_id: "t-9", avid: "AVID-1", related: ID, description: "it tried again" },
        { kind: "update incident", incident_id: "inc-1", step: "contained", note: "host cut off" },
      ]);
      rig.close();
      return Promise.resolve();
    }));
});

describe("a trace", () => {
  it("is a tree: what came of a decision stands below it, and agents below the one that started them", () =>
    inScratch((folder) => {
      const rig = new ConsoleRig(folder);
      const decision = (letter: string, avid: string, more: object = {}): object => ({
        ...PENDING,
        decision: "ALLOW",
        trace_id: "t-1",
        avid,
        entry_hash: letter.repeat(64),
        ...more,
      });
      const follow = (event: string, letter: string, id: string): object => ({
        ...PENDING,
        event,
        trace_id: "t-1",
        entry_hash: letter.repeat(64),
        authorization_id: id.repeat(64),
        ok: true,
      });
      rig.write([
        decision("1", "AVID-a", { effects: ["agent.spawn"] }),
        decision("2", "AVID-b"),
        follow("tool_start", "3", "1"),
        follow("tool_result", "4", "1"),
        follow("tool_start", "5", "2"),
        { ...PENDING, trace_id: "t-2" },
      ]);
      rig.read().type("gt");
      const rows = rig
        .screen()
        .split("\n")
        .slice(3, 9)
        .map((row) => row.slice(10, 27).trimEnd());
      assert.deepEqual(rows, ["ALLOW", "├ started", "└ done", "  ALLOW", "  └ started", ""]);
      rig.close();
      return Promise.resolve();
    }));
});
