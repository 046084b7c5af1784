// A ZIP file written front to back, one member after another, in constant memory.
//
//   local header · deflated bytes        for each member; its header is written again when its sizes are known
//   central directory · end record       at the end
//
// Members are deflated in blocks that end at a byte boundary, so that every block is written and forgotten at once:
// nothing waits in a stream, so nothing has to be held back. Times are fixed: the same content gives the same bytes.
// @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.6 to 4.3.16)

import { CanopyError } from "canopy-runtime/errors";

const { constants, crc32, deflateRawSync } = process.getBuiltinModule("node:zlib");
const { writeSync } = process.getBuiltinModule("node:fs");

const BLOCK_CHARACTERS = 262_144;
const MOST_BYTES = 0xffff_ffff;
const LEVEL = 3;
const DEFLATED = 8;
const VERSION = 20;
/** The names are UTF-8. */
const FLAGS = 0x0800;
/** 1980-01-01, the earliest that the format knows. */
const DATE = 0x0021;

interface Member {
  readonly name: Buffer;
  readonly offset: number;
  crc: number;
  packed: number;
  size: number;
}

/** A ZIP file on an open file descriptor, which stays the caller's. Up to 4 GiB. */
export class ZipWriter {
  readonly #fd: number;
  readonly #members: Member[] = [];
  #at = 0;
  #member: Member | null = null;
  #pending: string[] = [];
  #characters = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Begin a member; the one before is ended. Throws the system's error. */
  begin(name: string): void {
    this.#end();
    this.#member = { name: Buffer.from(name, "utf8"), offset: this.#at, crc: 0, packed: 0, size: 0 };
    this.#put(localHeader(this.#member));
  }

  /**
   * Add to the member. Cost: linear.
   *
   * @throws {CanopyError} `FILE_UNUSABLE` when the file would be larger than the format allows; else the system's error.
   */
  write(text: string): void {
    this.#pending.push(text);
    this.#characters += text.length;
    if (this.#characters >= BLOCK_CHARACTERS) this.#deflate(false);
  }

  /** A whole member of bytes. Cost and errors as `write`. */
  add(name: string, bytes: Buffer): void {
    this.begin(name);
    this.#pack(bytes, true);
    this.#member = this.#finished();
  }

  /** How many bytes the member has so far, before deflating. */
  size(): number {
    return (this.#member?.size ?? 0) + this.#characters;
  }

  /** Write what stands at the end of every ZIP file. */
  close(): void {
    this.#end();
    const start = this.#at;
    for (const member of this.#members) this.#put(centralHeader(member));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x0605_4b50, 0);
    end.writeUInt16LE(this.#members.length, 8);
    end.writeUInt16LE(this.#members.length, 10);
    end.writeUInt32LE(this.#at - start, 12);
    end.writeUInt32LE(start, 16);
    this.#put(end);
  }

  #end(): void {
    if (this.#member === null) return;
    this.#deflate(true);
    this.#member = this.#finished();
  }

  #finished(): null {
    const member = this.#member;
    if (member === null) return null;
    writeWhole(this.#fd, localHeader(member), member.offset);
    this.#members.push(member);
    return null;
  }

  #deflate(isLast: boolean): void {
    const bytes = Buffer.from(this.#pending.join(""), "utf8");
    this.#pending = [];
    this.#characters = 0;
    this.#pack(bytes, isLast);
  }

  #pack(bytes: Buffer, isLast: boolean): void {
    const member = this.#member;
    if (member === null) return;
    member.crc = crc32(bytes, member.crc);
    member.size += bytes.length;
    const finishFlush = isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    const packed = deflateRawSync(bytes, { level: LEVEL, finishFlush });
    member.packed += packed.length;
    if (member.size > MOST_BYTES) throw tooLarge();
    this.#put(packed);
  }

  #put(bytes: Buffer): void {
    if (this.#at + bytes.length > MOST_BYTES) throw tooLarge();
    writeWhole(this.#fd, bytes, this.#at);
    this.#at += bytes.length;
  }
}

function localHeader(member: Member): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x0403_4b50, 0);
  header.writeUInt16LE(VERSION, 4);
  putCommon(header, member, 6);
  return Buffer.concat([header, member.name]);
}

function centralHeader(member: Member): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x0201_4b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  putCommon(header, member, 8);
  header.writeUInt32LE(member.offset, 42);
  return Buffer.concat([header, member.name]);
}

// flags, method, time, date, crc-32, deflated size, size, length of the name
function putCommon(header: Buffer, { name, crc, packed, size }: Member, at: number): void {
  header.writeUInt16LE(FLAGS, at);
  header.writeUInt16LE(DEFLATED, at + 2);
  header.writeUInt16LE(DATE, at + 6);
  header.writeUInt32LE(crc, at + 8);
  header.writeUInt32LE(packed, at + 12);
  header.writeUInt32LE(size, at + 16);
  header.writeUInt16LE(name.length, at + 20);
}

function writeWhole(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function tooLarge(): CanopyError {
  return new CanopyError("FILE_UNUSABLE", "the file would be larger than 4 GiB, more than its format allows", {
    fix: "export a shorter time, or as csv",
  });
}
