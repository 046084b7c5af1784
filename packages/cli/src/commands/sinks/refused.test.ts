import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createRuntime } from "canopy-runtime";
import { canopy, inScratch } from "../../testing/canopy.ts";

/** A receiver that refuses whatever holds a word, until it is mended. */
async function picky(t: TestContext): Promise<{ readonly port: number; readonly mend: () => void }> {
  let word = "refused_thing";
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      response.writeHead(word !== "" && body.includes(word) ? 422 : 202).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, mend: () => (word = "") };
}

test("an entry that a receiver refuses is shown, sent again, or given up on the record", (t) =>
  inScratch(async (cwd) => {
    const { port, mend } = await picky(t);
    const home = join(cwd, "home");
    mkdirSync(home);
    const run = (...args: readonly string[]): ReturnType<typeof canopy> => canopy(args, { cwd });
    const sinks = [`http://127.0.0.1:${port}/in?name=siem`];
    const { CANOPY_HOME: _home, ...env } = process.env;
    const runtime = createRuntime({ home, env, audit_log_path: join(cwd, "audit.log"), policy: "default" });
    for (const action_type of ["list_things", "refused_thing", "list_things"])
      await runtime.authorize({ public_key: "test" }, action_type, {});
    await runtime.close();
    writeFileSync(join(home, "config.json"), JSON.stringify({ sinks }));
    // Each run ends at a failed attempt; the third sets the entry aside and goes on.
    for (let attempt = 0; attempt < 3; attempt += 1) assert.equal((await run("sinks", "run", "--once")).code, 1);
    const shown = await run("sinks", "status");
    assert.equal(shown.code, 1, shown.stdout);
    assert.match(shown.stdout, /siem: entry \d+ set aside: the server answered with status 422/u);
    assert.match(shown.stdout, /canopy sinks resend siem/u);
    const again = await run("sinks", "resend", "siem");
    assert.deepEqual([again.code, again.stdout], [1, "siem: of 1 entry, 1 refused again, 0 still waiting\n"]);
    mend();
    const mended = await run("sinks", "resend", "siem");
    assert.deepEqual([mended.code, mended.stdout], [0, "siem: 1 entry sent again, and taken\n"], mended.stderr);
    assert.equal((await run("sinks", "resend", "siem")).stdout, "siem: nothing was set aside\n");
    const unknown = await run("sinks", "resend", "seam");
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /expected one of siem/u);
    const aside = { canopy_refused: 1, id: "0".repeat(64), seq: 2, segment: 1, offset: 0, at: "", error: "status 422" };
    const kept = join(home, "sinks", readdirSync(join(home, "sinks"))[0] ?? "");
    writeFileSync(join(kept, "siem.refused"), JSON.stringify(aside));
    assert.equal((await run("sinks", "dismiss", "siem", "--reason", " ")).code, 2);
    const dismissed = await run("sinks", "dismiss", "siem", "--reason", "never\u001b[31m wanted");
    assert.deepEqual([dismissed.code, dismissed.stdout], [0, "siem: 1 entry given up\n"], dismissed.stderr);
    const log = readFileSync(join(cwd, "audit.log"), "utf8");
    assert.match(log, /"dismissed_reason":"never\\u001b\[31m wanted".*"event":"sink_dismissed"/u);
    assert.ok(readdirSync(kept).some((name) => /^siem\.dismissed-\d+$/u.test(name)));
    assert.equal((await run("sinks", "status")).code, 0);
  }));
