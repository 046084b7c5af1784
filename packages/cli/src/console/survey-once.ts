// What a log says as a whole, read once.

import { LogScanner, type ScanNews } from "./log-scanner.ts";
import type { SurveySummary } from "./log-survey.ts";

/** Read a log to its beginning. Null when it is missing or can't be read. Cost: linear in the log. */
export function surveyOnce(path: string): SurveySummary | null {
  const found: SurveySummary[] = [];
  let usable = true;
  const scanner = new LogScanner(path, (news: ScanNews): void => {
    if (news.kind === "summary") found.push(news.summary);
    else if (news.kind === "state") usable = news.state.status === "ok";
  });
  scanner.poll();
  while (scanner.step());
  scanner.tellSummary(true);
  scanner.close();
  return usable ? (found.at(-1) ?? null) : null;
}
