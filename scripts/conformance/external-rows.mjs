// Prints the external rows as JSON, for the process that runs it with `without-marks.mjs`.
import { measureExternal } from "./external.mjs";

process.stdout.write(JSON.stringify(measureExternal()));
