// Command lines of storage clusters, data platforms and schedulers: one rule for all, by the verb that they are given.

import { infra } from "./infra-change.ts";
import { NOTHING, deletes, nested, result, wipes } from "./describe.ts";
import { has, literal, parseOptions, shape } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow } from "./program.ts";
import { asksForVerbHelp, row } from "./rows.ts";

const BY = shape("nNcfp", "name namespace cluster config file pool conf id user keyring");

/** Rows of such programs. */
export const CLUSTERS: readonly ProgramRow[] = [
  row(
    "rancher ceph rbd cephadm gluster drbdadm drbdsetup couchbase-cli hbase hdfs yarn-cluster airflow superset dvc mlflow wandb huggingface-cli hf clearml prefect dagster temporal pulsar-admin solr solrctl k0s crc longhornctl portainer opensearch-cli druid pinot-admin trino-admin zookeepercli patronictl repmgr pcs crm stonith_admin beegfs-ctl lctl mmdelfs weed juicefs seaweed glances-admin",
    "https://docs.ceph.com/en/latest/man/8/ceph/",
    cluster,
  ),
  row("ceph-volume", "https://docs.ceph.com/en/latest/ceph-volume/", (call) => {
    const { operands } = parseOptions(call.args, shape());
    const zaps = operands.some((word) => word.value === "zap");
    return zaps
      ? result(
          wipes(
            call,
            operands.filter((word) => word.prefix.startsWith("/dev/")),
          ),
        )
      : NOTHING;
  }),
  row("arangosh", "https://docs.arangodb.com/stable/components/tools/arangodb-shell/", (call) => {
    const text = call.args.map((word) => word.value ?? "?").join(" ");
    return /_drop|truncate|\.drop\(|remove\(/i.test(text) ? result([infra(call, call.name, "drop", true)]) : NOTHING;
  }),
];

const DESTROYS =
  /^(?:delete|destroy|drop|purge|wipe|nuke|terminate|reset|remove|rm|rmr|uninstall|zap|format|gc|prune|truncate|disable_all|failover|flush|erase|clear|evict|abandon|detach|stop|kill|downgrade|down|poweroff|reboot|fence)$/;
const CHANGES =
  /^(?:create|set|add|update|apply|scale|deploy|restart|move|mv|put|import|upgrade|migrate|join|enable|disable|rebalance)$/;

// Words before the name of what is concerned: `osd pool delete`, `bucket-delete`, `-rm`.
function cluster(call: ProgramCall): ProgramResult {
  if (asksForVerbHelp(call)) return NOTHING;
  const o = parseOptions(call.args, BY);
  if (has(o, "dry-run", "dryrun")) return NOTHING;
  if (call.name === "hdfs") return hdfs(call);
  const verbs = o.operands.slice(0, 3).map((word) => word.value ?? "");
  const text = verbs.join(" ");
  if (call.name === "hbase" && verbs[0] === "shell") {
    const script = call.stdin?.text ?? "";
    return /\b(?:drop|disable|truncate|deleteall|drop_all)\b/.test(script)
      ? result([infra(call, call.name, "drop", true)])
      : NOTHING;
  }
  const parts = verbs.flatMap((verb) => verb.split(/[-_:.]/));
  if (parts.some((part) => DESTROYS.test(part))) return result([infra(call, call.name, text, true)]);
  return verbs.some((verb) => CHANGES.test(verb)) ? result([infra(call, call.name, text, false)]) : NOTHING;
}

/** `hdfs dfs -rm -r path`, `hdfs namenode -format`. */
function hdfs(call: ProgramCall): ProgramResult {
  const [verb, option] = call.args.map((word) => word.value ?? "");
  if (verb === "namenode" && option === "-format") return result([infra(call, "hdfs", "namenode -format", true)]);
  if (verb !== "dfs" && verb !== "fs") return NOTHING;
  if (!/^-(?:rm|rmr|rmdir|expunge)$/.test(option ?? "")) return NOTHING;
  const paths = call.args.slice(2).filter((word) => !word.prefix.startsWith("-"));
  const root = paths.some((word) => word.value === "/" || word.value === "/*");
  return nested([infra(call, "hdfs", "rm", true), ...(root ? deletes(call, [literal("/")], true) : [])]);
}
