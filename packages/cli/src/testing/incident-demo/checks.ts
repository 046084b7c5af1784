// What the demonstration has to show, each as a sentence that holds or doesn't.

import type { Played, Tampering } from "./play.ts";

/** One sentence. */
export interface Check {
  readonly holds: boolean;
  readonly text: string;
}

/** All of them. */
export function checksOf(played: Played): readonly Check[] {
  const { calls, bundle, proof, runs, tamperings } = played;
  const gone = calls.find(({ action_type, agent }) => action_type === "http_request" && agent === "support-bot");
  return [
    { holds: gone?.end === "ran", text: "the exfiltration slipped through, and is in the log" },
    { holds: calls.at(-1)?.end === "refused", text: "hiding the traces afterwards was refused" },
    { holds: runs.every(({ stderr }) => !stderr.includes("[INTERNAL]")), text: "no command ended unexpectedly" },
    { holds: bundle.code === 0, text: "the bundle verifies elsewhere, with the public key alone" },
    { holds: proof.code === 0, text: "no other agent touched that host: proven by a file" },
    ...tamperings.flatMap(checksOfTampering),
  ];
}

function checksOfTampering({ name, alone, anchored, bundle }: Tampering): readonly Check[] {
  const edited = name.includes("edited");
  return [
    edited
      ? { holds: alone.code === 1, text: `${name}: the log alone shows it, with the line` }
      : { holds: alone.code === 0, text: `${name}: the log alone looks intact` },
    { holds: anchored.code === 1, text: `${name}: shown by what was kept elsewhere` },
    { holds: bundle.code === 0, text: `${name}: the bundle still verifies` },
  ];
}
