// Programs that work on block devices, file systems and volumes.

import type { Effect } from "../effect.ts";
import { NOTHING, changesHost, reads, result, unresolved, wipes, writes } from "./describe.ts";
import { has, parseOptions, shape, valueOf, valuesOf, type Options, type OptionShape } from "./options.ts";
import { debugfs } from "./debugfs.ts";
import { place } from "./place.ts";
import type { ProgramCall, ProgramRow, Word } from "./program.ts";
import { asksForHelp, harmless, optionRow, row, words } from "./rows.ts";
import { bytesOf, FILLING_BYTES } from "./sizes.ts";

const MAN1 = "https://man7.org/linux/man-pages/man1/";
const MAN8 = "https://man7.org/linux/man-pages/man8/";

/** A program that always destroys what its operands hold. */
function wiper(names: string, source: string, by: OptionShape, except: readonly string[] = []): ProgramRow {
  return optionRow(names, source, by, (call, o) => (has(o, ...except) ? [] : wiped(call, targetsOf(call, o.operands))));
}

/** Words that name devices, even where an option might take them; without any, the first operand. */
function targetsOf(call: ProgramCall, operands: readonly Word[]): readonly Word[] {
  const devices = call.args.filter((word) => word.prefix.startsWith("/") && place(call, word).zone === "device");
  return devices.length > 0 ? devices : operands.slice(0, 1);
}

function wiped(call: ProgramCall, targets: readonly Word[]): readonly Effect[] {
  if (targets.length === 0) return changesHost(call, "disk", call.name, true);
  return [...wipes(call, targets), ...changesHost(call, "disk", call.name, true)];
}

/** Rows of programs that work on disks. */
export const DISKS: readonly ProgramRow[] = [
  wiper("mkfs.ext2 mkfs.ext3 mkfs.ext4 mke2fs", `${MAN8}mke2fs.8.html`, shape("bCdeEgGiIJLmMNoOrTUzt"), ["n"]),
  wiper("mkfs.ntfs mkntfs", "https://manpages.debian.org/mkntfs", shape("LscSzHp"), ["n", "no-action"]),
  wiper("mkfs.xfs", `${MAN8}mkfs.xfs.8.html`, shape("bcdilLmnprs"), ["N"]),
  wiper("mkfs", `${MAN8}mkfs.8.html`, shape("tLUbEiImNOJCdsSnrR", "type label uuid")),
  wiper(
    "mkfs.btrfs mkfs.vfat mkfs.fat mkfs.msdos mkfs.exfat mkfs.f2fs mkfs.jfs mkfs.reiserfs mkfs.minix mkfs.bfs mkfs.cramfs mkfs.erofs mkfs.bcachefs mkdosfs mkexfatfs newfs newfs_msdos newfs_hfs mkreiserfs mkudffs mkfs.udf mkfs.nilfs2 mkfs.ubifs",
    "https://btrfs.readthedocs.io/en/latest/mkfs.btrfs.html",
    shape("AbdmnlsLOrUFhiMRS", "label uuid data metadata nodesize sectorsize"),
  ),
  wiper("mkswap", `${MAN8}mkswap.8.html`, shape("LUpse", "label uuid pagesize")),
  wiper("blkdiscard blkzone", `${MAN8}blkdiscard.8.html`, shape("olp", "offset length step")),
  optionRow("wipefs", `${MAN8}wipefs.8.html`, shape("otO", "offset types output"), (call, o) =>
    has(o, "a", "all", "o", "offset") && !has(o, "n", "no-act") ? wiped(call, o.operands) : [],
  ),
  optionRow("badblocks", `${MAN8}badblocks.8.html`, shape("bcdeiopt"), (call, o) =>
    has(o, "w", "n") ? wiped(call, o.operands.slice(0, 1)) : reads(call, o.operands.slice(0, 1)),
  ),
  optionRow(
    "hdparm",
    `${MAN8}hdparm.8.html`,
    shape(
      "",
      "security-erase security-erase-enhanced security-set-pass security-unlock security-disable security-mode write-sector repair-sector make-bad-sector trim-sector-ranges trim-sector-ranges-stdin fwdownload",
    ),
    hdparm,
  ),
  optionRow("nvme", "https://github.com/linux-nvme/nvme-cli", shape("nslaf"), (call, o) => {
    const verb = o.operands[0]?.value ?? "";
    const destroys =
      /^(format|sanitize|write|write-zeroes|write-uncor|dsm|delete-ns|fw-download|fw-commit|security-send)$/.test(verb);
    return destroys ? wiped(call, o.operands.slice(1)) : [];
  }),
  wiper(
    "sg_format sg_sanitize sg_write_same sg_write_buffer sg_unmap sg_dd",
    "https://sg.danny.cz/sg/sg3_utils.html",
    shape("lscfn"),
  ),
  optionRow(
    "sgdisk gdisk cgdisk fixparts",
    "https://www.rodsbooks.com/gdisk/sgdisk.html",
    shape("abcdnrtuUlLmMBRi", "new delete typecode change-name load-backup backup info attributes"),
    (call, o) => {
      if (
        has(o, "p", "print", "i", "info", "v", "verify", "b", "backup", "L", "list-types") &&
        !has(o, "z", "Z", "o", "zap-all", "zap", "clear")
      )
        return reads(call, o.operands);
      return call.name === "sgdisk" || o.operands.length > 0 ? wiped(call, o.operands) : [];
    },
  ),
  optionRow("parted", "https://www.gnu.org/software/parted/manual/parted.html", shape("a", "align"), (call, o) => {
    const given = o.operands.slice(1).map((word) => word.value ?? "");
    // Without commands it reads them from its input.
    if (given.length === 0 && call.stdin !== null && call.stdin.text === null) return unresolved(call, "code");
    const commands = given.length === 0 ? (call.stdin?.text ?? "").trim().split(/\s+/) : given;
    if (
      has(o, "l", "list") ||
      commands.every((text) =>
        /^(p|print|u|unit|h|help|align-check|free|list|devices|all|q|quit|[a-z]?i?B|s|%|)$/i.test(text),
      )
    )
      return [];
    return wiped(call, o.operands.slice(0, 1));
  }),
  optionRow(
    "fdisk sfdisk cfdisk",
    `${MAN8}fdisk.8.html`,
    shape("bCHSotwWN", "sector-size color type wipe wipe-partitions"),
    (call, o) => {
      if (has(o, "l", "list", "s", "x", "d", "dump", "J", "json", "V", "verify", "g", "F")) return [];
      return o.operands.length === 0 ? [] : wiped(call, o.operands.slice(0, 1));
    },
  ),
  row(
    "cryptsetup veracrypt cryptmount luksipc",
    `${MAN8}cryptsetup.8.html`,
    verbs(
      "luksFormat luksErase erase reencrypt luksKillSlot luksRemoveKey luksChangeKey luksAddKey luksConvertKey luksHeaderRestore --create --format plainOpen",
      "isLuks luksDump status benchmark --test --list -l luksUUID tcryptDump",
    ),
  ),
  row(
    "mdadm",
    `${MAN8}mdadm.8.html`,
    verbs(
      "--create -C --zero-superblock --stop -S --fail -f --remove -r --build --grow -G",
      "--detail -D --examine -E --query -Q --monitor -F --assemble -A --scan",
    ),
  ),
  row(
    "lvm pvcreate pvremove vgremove vgcreate lvremove lvreduce lvresize lvcreate lvconvert vgreduce pvmove vgsplit vgmerge pvchange vgchange lvchange vgextend lvextend lvrename vgrename",
    `${MAN8}lvm.8.html`,
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const verb = call.name === "lvm" ? (call.args[0]?.value ?? "") : call.name;
      if (
        /^(|pvs|vgs|lvs|help|version|.*display|.*scan|fullreport|lvmdiskscan|dumpconfig|config|formats|segtypes)$/.test(
          verb,
        )
      )
        return NOTHING;
      const destroys = /remove|reduce|pvcreate|convert|resize/.test(verb);
      const devices = parseOptions(call.args, shape("LlnsciIAmt")).operands.filter(
        (word) => place(call, word).zone === "device",
      );
      return result([...(destroys ? wipes(call, devices) : []), ...changesHost(call, "disk", verb, destroys)]);
    },
  ),
  row(
    "zpool zfs btrfs bcachefs stratis xfs_admin tune2fs e2label resize2fs xfs_growfs ntfsresize fatlabel swaplabel e2fsck fsck fsck.ext4 fsck.vfat xfs_repair reiserfsck ntfsfix debugfs",
    "https://openzfs.github.io/openzfs-docs/man/master/8/zpool.8.html",
    volumes,
  ),
  row(
    "ddrescue dd_rescue partclone partimage safecopy fsarchiver clonezilla partclone.ext4",
    "https://www.gnu.org/software/ddrescue/manual/ddrescue_manual.html",
    (call) => {
      const o = parseOptions(call.args, shape("bciKmnorstxXso", "source output"));
      return result([
        ...reads(call, [...o.operands.slice(0, 1), ...valuesOf(o, "s", "source")]),
        ...writes(call, [...o.operands.slice(1, 3), ...valuesOf(o, "o", "output")]),
      ]);
    },
  ),
  optionRow(
    "mount umount mount.nfs mount.cifs fusermount fusermount3 sshfs udisksctl pmount pumount losetup swapon swapoff kpartx partprobe partx dmsetup multipath qemu-nbd nbd-client bindfs mergerfs ntfs-3g encfs gocryptfs s3fs",
    `${MAN8}mount.8.html`,
    shape("toLUONsa", "types options source target label uuid bind"),
    mounts,
  ),
  optionRow("eject tgtadm iscsiadm", "https://man7.org/linux/man-pages/man1/eject.1.html", shape(), (call) =>
    changesHost(call, "disk", call.name),
  ),
  optionRow("fallocate mkfile", `${MAN1}fallocate.1.html`, shape("lo", "length offset"), (call, o) => {
    const size = valueOf(o, "l", "length") ?? (call.name === "mkfile" ? o.operands[0] : undefined);
    const fills = (bytesOf(size?.value) ?? 0) >= FILLING_BYTES;
    const files = call.name === "mkfile" ? o.operands.slice(1) : o.operands;
    const written = writes(call, files, has(o, "p", "punch-hole", "z", "c") ? "change" : "append");
    return fills ? [...written, { kind: "resource.exhaust", via: call.name, how: "fills the disk" }] : written;
  }),
  harmless(
    "lsblk blkid findmnt mountpoint lsscsi smartctl pvs vgs lvs pvdisplay vgdisplay lvdisplay pvscan vgscan lvscan dumpe2fs filefrag sync e4defrag fstrim iostat iotop blockdev lshw inxi hwinfo lspci lsusb lscpu lsmem dmidecode fincore e2image xfs_info btrfsck",
    `${MAN8}lsblk.8.html`,
  ),
];

function hdparm(call: ProgramCall, o: Options): readonly Effect[] {
  const destroys = [...o.flags.keys()].some((name) =>
    /^(security-erase|security-set|write-sector|repair-sector|make-bad|trim-sector|fwdownload)/.test(name),
  );
  return destroys ? wiped(call, targetsOf(call, o.operands)) : [];
}

/** A program whose verb (or option) decides: those that destroy, those that only look; others change. */
function verbs(destroying: string, looking: string): ProgramRow["effects"] {
  const destroys = new Set(words(destroying));
  const looks = new Set(words(looking));
  return (call) => {
    if (asksForHelp(call) || call.args.length === 0) return NOTHING;
    const given = call.args.map((word) => word.value ?? "").filter((text) => destroys.has(text) || looks.has(text));
    if (given.some((text) => destroys.has(text))) {
      return result(
        wiped(
          call,
          targetsOf(
            call,
            call.args.filter((word) => word.prefix.startsWith("/")),
          ),
        ),
      );
    }
    return given.length > 0 ? NOTHING : result(changesHost(call, "disk", call.name));
  };
}

function volumes(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  if (asksForHelp(call) || call.args.length === 0) return NOTHING;
  const texts = call.args.map((word) => word.value ?? "");
  if (call.name === "tune2fs" && texts.length === 2 && texts[0] === "-l") return NOTHING;
  const [verb = "", second = ""] = texts.filter((text) => !text.startsWith("-"));
  if (
    /^(list|status|get|show|history|iostat|events|df|usage|diff|filesystem|scrub|version|help|check|upgrade)$/.test(
      verb,
    ) &&
    !/^(resize|label|mkswapfile)$/.test(second) &&
    !(verb === "upgrade" && texts.some((text) => text !== verb && text !== "-v")) &&
    !(verb === "check" && texts.some((text) => /^--(?:repair|init|clear)/.test(text)))
  )
    return NOTHING;
  if (call.name === "debugfs") return result(debugfs(call));
  if (/fsck|repair|ntfsfix/.test(call.name))
    return onlyLooks(call.name, texts) ? NOTHING : result(changesHost(call, "disk", call.name));
  const destroys =
    /^(destroy|labelclear|rollback|detach|remove|delete|offline|split|create|replace|device|format)$/.test(verb) &&
    !(call.name === "zfs" && verb === "create") &&
    !(call.name === "btrfs" && /^(list|show|stats|create|usage)$/.test(second));
  if (!destroys) return result(changesHost(call, "disk", `${call.name} ${verb}`));
  const devices = call.args.filter((word) => place(call, word).zone === "device");
  return result([...wipes(call, devices), ...changesHost(call, "disk", `${call.name} ${verb}`, true)]);
}

/** Whether a check of a file system was told to change nothing; a list or a search for bad blocks alone changes nothing either. */
function onlyLooks(name: string, texts: readonly string[]): boolean {
  const letters = texts.map((text) => /^-(\w+)$/.exec(text)?.[1] ?? "").join("");
  if (/[nNV]/.test(letters)) return true;
  return /[lRc]/.test(letters) && name !== "xfs_repair" && !/[yapkfwDLo]|cc/.test(letters);
}

function mounts(call: ProgramCall, o: Options): readonly Effect[] {
  if (o.operands.length === 0 && !has(o, "a", "all")) return [];
  if (has(o, "l", "list") && call.name === "losetup") return [];
  if (call.name === "udisksctl" && /^(?:status|info|dump|monitor|help)$/.test(o.operands[0]?.value ?? "")) return [];
  if (call.name === "losetup" && call.args.length === 1 && has(o, "a", "all")) return [];
  const bind = has(o, "bind", "rbind") || valuesOf(o, "o", "options").some((word) => /\br?bind\b/.test(word.prefix));
  const swap = call.name.startsWith("swap");
  return changesHost(
    call,
    swap ? "disk" : "mount",
    bind ? `${call.name} bind` : call.name,
    call.name.startsWith("umount") || call.name === "swapoff",
  );
}
