// The rules and requests of the policy benchmark, in terms of no engine.
//
// A fifth each: a pattern in the command, a prefix of the path, the agent's team, an amount on an account, and a word in
// the command; over ten action types. Requests vary in all of these; every second one breaks exactly one rule.

export const TYPES = [
  "execute_shell",
  "modify_file",
  "call_external_api",
  "send_notice",
  "issue_credit",
  "read_table",
  "write_table",
  "start_worker",
  "publish_site",
  "fetch_page",
];

const LETTERS = "etaoinshrdlcumwfgypbvk";

/** Numbers that look random and are the same in every run. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
}

/** `count` rules: `{index, kind, type, …}` with what the kind compares. */
export function makeRules(count) {
  const next = numbers(4711);
  const word = () => Array.from({ length: 5 + next(5) }, () => LETTERS[next(LETTERS.length)]).join("");
  return Array.from({ length: count }, (_, index) => ({
    index,
    kind: ["pattern", "prefix", "team", "amount", "word"][index % 5],
    type: TYPES[Math.floor(index / 5) % TYPES.length],
    program: `${word()}${index}`,
    folder: `/secret${index}/`,
    team: `team-${index}`,
    account: `account-${index}`,
    over: 1000 + (index % 700),
    word: `${word()}-${index}`,
  }));
}

const COMMANDS = [
  "git -C /workspace/src log --oneline -n @ && ls -la /workspace/src | head -50",
  "npm run build -- --mode production --out dist/@",
  'grep -rn "handler" /workspace/src/module@ | sort | uniq -c',
  "cat /workspace/notes/day@.md | wc -l",
];

/** `count` requests, and for each whether it breaks a rule. */
export function makeRequests(rules, count) {
  const next = numbers(99);
  return Array.from({ length: count }, (_, index) => {
    const request = {
      type: TYPES[next(TYPES.length)],
      command: COMMANDS[next(COMMANDS.length)].replace("@", String(index)),
      path: `/workspace/src/app${next(1000)}/main.ts`,
      team: `crew-${next(1000)}`,
      account: `account-${next(rules.length)}`,
      amount: next(1000),
    };
    return index % 2 === 0 ? { ...request, breaks: false } : breaking(request, rules[next(rules.length)]);
  });
}

function breaking(request, rule) {
  const broken = { ...request, type: rule.type, breaks: true };
  switch (rule.kind) {
    case "pattern":
      return { ...broken, command: `${request.command} ; ${rule.program} -x` };
    case "prefix":
      return { ...broken, path: `${rule.folder}key.pem` };
    case "team":
      return { ...broken, team: rule.team };
    case "amount":
      return { ...broken, account: rule.account, amount: rule.over + 1 };
    default:
      return { ...broken, command: `echo ${rule.word} | tee out` };
  }
}
