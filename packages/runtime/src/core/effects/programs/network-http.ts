// Programs that fetch from and send to web servers.

import type { Effect } from "../effect.ts";
import { NOTHING, connects, nested, reads, result, secretIn, stream, unresolved, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, tail, valueOf, valuesOf, type Options } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

const CURL = shape(
  "AbcCdDeEFhHKmoPQrtTuUwxXyYz",
  "head:: netrc:: abstract-unix-socket aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to continue-at cookie cookie-jar create-file-mode crlfile data data-ascii data-binary data-raw data-urlencode dns-servers doh-url dump-header engine etag-compare etag-save form form-string header interface json keepalive-time key key-type limit-rate local-port max-filesize max-redirs max-time netrc-file noproxy output output-dir pass pinnedpubkey preproxy proto proxy proxy-header proxy-user quote range rate referer request request-target resolve retry retry-delay retry-max-time service-name socks4 socks5 socks5-hostname speed-limit speed-time stderr telnet-option time-cond tls-max trace trace-ascii unix-socket upload-file url url-query user user-agent variable write-out",
);
const WGET = shape(
  "aBDeIilOoPQRtTUwXA",
  "accept append-output base body-data body-file bind-address ca-certificate config connect-timeout cut-dirs default-page directory-prefix domains execute exclude-directories header http-password http-user include-directories input-file level limit-rate load-cookies max-redirect method output-document output-file password post-data post-file prefer-family private-key progress quota read-timeout referer regex-type reject save-cookies timeout tries use-askpass user user-agent wait waitretry",
);

/** Rows of web clients. */
export const HTTP_CLIENTS: readonly ProgramRow[] = [
  row("curl curlie curl-impersonate", "https://curl.se/docs/manpage.html", curl),
  row("wget wget2 gwget", "https://www.gnu.org/software/wget/manual/wget.html", wget),
  row("http https httpie xh xhs", "https://httpie.io/docs/cli", httpie),
  row(
    "aria2c axel lftpget puf saldl aget httrack wcurl",
    "https://aria2.github.io/manual/en/html/aria2c.html",
    (call) =>
      downloads(
        call,
        shape(
          "diojxskmaUTS",
          "dir out input-file max-connection-per-server split max-concurrent-downloads output header user-agent on-download-complete on-download-start on-download-error",
        ),
      ),
  ),
  row(
    "yt-dlp youtube-dl gallery-dl you-get streamlink spotdl instaloader",
    "https://github.com/yt-dlp/yt-dlp",
    (call) =>
      downloads(
        call,
        shape(
          "foPuprRaN",
          "format output paths username password limit-rate retries batch-file exec cookies config-location proxy download-archive playlist-items",
        ),
      ),
  ),
  row("lynx w3m links links2 elinks browsh", "https://lynx.invisible-island.net/lynx_help/", (call) =>
    downloads(call, shape("T", "cfg accept_all_cookies width", "single")),
  ),
  row(
    "ab wrk wrk2 hey siege vegeta bombardier oha k6 locust artillery h2load autocannon tsung",
    "https://httpd.apache.org/docs/current/programs/ab.html",
    (call) => {
      const { operands } = parseOptions(
        call.args,
        shape("nctspTCHAXmdzurbfDqi", "duration connections threads rate body output vus"),
      );
      const urls = operands.filter((word) => word.prefix.includes("://"));
      return result([
        ...urls.flatMap((word) => connects(call, word, { sends: true })),
        { kind: "security.use", via: call.name, tool: call.name, level: "scan" },
      ]);
    },
  ),
  row(
    "websocat wscat grpcurl evans mqttcli mosquitto_pub mosquitto_sub nats amqp-publish kafkacat kcat",
    "https://github.com/vi/websocat",
    (call) => {
      const o = parseOptions(call.args, shape("hptmHdubtCcPk", "host message header topic data"));
      const host =
        valueOf(o, "h", "host", "b", "c", "connect", "u") ?? o.operands.find((word) => /[.:]/.test(word.prefix));
      return result(connects(call, host, { sends: true }), stream({ obfuscated: "downloaded" }));
    },
  ),
];

/** What is fetched, and prints it: later stages must not run it unseen. */
export function downloaded(effects: readonly Effect[]): ProgramResult {
  return { effects, stdout: stream({ obfuscated: "downloaded" }) };
}

function curl(call: ProgramCall): ProgramResult {
  if (asksForHelp(call) || call.args[0]?.value === "-V") return NOTHING;
  const o = parseOptions(call.args, CURL);
  const data = valuesOf(
    o,
    "d",
    "data",
    "data-ascii",
    "data-binary",
    "data-urlencode",
    "json",
    "F",
    "form",
    "url-query",
  );
  const files = [...data.flatMap(fileSent), ...valuesOf(o, "T", "upload-file")];
  const method = valueOf(o, "X", "request")?.value?.toUpperCase() ?? "GET";
  const sends = data.length > 0 || files.length > 0 || has(o, "data-raw", "form-string") || changes(method);
  const written = [
    ...valuesOf(
      o,
      "o",
      "output",
      "D",
      "dump-header",
      "c",
      "cookie-jar",
      "trace",
      "trace-ascii",
      "stderr",
      "output-dir",
      "etag-save",
    ),
  ];
  const configured = [
    ...valuesOf(o, "K", "config", "netrc-file"),
    ...valuesOf(o, "b", "cookie").filter((word) => !word.prefix.includes("=")),
  ];
  const effects: Effect[] = [...reads(call, [...files, ...configured]), ...writes(call, written)];
  const reach = { sends, secret: secretIn(call, [...files, ...configured]) };
  for (const url of [...o.operands, ...valuesOf(o, "url")]) effects.push(...visit(call, url, reach));
  for (const proxy of valuesOf(o, "x", "proxy", "preproxy", "socks5", "socks5-hostname", "socks4"))
    effects.push(...connects(call, proxy, { sends }));
  if (has(o, "unix-socket", "abstract-unix-socket"))
    effects.push({ kind: "container.escape", via: call.name, how: "socket" });
  if (has(o, "K", "config") && o.operands.length === 0) effects.push(...unresolved(call, "host"));
  return downloaded(effects);
}

function visit(
  call: ProgramCall,
  url: Word,
  reach: { readonly sends: boolean; readonly secret: string | null },
): readonly Effect[] {
  if (url.prefix.toLowerCase().startsWith("file://")) return reads(call, [tail(url, 7)]);
  return connects(call, url, reach);
}

/** The file named by `@FILE`, `name@FILE`, `name=@FILE` or `name=<FILE`. */
function fileSent(word: Word): readonly Word[] {
  const text = word.prefix;
  const at = text.startsWith("@") ? 0 : text.search(/=[@<]/) + 1;
  if (at > 0 || text.startsWith("@")) return [tail(word, at + 1)];
  const sign = text.search(/^[\w.-]+@/) === 0 && !text.includes("=") ? text.indexOf("@") : -1;
  return sign > 0 ? [tail(word, sign + 1)] : [];
}

function changes(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH" || method === "DELETE";
}

function wget(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, WGET);
  const files = valuesOf(o, "post-file", "body-file");
  const sends =
    has(o, "post-data", "post-file", "body-data", "body-file") ||
    changes(valueOf(o, "method")?.value?.toUpperCase() ?? "GET");
  const lists = valuesOf(o, "i", "input-file", "load-cookies", "config");
  const written = valuesOf(
    o,
    "O",
    "output-document",
    "o",
    "output-file",
    "a",
    "append-output",
    "P",
    "directory-prefix",
    "save-cookies",
  );
  const effects: Effect[] = [...reads(call, [...files, ...lists]), ...writes(call, written)];
  const reach = { sends, secret: secretIn(call, files) };
  for (const url of o.operands) effects.push(...visit(call, url, reach));
  if (has(o, "i", "input-file") && o.operands.length === 0) effects.push(...unresolved(call, "host"));
  const helper = valueOf(o, "use-askpass");
  if (helper !== undefined) effects.push(...call.run.shell(helper.value, call.name));
  return downloaded(effects);
}

function httpie(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("aopsAF", "auth output print style session auth-type proxy verify timeout"));
  const method = o.operands[0]?.value ?? "";
  const named = /^[A-Z]+$/.test(method);
  const url = o.operands[named ? 1 : 0];
  const items = o.operands.slice(named ? 2 : 1);
  const files = items.flatMap((word) => {
    const at = word.prefix.search(/@|=@/);
    return at > 0 ? [tail(word, word.prefix.indexOf("@") + 1)] : [];
  });
  const sends = changes(method) || call.stdin !== null || items.some((word) => /[^=:]=|:=|@/.test(word.prefix));
  return downloaded([
    ...reads(call, files),
    ...writes(call, valuesOf(o, "o", "output")),
    ...connects(call, url, { sends, secret: secretIn(call, files) }),
  ]);
}

function downloads(call: ProgramCall, by: ReturnType<typeof shape>): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o: Options = parseOptions(call.args, by);
  const urls = o.operands.filter((word) => word.value === null || /^[a-z]+:|^[\w-]+\.[\w.-]+(\/|$)/i.test(word.value));
  const hooks = [...o.flags]
    .filter(([name]) => name === "exec" || name.startsWith("on-download"))
    .flatMap(([, values]) => values);
  const effects = [
    ...urls.flatMap((word) => connects(call, word)),
    ...reads(call, valuesOf(o, "i", "input-file", "a", "batch-file", "cookies")),
    ...writes(
      call,
      valuesOf(o, "d", "dir", "o", "out", "output").map((word) =>
        word.prefix.includes("%") ? literal("./download") : word,
      ),
    ),
    ...hooks.flatMap((word) => call.run.shell(word.value, call.name)),
  ];
  return { ...nested(effects), stdout: stream({ obfuscated: "downloaded" }) };
}
