// What a file is that was given where a log is expected: told by how it begins. A log is never one of these.
//
// It is told, not verified in the log's place: a script that asks whether its log is intact must not be answered about a
// file that somebody put there.

import { CanopyError } from "canopy-runtime/errors";
import { openRegular } from "canopy-runtime/regular-file";
import { closeSync, readSync } from "node:fs";

const FIRST_BYTES = 4096;

interface FileKind {
  readonly begins: RegExp;
  readonly is: string;
  readonly fix: (path: string) => string;
}

const KINDS: readonly FileKind[] = [
  {
    begins: /^c2sp\.org\/tlog-proof@v1\n|^\s*\{\s*"canopy_proof"\s*:/u,
    is: "a proof",
    fix: (path) => `canopy verify --proof ${path}`,
  },
  {
    begins: /^\s*\{\s*"canopy_evidence"\s*:/u,
    is: "an evidence bundle",
    fix: (path) =>
      path.endsWith(".canopy-evidence") ? `canopy verify ${path}` : "give it a name that ends in .canopy-evidence",
  },
  {
    begins: /^[^\n]{1,512}\n(?:0|[1-9][0-9]{0,15})\n[A-Za-z0-9+/]{43}=\n(?:[^\n]+\n)*\n\u2014 /u,
    is: "a checkpoint",
    fix: (path) => `canopy verify LOG --anchor ${path}`,
  },
  { begins: /^\S{1,512}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\s*$/u, is: "a verifier key", fix: (path) => `--vkey ${path}` },
];

/** The error that says what a file is instead of what was expected; null when it is nothing known. */
export function otherKind(path: string, expected: string): CanopyError | null {
  const text = beginning(path);
  const kind = KINDS.find(({ begins }) => begins.test(text));
  if (kind === undefined) return null;
  return new CanopyError("FILE_UNUSABLE", `\`${path}\` is ${kind.is}: expected ${expected}`, { fix: kind.fix(path) });
}

/** Empty when it can't be read: whoever asks has said so. */
function beginning(path: string): string {
  try {
    const handle = openRegular(path);
    try {
      const bytes = Buffer.alloc(FIRST_BYTES);
      return bytes.toString("utf8", 0, readSync(handle, bytes, 0, FIRST_BYTES, 0));
    } finally {
      closeSync(handle);
    }
  } catch {
    return "";
  }
}
