// Keychains, secret stores and key tools: listing is harmless, printing or exporting a value is reading a secret.

import { infra } from "./infra-change.ts";
import {
  NOTHING,
  connects,
  nested,
  reaches,
  reads,
  readsSecret,
  result,
  secretIn,
  stream,
  writes,
} from "./describe.ts";
import { has, parseOptions, shape, valueOf, valuesOf } from "./options.ts";
import { serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** A store whose verbs decide: those that print a value, those that run a command with values in its environment. */
function store(
  names: string,
  source: string,
  secret: string,
  verbs: { readonly shows: RegExp; readonly runs?: RegExp; readonly destroys?: RegExp },
): ProgramRow {
  return row(names, source, (call) => {
    if (asksForHelp(call)) return NOTHING;
    const phrase = parseOptions(call.args, shape("", "format field profile account vault session"))
      .operands.slice(0, 3)
      .map((word) => word.value ?? "")
      .join(" ");
    if (verbs.runs?.test(phrase) === true) {
      const dashes = call.args.findIndex((word) => word.value === "--");
      return nested([
        ...readsSecret(call, secret, call.name),
        ...(dashes < 0 ? [] : call.run.words(call.args.slice(dashes + 1), call.stdin)),
      ]);
    }
    if (verbs.destroys?.test(phrase) === true) return result([infra(call, call.name, phrase, true)]);
    return verbs.shows.test(phrase) ? shown(call, secret) : NOTHING;
  });
}

function shown(call: ProgramCall, secret: string): ProgramResult {
  return result(readsSecret(call, secret, call.name), stream({ secret }));
}

/** Rows of secret stores and key tools. */
export const SECRET_STORES: readonly ProgramRow[] = [
  row("security", "https://ss64.com/mac/security.html", (call) => {
    const verb = call.args[0]?.value ?? "";
    if (/^(find-(generic|internet)-password|dump-keychain|export|find-identity-key|cms)$/.test(verb))
      return shown(call, "keychain");
    if (/^(delete-|add-trusted|set-|unlock|import|authorizationdb|remove-|create-keychain|lock-keychain)/.test(verb))
      return result([
        { kind: "host.change", via: call.name, area: "security", detail: verb, destructive: verb.startsWith("delete") },
      ]);
    return NOTHING;
  }),
  store(
    "secret-tool kwallet-query lssecret gnome-keyring-daemon kwalletcli keyring",
    "https://manpages.debian.org/secret-tool",
    "keychain",
    { shows: /^(lookup|search|get|dump)/ },
  ),
  row("pass gopass passage prs", "https://www.passwordstore.org/", (call) => {
    const verb = call.args.find((word) => !word.prefix.startsWith("-"))?.value ?? "";
    if (
      asksForHelp(call) ||
      /^(|ls|list|find|search|git|init|insert|edit|generate|rm|mv|cp|version|help|add|sync|otp-uri)$/.test(verb)
    )
      return verb === "rm"
        ? result([{ kind: "other.change", via: call.name, detail: { deletes: "password" } }])
        : NOTHING;
    return shown(call, "password_store");
  }),
  store("op", "https://developer.1password.com/docs/cli/", "password_store", {
    shows: /^(read|inject|item get|get|document get|item template get)/,
    runs: /^run/,
  }),
  store(
    "bw bws rbw lpass dashlane dcli keeper keepassxc-cli kpcli enpass-cli passbolt nordpass proton-pass pass-cli",
    "https://bitwarden.com/help/cli/",
    "password_store",
    {
      shows:
        /^(get (password|item|notes|totp|secret|attachment)|export|get [^t]|show|read|clip|secret get|list items|unlock|list)/,
    },
  ),
  store("vault bao openbao", "https://developer.hashicorp.com/vault/docs/commands", "vault_secret", {
    shows:
      /^(read|kv get|token (create|lookup)|unwrap|print token|login|operator (init|unseal|generate-root)|write .*(sign|issue|generate)|kv list-values)/,
    destroys:
      /^(delete|(kv )?(delete|destroy|metadata delete)|(secrets|auth|audit) disable|operator (seal|step-down|rekey|rotate|raft remove-peer)|(token|lease) revoke|policy (delete|write)|namespace delete|plugin deregister)/,
  }),
  store(
    "chamber doppler infisical akeyless teller envkey summon berglas secrethub conjur",
    "https://docs.doppler.com/docs/cli",
    "vault_secret",
    {
      shows: /^(read|export|env|secrets( get| download)?|get|get-secret-value|access|variable get)/,
      runs: /^(exec|run)/,
    },
  ),
  row("sops ansible-vault age rage blackbox_cat eyaml transcrypt", "https://getsops.io/docs/", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(
      call.args,
      shape("ior", "output identity recipient vault-password-file set extract vault-id"),
    );
    const verb = o.operands[0]?.value ?? "";
    const decrypts =
      has(o, "d", "decrypt") || /^(decrypt|view|exec-env|exec-file|edit)$/.test(verb) || call.name === "blackbox_cat";
    return decrypts
      ? result(
          [...readsSecret(call, "encrypted_secret", call.name), ...writes(call, valuesOf(o, "o", "output"))],
          stream({ secret: "encrypted_secret", obfuscated: "decoded" }),
        )
      : NOTHING;
  }),
  row("gpg gpg2 gpgsm gpg-agent seahorse", "https://www.gnupg.org/documentation/manuals/gnupg/", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(
      call.args,
      shape(
        "ourN",
        "output recipient local-user homedir keyserver passphrase passphrase-file passphrase-fd default-key batch-file trust-model",
      ),
    );
    if (has(o, "export-secret-keys", "export-secret-subkeys", "export-secret-key")) return shown(call, "gpg_key");
    if (has(o, "delete-secret-keys", "delete-keys", "delete-key", "delete-secret-key", "delete-secret-and-public-key"))
      return result([
        { kind: "host.change", via: call.name, area: "security", detail: "key deletion", destructive: true },
      ]);
    const decrypts = has(o, "d", "decrypt");
    const talks = has(o, "send-keys", "recv-keys", "receive-keys", "search-keys", "refresh-keys", "fetch-keys");
    const server = valueOf(o, "keyserver");
    const effects = [
      ...(server === undefined ? [] : connects(call, server, { sends: has(o, "send-keys") })),
      ...(talks && server === undefined ? reaches(call, serviceHost("keyserver"), { sends: has(o, "send-keys") }) : []),
      ...reads(call, [...o.operands, ...valuesOf(o, "passphrase-file")]),
      ...writes(call, valuesOf(o, "o", "output")),
    ];
    const secret = secretIn(call, o.operands) ?? (decrypts ? null : (call.stdin?.secret ?? null));
    return result(effects, stream({ secret, obfuscated: decrypts ? "decoded" : null }));
  }),
  row(
    "ssh-keygen puttygen step cfssl keytool certtool easyrsa certbot acme.sh lego",
    "https://man.openbsd.org/ssh-keygen",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const o = parseOptions(call.args, shape("fbtCNPmRFIJMOrsnVwyZaEz", "keystore alias storepass"));
      if (call.name === "ssh-keygen" && has(o, "y")) return result(reads(call, valuesOf(o, "f")), stream());
      const changes = call.name === "ssh-keygen" && !has(o, "l", "F", "H", "B", "E", "e", "L", "Y", "k");
      return changes ? result(writes(call, valuesOf(o, "f"))) : NOTHING;
    },
  ),
  row("ssh-add ssh-agent ssh-keyscan keychain pageant", "https://man.openbsd.org/ssh-add", (call) => {
    if (asksForHelp(call) || call.name === "ssh-keyscan") return NOTHING;
    const o = parseOptions(call.args, shape("tEShH", "timeout agents"));
    if (call.name === "ssh-agent" && o.operands.length > 0) return nested(call.run.words(o.operands, call.stdin));
    return NOTHING;
  }),
  row(
    "oathtool totp authy-cli ykman yubico-piv-tool pkcs11-tool tpm2_unseal",
    "https://www.nongnu.org/oath-toolkit/",
    (call) =>
      call.name === "oathtool" || asksForHelp(call)
        ? NOTHING
        : /unseal|code|read|export/.test(call.args.map((word) => word.prefix).join(" "))
          ? shown(call, "second_factor")
          : NOTHING,
  ),
  row(
    "unshadow secretsdump secretsdump.py mimipenguin hashdump lazagne credstash",
    "https://www.openwall.com/john/doc/",
    (call) => shown(call, "password_hashes"),
  ),
];
