import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { describe, it } from "node:test";
import { PLAIN, styleFor } from "../style.ts";
import { lineStanding } from "canopy-runtime/log-reader";
import { inScratch } from "../testing/canopy.ts";
import { runConsole, type ConsoleParts } from "./console-app.ts";
import { LogData } from "./console-data.ts";
import { Desk } from "./desk.ts";
import { startScanning } from "./start-scanning.ts";

const LINE = `${JSON.stringify({ event: "authorize_action", timestamp: "2026-03-01T09:00:00Z", avid: "AVID-1", action_type: "execute_shell", decision: "DENY", reason: "DENY by Art.0", entry_hash: "a".repeat(64) })}\n`;

/** A terminal in memory: what was written to it, and a way to wait for more. */
class Screen extends Writable {
  readonly columns = 80;
  readonly rows = 24;
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  async shows(wanted: string): Promise<void> {
    for (let tries = 0; !this.text.includes(wanted); tries += 1) {
      assert.ok(tries < 6000, `never shown: ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function withConsole(
  use: (parts: {
    readonly input: PassThrough;
    readonly screen: Screen;
    readonly ended: Promise<number>;
  }) => Promise<void>,
  more: Partial<ConsoleParts> = {},
): Promise<void> {
  await inScratch(async (folder) => {
    const log = join(folder, "audit.log");
    const home = join(folder, "home");
    writeFileSync(log, LINE.repeat(3));
    const [input, screen] = [new PassThrough(), new Screen()];
    const ended = runConsole({
      input,
      output: screen,
      style: PLAIN,
      data: new LogData(log, { record: () => ({ missing: "" }), standing: lineStanding }),
      desk: new Desk({ log, home, policy: {}, env: {}, by: "test" }),
      scan: (tell, failed) => startScanning({ path: log, home, anchors: NO_ANCHORS, policy: DEFAULT }, tell, failed),
      onChange: () => undefined,
      lint: async () => Promise.resolve({ file: "p", lines: [] }),
      exportTo: async () => Promise.reject(new Error("not now")),
      ...more,
    });
    await use({ input, screen, ended });
  });
}

const NO_ANCHORS = { log_origin: null, anchors: [], log_witnesses: null };
const DEFAULT = { text: null, file: null, name: "the bundled default pack" };

describe("the console on a terminal", () => {
  it("takes another screen, shows the log, answers keys, and gives the terminal back", () =>
    withConsole(async ({ input, screen, ended }) => {
      await screen.shows("execute_shell");
      assert.ok(screen.text.startsWith("\u001b[?1049h"));
      input.write("?");
      await screen.shows("ctrl-f ctrl-b");
      input.write("\u001b");
      input.write(":q\r");
      assert.equal(await ended, 0);
      assert.ok(screen.text.endsWith("\u001b[?25h\u001b[?1049l"));
    }));

  it("ends when its terminal is gone", () =>
    withConsole(async ({ input, screen, ended }) => {
      await screen.shows("execute_shell");
      input.end();
      assert.equal(await ended, 0);
      assert.ok(screen.text.endsWith("\u001b[?1049l"));
    }));

  it("writes no colour where none is wanted, and marks the selected row all the same", () =>
    withConsole(async ({ input, screen, ended }) => {
      await screen.shows("▌");
      input.write("\u0003");
      assert.equal(await ended, 0);
      const between = screen.text.replace("\u001b[0m\u001b[?25h\u001b[?1049l", "");
      assert.ok(!between.includes("\u001b[7m") && !between.includes("\u001b[1m"));
    }));

  it("sets verdicts off by colour on a terminal that has it", () =>
    withConsole(
      async ({ input, screen, ended }) => {
        await screen.shows("\u001b[1;31mDENY");
        input.write("q");
        assert.equal(await ended, 0);
      },
      { style: styleFor(true, {}) },
    ));

  it("says what went wrong with what was asked for, and goes on", () =>
    withConsole(async ({ input, screen, ended }) => {
      await screen.shows("execute_shell");
      input.write(":export x.html\r");
      await screen.shows("not now");
      input.write("q");
      assert.equal(await ended, 0);
    }));
});
