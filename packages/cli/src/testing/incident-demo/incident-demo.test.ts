import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { inScratch } from "../canopy.ts";
import { checksOf } from "./checks.ts";
import { play } from "./play.ts";

const nothing = (): void => undefined;

it("an agent exfiltrates, an operator finds it, and no tampering with the log's host undoes the evidence", () =>
  inScratch(async (folder) => {
    const played = await play(folder, { title: nothing, say: nothing, command: nothing });
    for (const { holds, text } of checksOf(played)) assert.ok(holds, text);
    const { auditor } = played.world;
    assert.match(played.bundle.stdout, /valid/iu);
    assert.match(readFileSync(join(auditor, "report.html"), "utf8"), new RegExp(played.incident_id, "u"));
    assert.equal(readFileSync(join(auditor, "report.xlsx")).subarray(0, 2).toString(), "PK");
    assert.doesNotMatch(readFileSync(join(auditor, "case.canopy-evidence"), "utf8"), /iban/u, "payloads stay at home");
  }));
