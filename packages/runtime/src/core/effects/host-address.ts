// IP addresses: their class, with everything unwrapped that carries an IPv4 address inside an IPv6 one.

import ipaddr from "ipaddr.js";
import type { HostClass } from "./effect.ts";

/** Addresses at which clouds serve credentials to whoever asks from inside. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "169.254.0.23",
  "169.254.10.10",
  "100.100.100.200",
  "192.0.0.192",
  "168.63.129.16",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
  "fe80::a9fe:a9fe",
]);

const FOUR_PARTS = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** An address in canonical form and its class; null when the text is no address. */
export interface AddressReading {
  readonly host: string;
  readonly class: HostClass;
}

/**
 * Class an address. Only globally routable unicast is public.
 *
 * @param text an IPv4 address of four decimal parts, or an IPv6 address without brackets.
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function classifyAddress(text: string): AddressReading | null {
  // A name is told by its look: the address parser throws and catches to find out.
  if (!text.includes(":") && !FOUR_PARTS.test(text)) return null;
  if (!ipaddr.isValid(text)) return null;
  const address = ipaddr.parse(text);
  return { host: address.toString(), class: address instanceof ipaddr.IPv4 ? classOfV4(address) : classOfV6(address) };
}

function classOfV4(address: ipaddr.IPv4): HostClass {
  if (METADATA_ADDRESSES.has(address.toString())) return "metadata";
  const range = address.range();
  if (range === "unicast") return "public";
  return range === "loopback" || range === "unspecified" ? "loopback" : "private";
}

function classOfV6(address: ipaddr.IPv6): HostClass {
  if (METADATA_ADDRESSES.has(address.toString())) return "metadata";
  const bytes = address.toByteArray();
  const range = address.range();
  if (range === "loopback" || range === "unspecified") return "loopback";
  if (range === "ipv4Mapped") return classOfBytes(bytes.slice(12));
  const inner = embedded(range, bytes);
  if (inner !== null) return inner === "public" ? wrapperClass(range, bytes) : inner;
  return range === "unicast" ? "public" : "private";
}

// The class of the IPv4 address that an IPv6 address carries, or null when it carries none.
function embedded(range: string, bytes: readonly number[]): HostClass | null {
  if (range === "rfc6052" || range === "rfc6145") return classOfBytes(bytes.slice(12));
  if (range === "6to4") return classOfBytes(bytes.slice(2, 6));
  if (range === "teredo") return classOfBytes(bytes.slice(12).map((byte) => byte ^ 0xff));
  if (bytes.slice(0, 12).every((byte) => byte === 0)) return classOfBytes(bytes.slice(12));
  const isatap = bytes[10] === 0x5e && bytes[11] === 0xfe && (bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0;
  return isatap ? classOfBytes(bytes.slice(12)) : null;
}

// Only the well-known NAT64 prefix leads to public hosts; other tunnels are not used by honest requests.
function wrapperClass(range: string, bytes: readonly number[]): HostClass {
  if (range === "unicast" && bytes.slice(0, 12).some((byte) => byte !== 0)) return "public";
  return range === "rfc6052" && bytes[4] === 0 && bytes[5] === 0 ? "public" : "private";
}

function classOfBytes(bytes: number[]): HostClass {
  return classOfV4(new ipaddr.IPv4(bytes));
}

/**
 * The IPv4 address that a lax reader makes of a dotted or plain number which is no valid address: parts in any base,
 * each cut to its width (`0x17f.0.0.1` read as `127.0.0.1`). Null when the text is not made of numbers.
 */
export function laxAddress(text: string): string | null {
  const parts = text.split(".");
  if (parts.length > 4) return null;
  const numbers = parts.map(laxNumber);
  if (numbers.some((number) => number === null)) return null;
  const bytes: number[] = [];
  numbers.forEach((number, index) => {
    const width = index === numbers.length - 1 ? 5 - numbers.length : 1;
    for (let shift = width - 1; shift >= 0; shift -= 1)
      bytes.push(Number(((number ?? 0n) >> BigInt(8 * shift)) & 0xffn));
  });
  return bytes.join(".");
}

function laxNumber(text: string): bigint | null {
  if (text.length > 40) return null;
  if (/^(?:0x[0-9a-f]+|0b[01]+|0o[0-7]+)$/i.test(text)) return BigInt(text.toLowerCase());
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  return /^\d+$/.test(text) ? BigInt(text) : null;
}
