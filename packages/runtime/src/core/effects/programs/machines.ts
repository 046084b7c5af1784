// Virtual machines and system containers: entering and destroying them, and ways out to the host.

import { nested, NOTHING, result, writes } from "./describe.ts";
import { infra } from "./infra-change.ts";
import { inside } from "./inside-container.ts";
import { has, literal, parseOptions, shape, valueOf } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** Rows of virtual machines. */
export const MACHINES: readonly ProgramRow[] = [
  row(
    "lxc lxd incus lxc-attach lxc-start lxc-stop lxc-destroy lxc-create virsh vboxmanage VBoxManage qemu-img vagrant multipass prlctl vmrun govc qm pct pvesh xl",
    "https://documentation.ubuntu.com/lxd/en/latest/reference/manpages/",
    machines,
  ),
  row(
    "qemu qemu-system-x86_64 qemu-system-aarch64 kvm firecracker virt-install cloud-hypervisor",
    "https://www.qemu.org/docs/master/system/qemu-manpage.html",
    (call) => {
      const drives = call.args.filter((word) => /(^|=)\/dev\//.test(word.prefix));
      return result(
        drives.flatMap((word) =>
          writes(call, [literal(word.prefix.slice(word.prefix.indexOf("/dev/")).split(",")[0] ?? "")], "change"),
        ),
      );
    },
  ),
];

/** The command behind the machine's name; one word of several is a line for a shell. */
function commandFor(call: ProgramCall, verb: string): readonly Word[] {
  const dashes = call.args.findIndex((word) => word.value === "--");
  if (dashes >= 0) return call.args.slice(dashes + 1);
  if (call.name === "vagrant") return [];
  const at = call.args.findIndex((word) => word.value === verb);
  const by = shape("nusgp", "name user group project cwd env working-directory", "posix");
  const named = call.name === "lxc-attach" ? call.args : call.args.slice(at + 1);
  const { operands } = parseOptions(named, by);
  const words = call.name === "lxc-attach" ? operands : operands.slice(1);
  return words.length === 1 && words[0]?.value?.includes(" ") === true
    ? [literal("sh"), literal("-c"), ...words]
    : words;
}

function machines(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("cnfs", "connect config name file"));
  const verb = o.operands[0]?.value ?? "";
  const phrase = `${call.name} ${o.operands
    .slice(0, 2)
    .map((word) => word.value ?? "")
    .join(" ")}`;
  if (/^(exec|ssh|attach|enter|shell)$/.test(verb) || call.name === "lxc-attach") {
    const command = valueOf(o, "c", "command");
    return nested(command === undefined ? inside(call, commandFor(call, verb), false) : []);
  }
  if (
    has(o, "privileged") ||
    /security\.privileged[= ]true|raw\.lxc|path=\/\s|source=\//.test(call.args.map((word) => word.prefix).join(" "))
  )
    return result([{ kind: "container.escape", via: call.name, how: "privileged" }]);
  if (
    /\b(delete|destroy|undefine|unregistervm|remove|rm|purge|reset|vol-delete|pool-destroy|snapshot-delete|lxc-destroy|closemedium)\b/.test(
      phrase,
    )
  )
    return result([infra(call, "machines", phrase, true)]);
  if (/^(convert|resize|rebase|commit|create)$/.test(verb) && call.name === "qemu-img")
    return result(writes(call, o.operands.slice(-1)));
  return NOTHING;
}
