// What calls that reach the network do: where they connect, listen or send mail.

import { connects, reads } from "../programs/describe.ts";
import { constantOf, UNKNOWN, type Constant, type Span } from "./constants.ts";
import { wordOf, type Performed, type Setting } from "./perform.ts";

/** Adds the effects of a call that reaches the network. */
export function performNetwork(
  scan: Setting,
  { meaning, path, args: spans }: Performed,
  args: readonly Constant[],
): void {
  const { call, effects, language } = scan;
  if (meaning === "listen") {
    const port = [...args, ...args.flatMap((arg) => arg.list ?? [])].find(
      (arg) => arg.value !== null && /^\d{1,5}$/.test(arg.value),
    );
    effects.push({ kind: "net.listen", via: language.name, port: port === undefined ? null : Number(port.value) });
    return;
  }
  if (/(?:^|\.)(?:sqlite3|aiosqlite|duckdb|apsw|lancedb)\.connect$/.test(path)) {
    effects.push(
      ...reads(
        call,
        [wordOf(args[0] ?? UNKNOWN)].filter(({ value }) => value !== null && value !== ":memory:"),
      ),
    );
    return;
  }
  if (meaning === "mail") {
    effects.push({ kind: "message.send", via: language.name, channel: "email", recipients: null, bulk: false });
    return;
  }
  const sends =
    meaning !== "url" ||
    spans.some((span) => /^(data|json|files|body|method)$/.test(span.tokens[span.from]?.text ?? "") || bodyIn(span));
  const parts = args.flatMap((arg) => arg.list ?? [arg]);
  const host =
    parts.find(
      (part) =>
        part.value !== null && !/^\d+$/.test(part.value) && !/^(AF_|GET|POST|PUT|PATCH|DELETE)/.test(part.value),
    ) ?? named(scan, spans);
  if (host === null && parts.length === 0 && meaning === "connect" && path.endsWith("connect")) return;
  effects.push(...connects(call, wordOf(host ?? UNKNOWN), { sends }));
}

function bodyIn(span: Span): boolean {
  for (let at = span.from; at < span.to; at++)
    if (
      /^(method|body|data|json|files)$/.test(span.tokens[at]?.text ?? "") &&
      /^[:=]$/.test(span.tokens[at + 1]?.text ?? "")
    )
      return true;
  return false;
}

/** `PeerAddr => "host:port"`, `{host: "h", port: 1}`, `url="…"`. */
function named(scan: Setting, spans: readonly Span[]): Constant | null {
  for (const span of spans) {
    for (let at = span.from; at < span.to; at++) {
      if (!/^(PeerAddr|PeerHost|host|hostname|url|uri|address)$/i.test(span.tokens[at]?.text ?? "")) continue;
      const value = span.tokens.slice(at + 1, at + 5).find((token) => token.kind === "string");
      if (value !== undefined) return { value: value.known ? value.text : null, hidden: false, list: null };
      if (at === span.from && /^[=:]$/.test(span.tokens[at + 1]?.text ?? ""))
        return constantOf({ ...span, from: at + 2 }, scan.bindings);
    }
  }
  for (const span of spans) if (span.tokens[span.from]?.kind === "string") return constantOf(span, scan.bindings);
  return null;
}
