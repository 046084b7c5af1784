// The version of the engine, as it stands in each decision.

/** The version of the package; a test keeps it equal to package.json's. */
export const ENGINE_VERSION = "0.5.0";
