// Names and words that stand for secrets in searches: what somebody looks for who looks for credentials.

const NAMES = [
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ed25519",
  "authorized_keys",
  "shadow",
  ".env",
  ".netrc",
  "_netrc",
  ".pgpass",
  "credentials",
  ".npmrc",
  ".pypirc",
  ".git-credentials",
  ".htpasswd",
  "htpasswd",
  "kubeconfig",
  "wallet.dat",
  "login.keychain",
  "secrets.yml",
  "secrets.yaml",
  "secrets.json",
  "secring.gpg",
  ".kdbx",
  ".pem",
  ".ppk",
  ".key",
  ".p12",
  ".pfx",
  ".jks",
  ".keystore",
  "logins.json",
  "key4.db",
  "cookies.sqlite",
  "login data",
  "web.config",
  "wp-config.php",
  "unattend.xml",
  ".bash_history",
  "master.key",
  "service-account.json",
  "token.json",
  ".keytab",
];

const WORDS = [
  "akia",
  "password",
  "passwd",
  "passphrase",
  "secret",
  "token",
  "api_key",
  "apikey",
  "api-key",
  "private key",
  "private_key",
  "credential",
  "aws_access",
  "begin rsa",
  "begin openssh",
  "ghp_",
  "sk_live",
  "xoxb",
  "pwd=",
  "bearer",
];

/** Names of which a beginning is enough to tell what is looked for (`id_*`, `cred*`). */
const PREFIXED = [
  "id_rsa",
  "id_ed25519",
  "id_ecdsa",
  "shadow",
  "credentials",
  ".env",
  ".netrc",
  ".pgpass",
  ".npmrc",
  ".git-credentials",
];

/** Whether a file-name pattern looks for files that hold secrets (`id_rsa`, `*.pem`, `.env*`). */
export function isSecretName(pattern: string): boolean {
  const name = pattern.toLowerCase().replace(/[*?\\[\]^$]/g, "");
  if (name === "" || name.endsWith(".pub")) return false;
  if (/^[^*?]{3,}\*$/.test(pattern) && PREFIXED.some((secret) => secret.startsWith(name))) return true;
  return NAMES.some((secret) =>
    secret.startsWith(".") ? name === secret || name.endsWith(secret) : name === secret || name.endsWith(`/${secret}`),
  );
}

/** Whether a search pattern looks for secrets in text (`AKIA`, `password`). */
export function isSecretWord(pattern: string): boolean {
  const text = pattern.toLowerCase();
  const plain = text.replace(/\[[^\]]*\][?*+]?|\\.|[.?*+^$|()]/g, "");
  return WORDS.some((word) => text.includes(word) || plain.includes(word));
}
