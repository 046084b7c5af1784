// The version of the packages, which is one.

/** Version of canopy-cli. A test holds it equal to package.json's. */
export const VERSION = "0.5.0";
