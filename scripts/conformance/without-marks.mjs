// Loaded with `--import`: the program table without the rows that only mark a program as known (`marksOnly`), so that
// the figures show what comes from understanding effects and what from a list of names. Modelled effects stay.
import { registerHooks } from "node:module";

const TABLE = "/core/effects/programs/index.js";
const FORGET = `
for (const row of PROGRAM_ROWS) if (row.marksOnly === true) for (const name of row.names) BY_NAME.delete(name);
`;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    return url.endsWith(TABLE) ? { ...loaded, source: `${String(loaded.source)}${FORGET}` } : loaded;
  },
});
