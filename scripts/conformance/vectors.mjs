// Reads vector files: JSON Lines under `vectors/`.
import { readFileSync } from "node:fs";

const VECTORS = new URL("../../vectors/", import.meta.url);

/** The cases of one JSON Lines file, in order. */
export function readVectors(name) {
  return readText(name)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** The text of one file under `vectors/`. */
export function readText(name) {
  return readFileSync(new URL(name, VECTORS), "utf8");
}
