import assert from "node:assert/strict";
import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { inScratch } from "../testing/canopy.ts";
import { ConsoleRig, type RigOptions } from "../testing/console-rig.ts";
import { HOSTILE, OBEYED } from "../testing/hostile.ts";

function withRig(use: (rig: ConsoleRig) => void, options: RigOptions = {}): Promise<void> {
  return inScratch((folder) => {
    const rig = new ConsoleRig(folder, options);
    try {
      use(rig);
    } finally {
      rig.close();
    }
    return Promise.resolve();
  });
}

function entry(number: number, more: object = {}): object {
  const second = String(number % 60).padStart(2, "0");
  const minute = String(Math.floor(number / 60) % 60).padStart(2, "0");
  return {
    event: "authorize_action",
    timestamp: `2026-03-01T09:${minute}:${second}Z`,
    avid: `AVID-${String(number % 3).repeat(64)}`,
    action_type: `action_${number}`,
    decision: "ALLOW",
    reason: "nothing speaks against it",
    severity: "low",
    entry_hash: number.toString(16).padStart(64, "0"),
    ...more,
  };
}

function entries(count: number, more: object = {}): readonly object[] {
  return Array.from({ length: count }, (_, number) => entry(number, more));
}

describe("the console's live view", () => {
  it("follows what is written, and stays where it is once one moves", () =>
    withRig((rig) => {
      rig.write(entries(50));
      assert.match(rig.read().screen(), /▌.*action_49 /u);
      rig.append([entry(50)]);
      assert.match(rig.read().screen(), /▌.*action_50 /u);
      rig.type("k");
      rig.append([entry(51)]);
      assert.match(rig.read().screen(), /▌.*action_49 /u);
      assert.match(rig.type("G").screen(), /▌.*action_51 .*\n.*following/u);
      rig.append([entry(52)]);
      assert.match(rig.read().screen(), /▌.*action_52 /u);
    }));

  it("reaches the first line of a log of thousands, and every line between", () =>
    withRig((rig) => {
      rig.write(entries(5000));
      assert.match(rig.read().type("g").screen(), /▌.*action_0 /u);
      assert.match(rig.screen(), /1 of 5000/u);
      const seen = new Set<string>();
      for (let page = 0; page < 300; page += 1) {
        for (const [name] of rig.screen().matchAll(/action_\d+/gu)) seen.add(name);
        rig.type("\u0006");
      }
      assert.equal(seen.size, 5000);
    }));

  it("shows only what passes a filter, what comes later too", () =>
    withRig((rig) => {
      rig.write([...entries(30), entry(30, { decision: "DENY" }), ...entries(5)]);
      rig.read().type("/decision:deny\r");
      assert.match(rig.screen(), /\/decision:deny {2}\(1 found\)/u);
      assert.match(rig.screen(), /DENY +action_30/u);
      rig.append([entry(31, { decision: "DENY" }), entry(32)]);
      assert.match(rig.read().screen(), /action_31/u);
      assert.doesNotMatch(rig.screen(), /action_32/u);
      assert.match(rig.type("\u001b").screen(), /action_32/u);
    }));

  it("finds what a line hides behind escapes", () =>
    withRig((rig) => {
      rig.write([JSON.stringify(entry(1, { reason: "evil" })).replace("evil", "\\u0065vil"), entry(2)]);
      rig.read().type("/evil\r");
      assert.match(rig.screen(), /action_1 /u);
      assert.doesNotMatch(rig.screen(), /action_2 /u);
    }));

  it("shows an entry in full, and what it was recorded as", () =>
    withRig(
      (rig) => {
        rig.write([
          entry(1, {
            trace_id: "t-1",
            effects: ["fs.delete"],
            findings: [{ rule_ref: "Art.0", decision: "DENY", severity: "critical" }],
          }),
        ]);
        const shown = rig.read().type("\r").screen();
        for (const text of ["t-1", "fs.delete", "DENY (critical) Art.0", "as recorded"])
          assert.ok(shown.includes(text), shown);
      },
      { rows: 60 },
    ));

  it("is left by q, and by ctrl-c from anywhere", () =>
    withRig((rig) => {
      rig.write(entries(1));
      rig.read().type("\rq");
      assert.deepEqual(rig.effects, []);
      rig.type("q");
      assert.deepEqual(rig.effects, [{ kind: "quit" }]);
      rig.type("\r\u0003");
      assert.equal(rig.effects.length, 2);
    }));
});

describe("a console on a log that is not well", () => {
  it("says that there is none, and shows it once there is", () =>
    withRig((rig) => {
      assert.match(rig.read().screen(), /There is no log at/u);
      rig.write(entries(1));
      assert.match(rig.read().screen(), /action_0/u);
    }));

  it("shows torn, foreign and huge lines as what they are, and goes on", () =>
    withRig((rig) => {
      rig.write([entry(1), '{"torn', "", "[1,2]", "x".repeat(3_000_000), entry(2)]);
      rig.append([]);
      const shown = rig.read().screen();
      assert.equal(shown.match(/UNREADABLE/gu)?.length, 3);
      assert.match(shown, /a line of 3\.0 MB/u);
      assert.match(shown, /action_1 [^]*action_2 /u);
      for (const key of ["\r", "k", "k", "\r"]) assert.ok(rig.type(key).screen().length > 0);
    }));

  it("says when the log became shorter", () =>
    withRig((rig) => {
      rig.write(entries(10));
      rig.read();
      rig.write(entries(3));
      rig.read();
      assert.match(rig.read().type("6").screen(), /became shorter/u);
      assert.match(rig.type("1").screen(), /3 of 3/u);
    }));

  it("shows a log that took another's place, and nothing of the other", () =>
    withRig((rig) => {
      rig.write(entries(10));
      rig.read().type("/action\r");
      renameSync(rig.log, `${rig.log}.old`);
      rig.write([entry(77)]);
      assert.match(rig.read().read().screen(), /\(1 found\)/u);
      assert.match(rig.type("1").screen(), /action_77[^]* 1 of 1 /u);
      assert.match(rig.type("6").screen(), /replaced by another one/u);
    }));

  it("goes on in the next segment of a log that is rotated, and finds the way back", () =>
    withRig((rig) => {
      rig.write(entries(10));
      rig.read();
      mkdirSync(`${rig.log}.d/segments`, { recursive: true });
      rig.append([entry(10)]);
      renameSync(rig.log, `${rig.log}.d/segments/000001.log`);
      rig.write([{ ...entry(11), event: "log_rotated", previous_segment: "000001.log" }, entry(12)]);
      assert.match(rig.read().screen(), /action_10 [^]*action_12 [^]* 13 of 13 /u);
      const other = new ConsoleRig(dirname(rig.log));
      assert.match(other.read().type("g").screen(), /▌.*action_0 [^]* 1 of 13/u);
      other.close();
    }));

  it("shows no hostile text as a terminal would obey it, in any view", () =>
    withRig((rig) => {
      const lines = HOSTILE.flatMap(({ value }, number) => [
        entry(number, {
          action_type: value,
          reason: value,
          avid: value,
          trace_id: value,
          identity: value,
          severity: value,
        }),
        { ...entry(number), event: "incident_event", incident_id: value, description: value, state: value },
        { ...entry(number), event: "kill_switch", scope: value, reason: value, by: value },
        `${value}{`,
      ]);
      rig.write(lines);
      rig.read();
      for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "?"]) {
        rig.type(key);
        for (const line of rig.screen().split("\n")) {
          assert.doesNotMatch(line, OBEYED);
          assert.ok(!line.startsWith("FORGED"));
        }
      }
      for (let row = 0; row < lines.length; row += 1) {
        for (const line of rig
          .type("1gj".padEnd(2 + row, "j"))
          .type("\r")
          .screen()
          .split("\n"))
          assert.doesNotMatch(line, OBEYED);
        rig.type("t");
        for (const line of rig.screen().split("\n")) assert.doesNotMatch(line, OBEYED);
        if (row > 40) break;
      }
    }));
});

describe("the mouse", () => {
  it("selects, opens what is selected, scrolls, and changes the view", () =>
    withRig((rig) => {
      rig.write(entries(100));
      rig.read().type("\u001b[<0;10;7M");
      assert.match(rig.screen().split("\n")[6] ?? "", /^▌/u);
      rig.type("\u001b[<0;10;7M");
      assert.match(rig.screen(), /as recorded/u);
      rig.type("\u001bG\u001b[<64;10;7M");
      assert.match(rig.screen(), /▌.*action_96 /u);
      rig.type("\u001b[<0;20;2M");
      assert.match(rig.screen(), /AGENT +IDENTITY/u);
      rig.type("\u001b[<0;500;500M\u001b[<0;1;1M");
      assert.match(rig.screen(), /AGENT +IDENTITY/u);
    }));
});

describe("whatever is typed", () => {
  it("leaves a screen of the right size, and nothing is asked of the shell that was not confirmed", () =>
    withRig((rig) => {
      const keys = [
        "j",
        "k",
        "g",
        "G",
        "\r",
        "\u001b",
        "q",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "?",
        "/",
        ":",
        "t",
        "h",
        "i",
        "a",
        "r",
        "s",
        "x",
        "c",
        "v",
        "w",
        "l",
        " ",
        "b",
        "\t",
        "\u001b[Z",
        "\u0006",
        "\u0002",
        "\u0004",
        "\u0015",
        "\u007f",
        "\u001b[<65;9;9M",
        "\u001b[<0;9;9M",
        "\u001b[200~x\ny\u001b[201~",
        "界",
        "yes",
      ];
      rig.write([
        ...entries(40, { trace_id: "t" }),
        "torn",
        ...entries(3, { decision: "REQUIRE_APPROVAL", approval_expires_at: "2027-01-01T00:00:00.000Z" }),
      ]);
      rig.read();
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom(...keys), { maxLength: 40 }),
          fc.integer({ min: 1, max: 200 }),
          fc.integer({ min: 1, max: 60 }),
          (typed, columns, rows) => {
            rig.effects.length = 0;
            rig.happen({ kind: "resize", columns, rows });
            for (const key of typed) {
              const lines = rig.type(key).screen().split("\n");
              assert.equal(lines.length, rows + 1);
            }
            const recorded = rig.effects.filter(({ kind }) => kind === "vote" || kind === "set switch");
            assert.deepEqual(recorded, []);
          },
        ),
      );
    }));
});

describe("the console's size", () => {
  it("is filled exactly from 60×20 on; below it says what it needs", () =>
    withRig((rig) => {
      rig.write(entries(100));
      rig.read();
      for (const [columns, rows] of [
        [60, 20],
        [80, 24],
        [120, 40],
        [300, 100],
      ] as const) {
        rig.happen({ kind: "resize", columns, rows });
        for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9"]) {
          const lines = rig.type(key).screen().split("\n");
          assert.equal(lines.length, rows + 1);
          assert.ok(lines.every((line) => line.length <= columns));
        }
      }
      rig.happen({ kind: "resize", columns: 40, rows: 10 });
      assert.match(rig.screen(), /needs 60×20/u);
    }));
});
