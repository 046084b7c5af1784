import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { HostClass } from "./effect.ts";
import { classifyHost, classifyUrl, isTrustedDomain } from "./host.ts";

describe("a URL's host", () => {
  const cases: Readonly<Record<HostClass, readonly string[]>> = {
    loopback: [
      "http://127.0.0.1/",
      "http://127.1/",
      "http://2130706433/",
      "http://0x7f000001/",
      "http://0x7f.1/",
      "http://017700000001/",
      "http://0177.0.0.1/",
      "http://0/",
      "http://0.0.0.0/",
      "http://[::]/",
      "http://[::1]/",
      "http://[::ffff:127.0.0.1]/",
      "http://[::127.0.0.1]/",
      "http://[64:ff9b::7f00:1]/",
      "http://[2002:7f00:1::]/",
      "http://[::1%25eth0]/",
      "http://①②⑦.⓪.⓪.①/",
      "http://１２７.0.0.1/",
      "http://127。0。0。1/",
      "http://ⓛocalhost/",
      "http://local\u00adhost/",
      "http://localhost./",
      "http://loca\u200clhost/",
      "\u2028http://localhost/",
      "http://LOCALHOST:8080/x",
      "http://foo.localhost/",
      "http://%31%32%37.0.0.1/",
      "http:127.0.0.1/",
      "http:/127.0.0.1/",
      "http:\\\\127.0.0.1\\",
      "//127.0.0.1/",
      "\\\\127.0.0.1\\x",
      "127.0.0.1:9",
      "[::1]:80",
      "::1",
      "localhost:3000/x",
      "user:pw@127.0.0.1/",
      "http://user:pw@127.0.0.1/",
      "http://127.0.0.1\\@hooks.example.com/",
      "http://hooks.example.com\\@127.0.0.1/",
      "http://hooks.example.com#@127.0.0.1/",
      "  HTTP://127.0.0.1/  ",
      "ht\ntp://127.0.0.1/",
      "gopher://127.0.0.1:6379/_x",
      "gopher://0x7f.1:6379/_x",
      "ws://127.0.0.1/",
      "blob:http://127.0.0.1/1",
      "jar:http://localhost!/",
      "unix:///var/run/docker.sock",
      "http+unix://%2Fvar%2Frun%2Fdocker.sock/x",
      "http://127.0.0.1.nip.io/",
      "http://app.localtest.me/",
      "http://١٢٧.٠.٠.١/",
      "http://१२७.०.०.१/",
      "http://127.0.0.١:8080/",
      "http://١٢٧。٠。٠。١./",
      "http://127.0.0.1:99999/",
      "http://0x17f.0.0.1/",
      "root@localhost:/x",
    ],
    private: [
      "http://10.1/",
      "http://192.168.257/",
      "http://172.16.3.4/",
      "http://100.64.0.1/",
      "http://169.254.1.1/",
      "http://198.18.0.1/",
      "http://224.0.0.1/",
      "http://255.255.255.255/",
      "http://[fe80::1]/",
      "http://[fc00::1]/",
      "http://[2001:db8::1]/",
      "http://10.0.0.5.sslip.io/",
      "ftp://192.168.0.1/",
    ],
    metadata: [
      "http://169.254.169.254/latest/meta-data/",
      "http://2852039166/",
      "http://0xA9FEA9FE/",
      "http://0251.0376.0251.0376/",
      "http://169.254.43518/",
      "http://[::ffff:169.254.169.254]/",
      "http://[64:ff9b::a9fe:a9fe]/",
      "http://100.100.100.200/",
      "http://192.0.0.192/",
      "http://[fd00:ec2::254]/",
      "http://metadata.google.internal./",
      "metadata/computeMetadata",
    ],
    internal_name: [
      "http://internal/",
      "http://db.local/",
      "http://svc.internal./",
      "http://svc.cluster.local/",
      "http://kubernetes.default.svc/",
      "http://router.home.arpa/",
    ],
    public: [
      "https://example.com/",
      "https://127.example.com/",
      "https://0.0.0.0.example.com/",
      "https://example.com/127.0.0.1",
      "https://example.com/docs/main.internal",
      "https://example.com/?u=http://127.0.0.1/",
      "https://example.com/a@b",
      "https://example.com?q=a@b",
      "https://localhost.example.com/",
      "https://internal-tools.example.com/",
      "https://münchen.example/",
      "https://xn--mnchen-3ya.example/",
      "https://[2606:4700:4700::1111]/",
      "http://172.32.0.1/",
      "http://1.1.1.1/dns",
      "https://api.example.com:8443/v1",
      "api.example.com",
      "git@github.com:org/repo.git",
      "http://x.internal.example.com/",
      "https://foo.test/",
      "http://127.0.0.1@example.com/",
      "s3://bucket.example.com/x",
    ],
    invalid: [
      "",
      "http://",
      "://x",
      "http://.",
      "http://a..b/",
      "http://[bad/",
      "data:text/html,x",
      "javascript://api.example.com/%0a1",
      "about:blank",
    ],
    unresolved: ["https://$HOST/x", "https://{host}/", "http://${H}:80/"],
  };
  for (const [expected, urls] of Object.entries(cases)) {
    for (const url of urls) {
      it(`\`${JSON.stringify(url)}\` is ${expected}`, () => assert.equal(classifyUrl(url).host.class, expected));
    }
  }

  it("is canonical", () => {
    assert.deepEqual(classifyUrl("https://User@API.Example.co.uk.:8443/x").host, {
      host: "api.example.co.uk",
      text: "https://User@API.Example.co.uk.:8443/x",
      class: "public",
      port: 8443,
      domain: "example.co.uk",
      plain: false,
    });
    assert.equal(classifyUrl("https://münchen.example/").host.host, "xn--mnchen-3ya.example");
    assert.equal(classifyUrl("http://[0:0::1]/").host.host, "::1");
  });

  it("of a file URL comes with the local path's text", () => {
    assert.equal(classifyUrl("file:///etc/passwd").file, "file:///etc/passwd");
    assert.equal(classifyUrl("file:///etc/passwd").scheme, "file");
  });

  it("is read alike from a bare host", () => {
    assert.equal(classifyHost("root@10.0.0.1").class, "private");
    assert.equal(classifyHost("fe80::1").class, "private");
    assert.equal(classifyHost("example.org:22").port, 22);
    assert.equal(classifyHost("a b").class, "invalid");
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        (text) => classifyUrl(`http://${text}`).host.text === `http://${text}`,
      ),
    );
    fc.assert(fc.property(fc.webUrl(), (url) => classifyUrl(url).host.class !== "metadata"));
  });
});

describe("a trusted domain", () => {
  const trusted = ["api.example.com"];

  it("covers itself and what is under it", () => {
    for (const url of [
      "https://api.example.com/",
      "https://api.example.com:443/x?q=evil.example",
      "https://v2.API.example.com/",
      "api.example.com/x",
    ]) {
      assert.equal(isTrustedDomain(classifyUrl(url), trusted), true, url);
    }
    assert.equal(isTrustedDomain(classifyUrl("https://api.example.com/"), ["Example.COM "]), true);
    assert.equal(isTrustedDomain(classifyUrl("https://bücher.example/"), ["bücher.example"]), true);
  });

  it("covers nothing else, however it is spelled", () => {
    for (const url of [
      "https://api.example.com.evil.example/x",
      "https://evil.example/api.example.com",
      "https://evil.example/?api.example.com",
      "https://api.example.com@evil.example/",
      "https://evil.example@api.example.com/",
      "https://api.example.com:443@evil.example/",
      "https://evilapi.example.com/x",
      "https://api。example.com.evil.example/x",
      "https://api。example.com/x",
      "https://evil.example?@api.example.com",
      "https://evil.example#@api.example.com",
      "https://evil.example\\@api.example.com",
      "https://api.example.com\\@evil.example",
      "https://api.example.com\n.evil.example/",
      "https://evil.example/%2F@api.example.com",
      "https://аpi.example.com/",
      "https://api%2eexample.com/",
      "https://api.example.com./",
      "http://api.example.com/",
      "ftp://api.example.com/",
      "https://api.example.com:8443/",
      "javascript://api.example.com/%0a1",
      "data:text/html,api.example.com",
      "https:api.example.com/",
      "https:///api.example.com/",
    ]) {
      assert.equal(isTrustedDomain(classifyUrl(url), trusted), false, url);
    }
  });

  it("is nothing when the entry names everything or is no host", () => {
    for (const entry of ["com", "co.uk", "", "https://example.com", "*", "*.example.com", "."]) {
      assert.equal(isTrustedDomain(classifyUrl("https://api.example.com/"), [entry]), false, entry);
      assert.equal(isTrustedDomain(classifyUrl("https://shop.example.co.uk/"), [entry]), false, entry);
    }
  });
});
