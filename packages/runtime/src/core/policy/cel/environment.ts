// The names a condition may use, with their types: the table that docs/policy-cel.md shows.

import { VERBS } from "../../action.ts";
import { EFFECT_RECORD } from "./effect-record.ts";
import { BOOL, JSON_VALUE, listOf, STRING, TIMESTAMP, type CelRecordType, type CelType } from "./type.ts";
import type { CelValue } from "./value.ts";
import type { CelView } from "./view.ts";

/** A name at the root of a condition. */
export interface CelRoot {
  readonly type: CelType;
  readonly read: (view: CelView) => CelValue;
}

/** The roots by name. */
export type CelEnvironment = Readonly<Record<string, CelRoot>>;

const ACTION: CelRecordType = {
  kind: "record",
  name: "action",
  members: {
    type: STRING,
    raw_type: STRING,
    verb: {
      kind: "string",
      oneOf: VERBS,
    },
    known: BOOL,
    digest: STRING,
  },
};

const SESSION: CelRecordType = {
  kind: "record",
  name: "session",
  members: { id: STRING, labels: listOf(STRING), marks: listOf(STRING) },
};

/** What every condition of a policy may use. */
export const POLICY_ENVIRONMENT: CelEnvironment = {
  action: { type: ACTION, read: (view) => view.action },
  payload: { type: JSON_VALUE, read: (view) => view.payload },
  ctx: { type: { kind: "map", key: STRING, value: JSON_VALUE }, read: (view) => view.ctx },
  effects: { type: listOf(EFFECT_RECORD), read: (view) => view.effects },
  session: { type: SESSION, read: (view) => view.session },
  now: { type: TIMESTAMP, read: (view) => view.now },
};
