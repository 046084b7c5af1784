// Loaded before the tests: gives property tests one seed, so that a run says the same on every machine.
// `npm run test:deep` sets CANOPY_TEST_SEED to others.
import fc from "fast-check";

const seed = Number(process.env["CANOPY_TEST_SEED"] ?? 20261122);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
