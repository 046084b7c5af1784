// Which paths are known to hold a secret, and of what kind. Data: names of files and folders as their programs
// document them. The path comes lower-cased and normalised, so that case-insensitive file systems hide nothing.

/** Files that hold a secret under this very name, wherever they stand. */
const SECRET_FILES: ReadonlyMap<string, string> = new Map([
  [".netrc", "netrc"],
  ["_netrc", "netrc"],
  [".pgpass", "database_password"],
  ["pgpass.conf", "database_password"],
  [".my.cnf", "database_password"],
  [".mylogin.cnf", "database_password"],
  [".npmrc", "package_registry_token"],
  [".yarnrc.yml", "package_registry_token"],
  [".pypirc", "package_registry_token"],
  [".git-credentials", "git_credentials"],
  [".htpasswd", "password_hashes"],
  ["shadow", "password_hashes"],
  ["shadow-", "password_hashes"],
  [".vault-token", "vault_token"],
  [".terraformrc", "cloud_credentials"],
  ["credentials.tfrc.json", "cloud_credentials"],
  ["terraform.tfstate", "terraform_state"],
  ["terraform.tfstate.backup", "terraform_state"],
  ["terraform.tfvars", "terraform_state"],
  [".dockercfg", "docker_credentials"],
  [".s3cfg", "cloud_credentials"],
  [".boto", "cloud_credentials"],
  [".passwd-s3fs", "cloud_credentials"],
  ["credentials.json", "cloud_credentials"],
  ["client_secret.json", "cloud_credentials"],
  ["client_secrets.json", "cloud_credentials"],
  ["service-account.json", "cloud_credentials"],
  ["service_account.json", "cloud_credentials"],
  ["application_default_credentials.json", "cloud_credentials"],
  ["secrets.json", "secrets_file"],
  ["secrets.yaml", "secrets_file"],
  ["secrets.yml", "secrets_file"],
  ["secrets.toml", "secrets_file"],
  ["secrets.env", "secrets_file"],
  ["secret.txt", "secrets_file"],
  ["secrets.txt", "secrets_file"],
  ["passwords.txt", "secrets_file"],
  ["master.key", "private_key"],
  ["kubeconfig", "kube_config"],
  ["wallet.dat", "wallet"],
  ["cookies.sqlite", "browser_profile"],
  ["logins.json", "browser_profile"],
  ["key4.db", "browser_profile"],
  ["key3.db", "browser_profile"],
  ["login data", "browser_profile"],
  ["cookies.binarycookies", "browser_profile"],
  [".bash_history", "shell_history"],
  [".zsh_history", "shell_history"],
  [".sh_history", "shell_history"],
  [".ksh_history", "shell_history"],
  [".histfile", "shell_history"],
  [".history", "shell_history"],
  ["fish_history", "shell_history"],
  ["consolehost_history.txt", "shell_history"],
  [".python_history", "shell_history"],
  [".node_repl_history", "shell_history"],
  [".psql_history", "shell_history"],
  [".mysql_history", "shell_history"],
  [".sqlite_history", "shell_history"],
  [".rediscli_history", "shell_history"],
  [".irb_history", "shell_history"],
  [".envrc", "env_file"],
  ["master.passwd", "password_hashes"],
  ["opasswd", "password_hashes"],
  ["ntds.dit", "password_hashes"],
  ["rclone.conf", "cloud_credentials"],
  ["k3s.yaml", "kube_config"],
  ["wpa_supplicant.conf", "wifi_password"],
  ["ipsec.secrets", "vpn_key"],
  ["chap-secrets", "vpn_key"],
  ["pap-secrets", "vpn_key"],
  [".smbcredentials", "secrets_file"],
  [".msmtprc", "secrets_file"],
  [".fetchmailrc", "secrets_file"],
  ["wp-config.php", "secrets_file"],
  [".vault_pass", "secrets_file"],
  [".databrickscfg", "cloud_credentials"],
  [".dockerconfigjson", "docker_credentials"],
  ["kaggle.json", "api_token"],
  ["oauth_creds.json", "agent_token"],
  ["ngrok.yml", "api_token"],
  ["ssh_host_rsa_key", "ssh_key"],
  ["ssh_host_ecdsa_key", "ssh_key"],
  ["ssh_host_ed25519_key", "ssh_key"],
]);

/** Endings of names that stand for a private key, a key store or a password database. */
const SECRET_ENDINGS: readonly (readonly [string, string])[] = [
  [".pem", "private_key"],
  [".key", "private_key"],
  [".ppk", "private_key"],
  [".p12", "private_key"],
  [".pfx", "private_key"],
  [".jks", "private_key"],
  [".keystore", "private_key"],
  [".kdbx", "password_manager"],
  [".kdb", "password_manager"],
  [".agilekeychain", "password_manager"],
  [".opvault", "password_manager"],
  [".keychain", "keychain"],
  [".keychain-db", "keychain"],
  [".keytab", "kerberos_key"],
  [".tfstate", "terraform_state"],
  [".ovpn", "vpn_key"],
  [".env", "env_file"],
];

interface SecretFolder {
  readonly kind: string;
  /** The folder that must stand right above it; null when any may. */
  readonly parent: string | null;
  /** Names below it that hold no secret. */
  readonly open?: readonly string[];
}

/** Folders whose content is secret; keyed by the folder's own name. */
const SECRET_FOLDERS: ReadonlyMap<string, SecretFolder> = new Map<string, SecretFolder>([
  [
    ".ssh",
    { kind: "ssh_key", parent: null, open: ["config", "authorized_keys", "authorized_keys2", "rc", "config.d"] },
  ],
  [".aws", { kind: "cloud_credentials", parent: null }],
  [".kube", { kind: "kube_config", parent: null, open: ["cache", "http-cache"] }],
  [".azure", { kind: "cloud_credentials", parent: null }],
  ["gcloud", { kind: "cloud_credentials", parent: ".config" }],
  ["doctl", { kind: "cloud_credentials", parent: ".config" }],
  ["gh", { kind: "git_credentials", parent: ".config" }],
  ["hub", { kind: "git_credentials", parent: ".config" }],
  [".oci", { kind: "cloud_credentials", parent: null }],
  [".aliyun", { kind: "cloud_credentials", parent: null }],
  [".bluemix", { kind: "cloud_credentials", parent: null }],
  [".gnupg", { kind: "gpg_key", parent: null }],
  [".password-store", { kind: "password_manager", parent: null }],
  ["op", { kind: "password_manager", parent: ".config" }],
  ["bitwarden cli", { kind: "password_manager", parent: ".config" }],
  ["keyrings", { kind: "keychain", parent: "share" }],
  ["keychains", { kind: "keychain", parent: "library" }],
  [".electrum", { kind: "wallet", parent: null }],
  [".bitcoin", { kind: "wallet", parent: null }],
  [".ethereum", { kind: "wallet", parent: null }],
  [".monero", { kind: "wallet", parent: null }],
  ["solana", { kind: "wallet", parent: ".config" }],
  [".mozilla", { kind: "browser_profile", parent: null }],
  ["google-chrome", { kind: "browser_profile", parent: ".config" }],
  ["chromium", { kind: "browser_profile", parent: ".config" }],
  ["microsoft-edge", { kind: "browser_profile", parent: ".config" }],
  ["brave-browser", { kind: "browser_profile", parent: "bravesoftware" }],
  ["chrome", { kind: "browser_profile", parent: "google" }],
  ["firefox", { kind: "browser_profile", parent: "application support" }],
  ["serviceaccount", { kind: "kubernetes_token", parent: "kubernetes.io" }],
  ["secrets", { kind: "container_secret", parent: "run" }],
  ["system-connections", { kind: "wifi_password", parent: "networkmanager" }],
  ["wireguard", { kind: "vpn_key", parent: "etc" }],
  ["private", { kind: "private_key", parent: "ssl" }],
  ["krb5cc", { kind: "kerberos_key", parent: null }],
]);

/** Files that are secret only right below a folder of this name. */
const SECRET_FILES_IN: ReadonlyMap<string, readonly (readonly [string, string])[]> = new Map([
  ["config", [[".kube", "kube_config"]]],
  [
    "config.json",
    [
      [".docker", "docker_credentials"],
      ["docker", "docker_credentials"],
    ],
  ],
  [
    "credentials",
    [
      [".cargo", "package_registry_token"],
      [".gem", "package_registry_token"],
      [".m2", "package_registry_token"],
    ],
  ],
  ["credentials.toml", [[".cargo", "package_registry_token"]]],
  ["settings.xml", [[".m2", "package_registry_token"]]],
  [
    "auth.json",
    [
      [".composer", "package_registry_token"],
      ["composer", "package_registry_token"],
      [".codex", "agent_token"],
      ["containers", "docker_credentials"],
    ],
  ],
  [".credentials.json", [[".claude", "agent_token"]]],
  ["environ", [["*", "process_environment"]]],
  ["admin.conf", [["kubernetes", "kube_config"]]],
  ["kubelet.conf", [["kubernetes", "kube_config"]]],
  ["debian.cnf", [["mysql", "database_password"]]],
  ["gradle.properties", [[".gradle", "package_registry_token"]]],
  ["gshadow", [["etc", "password_hashes"]]],
  ["gshadow-", [["etc", "password_hashes"]]],
  ["sudoers", [["etc", "sudoers"]]],
  ["krb5.keytab", [["etc", "kerberos_key"]]],
  ["sam", [["config", "password_hashes"]]],
  ["system", [["config", "password_hashes"]]],
  ["security", [["config", "password_hashes"]]],
  ["config.yml", [[".circleci", "ci_token"]]],
  [
    "token",
    [
      [".huggingface", "api_token"],
      ["huggingface", "api_token"],
    ],
  ],
  [
    "cookies",
    [
      ["default", "browser_profile"],
      ["network", "browser_profile"],
    ],
  ],
]);

/** Words after `.env.` or before an ending that mark a template without values. */
const TEMPLATE_WORDS: ReadonlySet<string> = new Set([
  "example",
  "examples",
  "sample",
  "template",
  "tmpl",
  "tpl",
  "dist",
  "defaults",
  "schema",
  "md",
  "ts",
  "js",
  "py",
]);

const PUBLIC_PEM_WORDS: readonly string[] = [
  "cert",
  "chain",
  "ca-bundle",
  "cacert",
  "public",
  "pubkey",
  "pub.",
  "-pub",
  "_pub",
  "dhparam",
  "csr",
];

/**
 * The kind of secret that stands at a path, or null.
 *
 * @param path normalised and lower-cased: `/…`, `~/…`, `./…` or `c:/…`.
 */
export function secretAt(path: string): string | null {
  const segments = path.split("/");
  const base = segments.at(-1) ?? "";
  const parent = segments.at(-2) ?? "";
  return secretInFolder(segments) ?? secretName(base, path) ?? secretFileIn(base, parent, path);
}

function secretInFolder(segments: readonly string[]): string | null {
  for (let index = 1; index < segments.length; index += 1) {
    const folder = SECRET_FOLDERS.get(segments[index] ?? "");
    if (folder === undefined) continue;
    if (folder.parent !== null && segments[index - 1] !== folder.parent) continue;
    const next = segments[index + 1];
    if (next !== undefined && isOpenName(next, folder)) continue;
    return folder.kind;
  }
  return null;
}

function isOpenName(name: string, folder: SecretFolder): boolean {
  return name.endsWith(".pub") || name.startsWith("known_hosts") || (folder.open?.includes(name) ?? false);
}

function secretName(base: string, path: string): string | null {
  if (base === "shadow" || base === "shadow-") return path.startsWith("/etc/") ? "password_hashes" : null;
  const exact = SECRET_FILES.get(base);
  if (exact !== undefined) return exact;
  if (base.startsWith(".env.")) return isTemplate(base) ? null : "env_file";
  if (base.startsWith("id_")) return privateKeyName(base);
  for (const [ending, kind] of SECRET_ENDINGS) {
    if (base.endsWith(ending)) return isPublicName(base, path, kind) ? null : kind;
  }
  return null;
}

const KEY_NAMES: ReadonlySet<string> = new Set([
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ed25519",
  "id_ecdsa_sk",
  "id_ed25519_sk",
]);

// `id_rsa.md` speaks of a key, `id_rsa.bak` is one.
const TEXT_ABOUT = /\.(?:md|mdx|rst|adoc|html?|[cm]?[jt]sx?|py|rb|go|rs|java|kt|c|h|cc|cpp|cs|php|swift|css|svg|png)$/;

function privateKeyName(base: string): string | null {
  if (base.endsWith(".pub")) return null;
  if (TEXT_ABOUT.test(base)) return null;
  const dot = base.indexOf(".");
  return KEY_NAMES.has(dot < 0 ? base : base.slice(0, dot)) ? "ssh_key" : null;
}

function isTemplate(base: string): boolean {
  return base.split(".").some((word) => TEMPLATE_WORDS.has(word));
}

function isPublicName(base: string, path: string, kind: string): boolean {
  if (kind === "env_file") return isTemplate(base.slice(0, -".env".length));
  if (kind !== "private_key" || !base.endsWith(".pem")) return base.startsWith("public");
  return path.includes("/ssl/certs/") || PUBLIC_PEM_WORDS.some((word) => base.includes(word));
}

function secretFileIn(base: string, parent: string, path: string): string | null {
  const places = SECRET_FILES_IN.get(base);
  if (places === undefined) return null;
  for (const [folder, kind] of places) {
    if (folder === parent) return kind;
    if (folder === "*" && path.startsWith("/proc/")) return kind;
  }
  return null;
}
