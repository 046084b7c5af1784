// For tests of the shell: what is decided about a command, in a table of commands under the answer that each must have.
import assert from "node:assert/strict";
import { it } from "node:test";
import { answerTo } from "../../../runtime/recorded-answer.fixture.test.ts";

/** Commands that may run, that a person decides about, and that never run. */
export interface Decisions {
  readonly ALLOW?: readonly string[];
  readonly REQUIRE_APPROVAL?: readonly string[];
  readonly DENY?: readonly string[];
}

/** A test for each command of the table. */
export function decides(table: Decisions): void {
  for (const [decision, commands] of Object.entries(table)) {
    for (const command of commands) {
      it(`${decision}: ${JSON.stringify(command)}`, () => {
        assert.equal(answerTo({ action_type: "execute_shell", action_payload: { command } }).said, decision);
      });
    }
  }
}
