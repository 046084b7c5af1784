// What can be said about a log's integrity, in lines for people: what this very run verified, and what it did not.

import { counted } from "canopy-runtime/counted";
import { disagreementText } from "../verify-run.ts";
import type { VerifyResult } from "canopy-runtime/verify";

/** One statement. `standing`: it holds; it doesn't; or it wasn't checked, which is no good news. */
export interface IntegrityLine {
  readonly label: "chain" | "anchor" | "signatures" | "note";
  readonly standing: "good" | "bad" | "unchecked";
  readonly text: string;
}

/** The statements, the most important first. */
export function integrityLines(result: VerifyResult): readonly IntegrityLine[] {
  const known = new Set(["signatures: not checked"]);
  return [
    chainLine(result),
    result.anchored
      ? { label: "anchor", standing: result.valid ? "good" : "bad", text: anchorText(result) }
      : { label: "anchor", standing: "unchecked", text: "none: a cut tail or a full rewrite would not show" },
    signatureLine(result),
    ...result.warnings
      .filter((warning) => !known.has(warning) && !warning.startsWith("no anchor"))
      .map((text): IntegrityLine => ({ label: "note", standing: "unchecked", text })),
  ];
}

function chainLine({ valid, entries, failure, first_bad_line, segment }: VerifyResult): IntegrityLine {
  if (valid)
    return {
      label: "chain",
      standing: "good",
      text: `intact: ${counted(entries, "entry", "entries")}, verified by this run`,
    };
  const where = segment === null ? "" : ` of segment ${segment}`;
  const lost =
    failure === "shrunk" ? "the entries from there on are gone" : "what stands there and after it may be forged";
  const text = `BROKEN at line ${first_bad_line}${where} (${failure}): ${lost}`;
  return { label: "chain", standing: "bad", text };
}

function anchorText({ valid, checkpoints, disagreements, entries }: VerifyResult): string {
  if (disagreements.length > 0) return disagreements.map((one) => disagreementText(one, entries)).join("; ");
  if (!valid) return "the log contradicts itself; nothing that is kept of it was found to differ";
  const names = new Set(checkpoints.map(({ name }) => name));
  const isOwn = names.size === 0 || names.delete("home");
  const elsewhere = names.size === 0 ? [] : [`holds against ${[...names].join(", ")}`];
  return [...(isOwn ? ["reaches the head that this home keeps"] : []), ...elsewhere].join("; ");
}

function signatureLine({ signatures }: VerifyResult): IntegrityLine {
  if (signatures === "not checked") {
    return { label: "signatures", standing: "unchecked", text: "not checked" };
  }
  const text = `${counted(signatures.entries, "entry", "entries")} in ${counted(signatures.batches, "batch", "batches")} signed by this home's keys`;
  return { label: "signatures", standing: signatures.entries > 0 ? "good" : "unchecked", text };
}
