import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type Server as NetServer } from "node:net";
import { test, type TestContext } from "node:test";
import { HttpAnchor } from "./http-anchor.ts";
import { someNote, testReadableAnchor, unavailable } from "./anchor-suite.fixture.test.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "./test-certificate.fixture.test.ts";

type Answer = RequestListener;

async function listen(t: TestContext, server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

async function serve(t: TestContext, answer: Answer): Promise<URL> {
  const server = createServer(answer);
  t.after(() => server.closeAllConnections());
  return new URL(`http://127.0.0.1:${await listen(t, server)}/anchors/log-7`);
}

/** An anchor server as docs/anchors.md describes it: one note, conditional writes, nothing smaller. */
function store(): Answer {
  let note: string | null = null;
  let version = 0;
  const put = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const wanted = request.headers["if-match"] ?? request.headers["if-none-match"];
    const isMet = note === null ? request.headers["if-none-match"] === "*" : wanted === `"v${version}"`;
    if (isMet) {
      note = body;
      version += 1;
    }
    response.writeHead(isMet ? 204 : 412).end();
  };
  return (request, response) => {
    if (request.method === "GET") {
      if (note === null) response.writeHead(404).end("nothing yet");
      else response.writeHead(200, { etag: `"v${version}"` }).end(note);
      return;
    }
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => put(request, response, body));
  };
}

function anchorAt(t: TestContext, url: URL, timeoutMs?: number): HttpAnchor {
  const anchor = new HttpAnchor(url, timeoutMs);
  t.after(() => anchor.close());
  return anchor;
}

testReadableAnchor("http", async (t) => {
  const url = await serve(t, store());
  return { anchor: anchorAt(t, url), again: () => anchorAt(t, url) };
});

const REFUSED: readonly (readonly [string, Answer, RegExp])[] = [
  ["a redirect", (_request, response) => response.writeHead(302, { location: "/elsewhere" }).end(), /status 302/],
  ["an error", (_request, response) => response.writeHead(500).end(), /status 500/],
  ["no ETag", (_request, response) => response.writeHead(200).end(someNote(3)), /strong ETag/],
  ["a weak ETag", (_request, response) => response.writeHead(200, { etag: 'W/"1"' }).end(someNote(3)), /strong ETag/],
  [
    "a web page",
    (_request, response) => response.writeHead(200, { etag: '"1"' }).end("<html></html>"),
    /no checkpoint/,
  ],
  [
    "a checkpoint of another log",
    (_request, response) => response.writeHead(200, { etag: '"1"' }).end(someNote(3, "a", "canopy/other")),
    /another log/,
  ],
  [
    "more than a checkpoint can be",
    (_request, response) => response.writeHead(200, { etag: '"1"' }).end("x".repeat(100_000)),
    /more than 65536 bytes/,
  ],
  ["a connection that breaks", (request) => void request.socket.destroy(), /can't be reached/],
];

for (const [what, answer, words] of REFUSED) {
  test(`http: ${what} is no answer, for reading and for publishing`, async (t) => {
    const anchor = anchorAt(t, await serve(t, answer));
    await assert.rejects(anchor.newest("canopy/test"), unavailable(words));
    await assert.rejects(anchor.publish(someNote(4)), unavailable(words));
  });
}

test("http: silence, and a body that never ends, are given up", async (t) => {
  const silent = anchorAt(t, await serve(t, () => undefined), 100);
  await assert.rejects(silent.newest("canopy/test"), unavailable(/no answer within 100 ms/));
  const dripping = await serve(t, (_request, response) => void response.writeHead(200, { etag: '"1"' }).write("x"));
  await assert.rejects(anchorAt(t, dripping, 100).newest("canopy/test"), unavailable(/no answer within 100 ms/));
  const closed = createTcpServer();
  const port = await listen(t, closed);
  await new Promise((resolve) => closed.close(resolve));
  const gone = anchorAt(t, new URL(`http://127.0.0.1:${port}/`));
  await assert.rejects(gone.publish(someNote(1)), unavailable(/ECONNREFUSED/));
});

test("http: a server that always puts another first is given up, not overwritten", async (t) => {
  let version = 0;
  const url = await serve(t, (request, response) => {
    version += 1;
    request.resume();
    if (request.method === "GET") response.writeHead(200, { etag: `"v${version}"` }).end(someNote(1));
    else response.writeHead(412).end();
  });
  await assert.rejects(anchorAt(t, url).publish(someNote(5)), unavailable(/changed by others 4 times/));
});

test("http: a name, a password and what signs a URL are sent and never shown", async (t) => {
  let seen: string | undefined;
  const url = await serve(t, (request, response) => {
    seen = request.headers.authorization;
    response.writeHead(403).end();
  });
  url.username = "t0ken";
  url.password = "s3cret";
  url.search = "?sig=s1gnature&log=a";
  const anchor = anchorAt(t, url);
  await assert.rejects(anchor.newest("canopy/test"), (error) => {
    assert.doesNotMatch(String(error), /t0ken|s3cret|s1gnature/);
    return unavailable(/status 403/)(error);
  });
  assert.doesNotMatch(anchor.name, /t0ken|s3cret|s1gnature/);
  assert.equal(seen, `Basic ${Buffer.from("t0ken:s3cret").toString("base64")}`);
});

test("https: a certificate that nobody vouches for is refused, whatever the environment says", async (t) => {
  const server = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, store());
  const url = new URL(`https://localhost:${await listen(t, server)}/log`);
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  t.after(() => {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  });
  await assert.rejects(anchorAt(t, url).newest("canopy/test"), unavailable(/self-signed|certificate/i));
});
