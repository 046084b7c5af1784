// Host names that mean something inside: this machine, internal zones, metadata services, and public names that
// resolve to an address written into them.

import type { HostClass } from "./effect.ts";
import { classifyAddress } from "./host-address.ts";

const METADATA_NAMES: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "metadata.internal",
  "metadata.local",
  "metadata.tencentyun.com",
  "metadata.azure.internal",
  "metadata.packet.net",
  "metadata.platformequinix.com",
  "instance-data",
  "instance-data.ec2.internal",
  "rancher-metadata",
  "rancher-metadata.rancher.internal",
]);

const LOOPBACK_NAMES: ReadonlySet<string> = new Set([
  "localhost",
  "ip6-localhost",
  "ip6-loopback",
  "loopback",
  "localhost6",
  "localhost4",
  "kubernetes.docker.internal",
  "localtest.me",
  "lvh.me",
  "vcap.me",
  "lacolhost.com",
  "yoogle.com",
  "fbi.com.localhost",
  "readme.localtest.me",
  "bugbounty.dod.network",
  "spoofed.burpcollaborator.net",
]);

/** Public zones whose names all resolve to this machine. */
const LOOPBACK_ZONES: readonly string[] = [
  ".localhost",
  ".localhost.localdomain",
  ".localtest.me",
  ".lvh.me",
  ".vcap.me",
  ".lacolhost.com",
];

/** Zones that only resolve inside. Not `example`, `test`, `invalid`: those are for documents and tests. */
const INTERNAL_ZONES: readonly string[] = [
  ".local",
  ".internal",
  ".localdomain",
  ".home.arpa",
  ".lan",
  ".intranet",
  ".corp",
  ".home",
  ".private",
  ".svc",
  ".cluster",
  ".consul",
];

/** Public zones whose names resolve to the address written into them (`127.0.0.1.nip.io`, `7f000001.nip.io`). */
const ADDRESS_ZONES: readonly string[] = [
  ".nip.io",
  ".sslip.io",
  ".xip.io",
  ".traefik.me",
  ".backname.io",
  ".rbndr.us",
  ".1u.ms",
];

/**
 * The class of a name.
 *
 * @param name canonical: lower case, ASCII, without a trailing dot, no address.
 */
export function classifyName(name: string): HostClass {
  if (METADATA_NAMES.has(name)) return "metadata";
  if (LOOPBACK_NAMES.has(name) || LOOPBACK_ZONES.some((zone) => name.endsWith(zone))) return "loopback";
  if (!name.includes(".") || name === "home.arpa") return "internal_name";
  if (INTERNAL_ZONES.some((zone) => name.endsWith(zone))) return "internal_name";
  const zone = ADDRESS_ZONES.find((ending) => name.endsWith(ending));
  return zone === undefined ? "public" : writtenAddressClass(name.slice(0, -zone.length));
}

const DOTTED = /(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?:$|[.-])/;
const HEXADECIMAL = /(?:^|[.-])([0-9a-f]{8})(?:$|[.-])/;

function writtenAddressClass(prefix: string): HostClass {
  const dotted = DOTTED.exec(prefix);
  if (dotted !== null) return classifyAddress(dotted.slice(1, 5).map(Number).join("."))?.class ?? "private";
  const hexadecimal = HEXADECIMAL.exec(prefix)?.[1];
  if (hexadecimal !== undefined) {
    const bytes = [0, 2, 4, 6].map((at) => Number.parseInt(hexadecimal.slice(at, at + 2), 16));
    return classifyAddress(bytes.join("."))?.class ?? "private";
  }
  return "private";
}
