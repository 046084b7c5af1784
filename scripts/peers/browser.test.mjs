// The page that verifies evidence bundles, in a real Chromium: opened from the disk, without a network. Chromium is the
// system's (Debian: `apt-get install chromium`); fails, not skips, when there is none. CANOPY_SCREENSHOTS names a folder
// for pictures to look at.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "../setup.mjs";
import { makeBundle } from "./evidence-bundles.mjs";
import { npmPeer } from "./npm-peer.mjs";

const VECTORS = join(root, "vectors", "evidence");
const PAGE = pathToFileURL(join(root, "packages", "cli", "dist", "verifier.html")).href;
const WORDS = { valid: "Valid", untrusted: "Not trusted", invalid: "Not valid", unusable: "Unusable" };

let browser;
let folder;

before(async () => {
  const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = process.env["CHROMIUM"] ?? programs.find((path) => existsSync(path));
  assert.ok(executablePath, "no Chromium: install it, or name it in CHROMIUM");
  const entry = join(npmPeer("playwright-core", "1.65.1"), "index.mjs");
  const { chromium } = await import(pathToFileURL(entry).href);
  folder = mkdtempSync(join(tmpdir(), "canopy-browser-"));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

after(async () => {
  await browser?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

async function openPage(t) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const asked = [];
  const problems = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => problems.push(message.text()));
  page.on("dialog", (dialog) => {
    problems.push(`dialog ${dialog.message()}`);
    return dialog.dismiss();
  });
  t.after(() => page.close());
  await page.goto(PAGE);
  return { page, asked, problems };
}

async function check(page, file, trust) {
  await page.fill("#trust", trust);
  await page.setInputFiles("#file", file);
  await page.waitForFunction(() => !document.querySelector("#verdict").textContent.startsWith("Checking"));
  return { verdict: await page.textContent("#verdict"), why: await page.textContent("#why") };
}

async function picture(page, name) {
  const into = process.env["CANOPY_SCREENSHOTS"];
  if (into !== undefined) await page.screenshot({ path: join(into, `${name}.png`), fullPage: true });
}

test("the page gives each bundle of the vectors its verdict, and asks for nothing but itself", async (t) => {
  const { page, asked, problems } = await openPage(t);
  const { cases } = JSON.parse(readFileSync(join(VECTORS, "manifest.json"), "utf8"));
  for (const { name, file, trust, verdict, line } of cases) {
    const text = trust === null ? "" : (trust.policy ?? trust.vkeys.join("\n"));
    const found = await check(page, join(VECTORS, file), text);
    assert.equal(found.verdict, WORDS[verdict], `${name}: ${found.why}`);
    if (line !== null) assert.ok(found.why.startsWith(`Line ${line}: `), `${name}: ${found.why}`);
    await page.setInputFiles("#file", []);
  }
  assert.deepEqual(asked, [PAGE]);
  assert.deepEqual(problems, []);
});

test("what strangers wrote is shown as text, and the trust that was pasted counts at once", async (t) => {
  const { page, problems } = await openPage(t);
  const { cases } = JSON.parse(readFileSync(join(VECTORS, "manifest.json"), "utf8"));
  const [{ trust }] = cases;
  assert.equal((await check(page, join(VECTORS, "valid.canopy-evidence"), "")).verdict, "Not trusted");
  await picture(page, "not-trusted");
  await page.fill("#trust", trust.vkeys[0]);
  await page.waitForFunction(() => document.querySelector("#verdict").textContent === "Valid");
  await page.click("#rows tr >> nth=0");
  await picture(page, "valid");
  const cells = await page.$$eval("#rows td:last-child", (all) => all.map((cell) => cell.textContent));
  assert.ok(cells.some((cell) => cell === "<script>alert(1)</script>"));
  assert.ok(cells.some((cell) => cell.includes("\\u{202e}gnp.exe")));
  assert.equal(await page.$$eval("main script, main b, main img, main a", (found) => found.length), 0);
  await page.fill("#trust", "nonsense");
  await page.waitForFunction(() => document.querySelector("#verdict").textContent.startsWith("What was pasted"));
  await page.fill("#trust", trust.vkeys[0]);
  await check(page, join(VECTORS, "entry-edited.canopy-evidence"), trust.vkeys[0]);
  await picture(page, "not-valid");
  assert.equal(await page.isVisible("#entries"), false);
  assert.deepEqual(problems, []);
});

test("ten thousand entries of a hundred thousand are checked, and it is told how long that took", async (t) => {
  const { page, problems } = await openPage(t);
  const chosen = Array.from({ length: 10_000 }, (_, at) => 40_000 + at * 3);
  const { text, vkey } = makeBundle(100_000, chosen, (index) => ({
    action_type: "execute_shell",
    avid: `AVID-${hashLike(index % 50)}`,
    decision: ["ALLOW", "DENY", "REQUIRE_APPROVAL"][index % 3],
    event: "authorize_action",
    findings: Array.from({ length: 6 }, (_, at) => ({
      rule_ref: `firewall:rule-${at}`,
      reason: `finding ${index} ${hashLike(at)}`,
    })),
    reason: `entry ${index}`,
    timestamp: "2026-11-23T10:00:00.000Z",
    trace_id: `t-${index >> 4}`,
  }));
  const file = join(folder, "large.canopy-evidence");
  writeFileSync(file, text);
  const begun = performance.now();
  const { verdict, why } = await check(page, file, vkey);
  const seconds = (performance.now() - begun) / 1000;
  t.diagnostic(`${chosen.length} entries, ${(text.length / 1e6).toFixed(1)} MB: ${seconds.toFixed(2)} s`);
  assert.equal(verdict, "Valid", why);
  assert.ok(seconds < 120, "it hangs");
  assert.match(await page.textContent("#count"), /^500 of 10000 shown/u);
  await page.fill("#find", "entry 69997");
  await page.waitForFunction(() => document.querySelector("#count").textContent.startsWith("1 of 1 "));
  await page.evaluate(() => scrollTo(0, 0));
  await picture(page, "large");
  assert.deepEqual(problems, []);
});

function hashLike(number) {
  return number.toString(16).padStart(40, "0a1b2c3d4e");
}
