import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { test, type TestContext } from "node:test";
import { openAnchor } from "./open-anchor.ts";
import { noteOfSyslogLine, syslogMessage } from "./syslog-message.ts";
import { someNote, unavailable } from "./anchor-suite.fixture.test.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "./test-certificate.fixture.test.ts";

const RFC_5424 =
  /^<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [\x21-\x7e]+ canopy \d+ checkpoint - (\{[\x20-\x7e]+\})$/;

test("syslog over UDP: one datagram holds one message, and the note comes out of it as it went in", async (t) => {
  const receiver = createSocket("udp4");
  t.after(() => receiver.close());
  await new Promise<void>((resolve) => void receiver.bind(0, "127.0.0.1", resolve));
  const arrived = new Promise<Buffer>((resolve) => void receiver.once("message", resolve));
  const anchor = openAnchor(`syslog://127.0.0.1:${receiver.address().port}`);
  assert.equal(await anchor.publish(someNote(40)), null);
  const message = (await arrived).toString("utf8");
  assert.match(message, RFC_5424);
  assert.equal(noteOfSyslogLine(message), someNote(40));
  assert.equal(anchor.isReadable, false);
  assert.equal(await anchor.newest("canopy/test"), null);
  assert.equal(anchor.name, `syslog+udp://127.0.0.1:${receiver.address().port}`);
});

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

test("syslog over TCP: each message goes with its length before it", async (t) => {
  const frames: string[] = [];
  const server = createServer((socket: Socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("end", () => void frames.push(text));
  });
  const anchor = openAnchor(`syslog+tcp://127.0.0.1:${await listen(t, server)}`);
  await anchor.publish(someNote(40));
  await anchor.publish(someNote(41));
  const [first = "", second = ""] = frames;
  for (const [frame, size] of [
    [first, 40],
    [second, 41],
  ] as const) {
    const space = frame.indexOf(" ");
    const message = frame.slice(space + 1);
    assert.equal(Buffer.byteLength(message), Number(frame.slice(0, space)));
    assert.match(message, RFC_5424);
    assert.equal(noteOfSyslogLine(message), someNote(size));
  }
});

test("syslog: a receiver that is gone, and one whose certificate nobody vouches for, are said", async (t) => {
  const closed = createServer();
  const port = await listen(t, closed);
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(openAnchor(`syslog+tcp://127.0.0.1:${port}`).publish(someNote(1)), unavailable(/ECONNREFUSED/));
  const tls = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, (socket) => socket.resume());
  const anchor = openAnchor(`syslog+tls://localhost:${await listen(t, tls)}`);
  await assert.rejects(anchor.publish(someNote(1)), unavailable(/self-signed|certificate/i));
});

test("a kept line gives the note back whatever the receiver put before or after it, and nothing when it is cut", () => {
  const message = syslogMessage(someNote(7), { timeMs: 0, host: "bad host", pid: 1 });
  assert.match(message, /^<109>1 1970-01-01T00:00:00\.000Z - canopy 1 checkpoint - /);
  assert.equal(noteOfSyslogLine(`Nov 23 08:00:00 relay ${message}\r`), someNote(7));
  assert.equal(noteOfSyslogLine(message.slice(0, -5)), null);
  assert.equal(noteOfSyslogLine("Nov 23 08:00:00 relay sshd: session opened"), null);
  assert.equal(noteOfSyslogLine('{"canopy_checkpoint":1,"note":"\\ud800"}'), null);
});
