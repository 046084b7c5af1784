// What can be said of the newest checkpoint beside a log, and of its cosignatures, in lines for people.

import { nounOf } from "canopy-runtime/counted";
import type { AnchorReport, CheckpointState, CosignedState } from "canopy-runtime/anchors";

/** One statement. `standing`: it holds; it doesn't; or nobody could tell, which is no good news. */
export interface CheckpointFact {
  readonly label: "checkpoint" | "signature" | "cosigned";
  readonly standing: "good" | "bad" | "unchecked";
  readonly text: string;
}

/** The statements. Texts are raw: a file beside the log may be anybody's. */
export function checkpointFacts({ checkpoint, problem, cosigned }: AnchorReport): readonly CheckpointFact[] {
  return [...ofCheckpoint(checkpoint, problem), ...(cosigned === null ? [NO_WITNESS] : [ofCosigned(cosigned)])];
}

const NO_WITNESS: CheckpointFact = {
  label: "cosigned",
  standing: "unchecked",
  text: "no: no log witness is configured (setting `log_witnesses`)",
};

function ofCheckpoint(checkpoint: CheckpointState | null, problem: string | null): readonly CheckpointFact[] {
  if (checkpoint === null) {
    const text = problem === null ? "none stands beside the log" : `unusable: ${problem}`;
    return [{ label: "checkpoint", standing: problem === null ? "unchecked" : "bad", text }];
  }
  const { size, behind, standing, signature } = checkpoint;
  return [
    standing === "consistent"
      ? { label: "checkpoint", standing: "good", text: `covers ${entries(size)}; ${sinceThen(behind)}` }
      : { label: "checkpoint", standing: "bad", text: `covers ${entries(size)}, and ${CONTRADICTED[standing]}` },
    { label: "signature", ...SIGNATURES[signature] },
  ];
}

const CONTRADICTED: Readonly<Record<"rolled_back" | "forked", string>> = {
  rolled_back: "the log has fewer: it was CUT or rolled back",
  forked: "the log's first so many are OTHERS: it was rewritten, or is another log",
};

const SIGNATURES: Readonly<Record<CheckpointState["signature"], Pick<CheckpointFact, "standing" | "text">>> = {
  holds: { standing: "good", text: "holds, by a checkpoint key of this home" },
  "does not hold": { standing: "bad", text: "DOES NOT HOLD: the checkpoint is not what this home signed" },
  "no key": { standing: "unchecked", text: "not checked: this home has no key that it names" },
};

function ofCosigned({ checkpoint, names, quorum, problem }: CosignedState): CheckpointFact {
  if (checkpoint === null) return { label: "cosigned", standing: "bad", text: `no: ${problem ?? "none is kept"}` };
  if (checkpoint.standing !== "consistent") {
    const text = `at ${entries(checkpoint.size)}, and ${CONTRADICTED[checkpoint.standing]}`;
    return { label: "cosigned", standing: "bad", text };
  }
  const by = names.length === 0 ? "by nobody that the trust policy names" : `by ${names.join(", ")}`;
  const at = `at ${entries(checkpoint.size)}, ${sinceThen(checkpoint.behind)}`;
  if (problem !== null) return { label: "cosigned", standing: "bad", text: `not enough: ${by}, ${at}: ${problem}` };
  return { label: "cosigned", standing: quorum === "reached" ? "good" : "unchecked", text: `${by}, ${at}` };
}

function sinceThen(behind: number): string {
  return behind === 0 ? "none came since" : `${behind.toLocaleString("en-US")} came since`;
}

function entries(count: number): string {
  return `${count.toLocaleString("en-US")} ${nounOf(count, "entry", "entries")}`;
}
