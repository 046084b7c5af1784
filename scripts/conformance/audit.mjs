// The reference's logs, intact and tampered, through the verifier as the manifest's strict members say.
import { fileURLToPath } from "node:url";
import { verifyLogFile } from "./verify-log.mjs";
import { readText } from "./vectors.mjs";

/** How many files there are, and those that did not end as the manifest says. */
export function measureAudit() {
  const { files } = JSON.parse(readText("audit/manifest.json"));
  const failed = [];
  for (const file of files) {
    const path = fileURLToPath(new URL(`../../vectors/audit/${file.file}`, import.meta.url));
    const report = verifyLogFile(path);
    const ours = JSON.stringify([report.valid, report.first_bad_line, report.failure]);
    const theirs = JSON.stringify([file.strict_valid, file.strict_first_bad_line, file.strict_failure]);
    if (ours !== theirs) failed.push({ id: file.file, problem: `${ours} ≠ ${theirs}` });
  }
  return { name: "audit", total: files.length, failed };
}
