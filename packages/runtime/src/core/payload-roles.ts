// What the names of payload members mean, as data.

import type { Verb } from "./action.ts";
import { foldName, nameWords } from "./effects/text.ts";
import type { JsonObject } from "./json.ts";
import { wordSet } from "./word-set.ts";

/** What a member's name says it holds. */
export type Role =
  | "command"
  | "argv"
  | "args"
  | "code"
  | "program"
  | "step"
  | "stdin"
  | "env"
  | "cwd"
  | "language"
  | "path"
  | "place"
  | "thing"
  | "patch"
  | "url"
  | "query"
  | "wrapper";

// A name in two lists has the role that comes first here.
const ROLE_ORDER = [
  "command",
  "argv",
  "args",
  "code",
  "program",
  "step",
  "stdin",
  "env",
  "cwd",
  "language",
  "path",
  "patch",
  "url",
  "query",
  "place",
  "thing",
  "wrapper",
] as const satisfies readonly Role[];

/** Roles by folded member name. */
export const MEMBER_ROLES: ReadonlyMap<string, Role> = roles({
  command:
    "command commands cmd cmds cmdline commandline shell shellcommand bash bashcommand sh exec execute shellscript terminalcommand runcommand powershell",
  argv: "argv argvs commandargs commandargv cmdargs cmdargv words",
  args: "args arguments argumentlist argslist params flags switches extraargs additionalargs commandarguments cmdarguments",
  code: "code macro vba script sourcecode snippet cell cellsource python javascript js pythoncode codeblock expression",
  program: "program executable exe binary bin prog entrypoint executablepath programpath",
  step: "then next after before also followup pre post prerun postrun setup teardown hook hooks prehook posthook init cleanup onsuccess onfailure onerror onexit onfinish oncomplete onstart onstop onclose pipeto pipe finally fallback prelude epilogue",
  stdin: "stdin stdinput standardinput stdintext stdindata stdincontent stdincontents pipedinput",
  env: "env envs environ environment environmentvariables envvars envvariables",
  cwd: "cwd workdir workingdir workingdirectory workingfolder currentdirectory chdir",
  language: "language lang interpreter runtime kernel",
  path: "path paths file files filepath filepaths filename filenames targetfile targetpath destfile destpath destinationfile destinationpath sourcefile sourcepath srcpath srcfile dstpath dstfile outputpath outputfile outfile inputpath inputfile oldpath newpath oldfile newfile oldname newname dir dirs directory directories folder folders dirpath folderpath fullpath absolutepath absolutefilepath relativepath relativeworkspacepath localpath filelocation notebookpath savepath saveto downloadpath outputdir outputdirectory targetdir targetdirectory linkpath linktarget linkto archivepath logfile",
  place: "dest destination dst source src target to from output input location root name link",
  thing:
    "attachment attachments image images document documents photo photos picture pictures audio video media resource resources asset assets upload uploads item items targets",
  patch: "patch diff unifieddiff patchtext",
  url: "url urls uri uris endpoint endpoints domain domains host hosts hostname hostnames href baseurl baseuri apiurl targeturl webhook webhookurl callbackurl callback requesturl pageurl imageurl fileurl downloadurl sourceurl remoteurl proxy proxyurl apiendpoint website site server serverurl address ip ipaddress redirecturl link links feed feedurl",
  query: "sql query queries statement statements sqlquery sqltext rawsql sqlstatement dbquery",
  wrapper:
    "input inputs kwargs params parameters arguments args payload data body request options opts toolinput toolargs actioninput json config action call function",
});

function roles(table: Readonly<Partial<Record<Role, string>>>): ReadonlyMap<string, Role> {
  const map = new Map<string, Role>();
  for (const role of ROLE_ORDER)
    for (const name of table[role]?.split(" ") ?? []) if (!map.has(name)) map.set(name, role);
  return map;
}

// What the last word of a longer name says: `start_url`, `pre_command`, `backup_dir`.
const ROLES_BY_LAST_WORD: ReadonlyMap<string, Role> = roles({
  command: "command commands cmd cmds commandline cmdline",
  path: "path paths file files filename filepath dir directory folder",
  place: "to dest destination",
  url: "url urls uri uris endpoint host hostname webhook upstream",
});

/**
 * What a member holds, by its name.
 *
 * @param name the name as written.
 * @param key the same, folded.
 */
export function roleOf(name: string, key: string): Role | undefined {
  const role = MEMBER_ROLES.get(key) ?? MEMBER_ROLES.get(key.replace(/\d{1,3}$/, ""));
  if (role !== undefined || name.length > 64) return role;
  const words = nameWords(name);
  return words.length > 1 ? ROLES_BY_LAST_WORD.get(words.at(-1) ?? "") : undefined;
}

/** Members that wrap the real ones when they hold an object. */
export const WRAPPERS: ReadonlySet<string> = wordSet(
  "input inputs kwargs params parameters arguments args payload data request options opts toolinput toolargs actioninput json config action call function body",
);

/** Members that hold the code of a tool that runs one language. */
export const CODE_INPUTS: ReadonlySet<string> = wordSet("input query text expression body content lines line source");

/**
 * Whether an object under a name wraps the real members: one of the names for it, and in something that runs any object
 * that holds a command.
 *
 * @param key the folded name.
 */
export function isWrapper(key: string, value: JsonObject, verb: Verb): boolean {
  if (WRAPPERS.has(key)) return true;
  return verb === "exec" && !MEMBER_ROLES.has(key) && Object.keys(value).some(holdsCommand);
}

function holdsCommand(name: string): boolean {
  const role = roleOf(name, foldName(name));
  return role === "command" || role === "argv";
}
