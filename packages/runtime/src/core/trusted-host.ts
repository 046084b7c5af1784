// Whether the integrator named a host as trusted.

import type { HostTarget } from "./effects/effect.ts";

/**
 * Whether a public host is one of the trusted domains, or under one. Names are compared label by label:
 * `example.com` covers `api.example.com`, never `notexample.com` or `example.com.evil.org`. Entries are host
 * names; a URL, an empty entry or a bare top-level label trusts nothing.
 *
 * Cost: linear in the list.
 */
export function isTrustedHost(host: HostTarget, trustedDomains: readonly string[]): boolean {
  const name = host.host;
  if (name === null || host.class !== "public" || host.plain === false) return false;
  return trustedDomains.some((entry) => {
    const domain = entry
      .trim()
      .toLowerCase()
      .replace(/\.$/, "")
      .replace(/^\*?\./, "");
    if (!domain.includes(".") && !domain.includes(":")) return false;
    return name === domain || name.endsWith(`.${domain}`);
  });
}
