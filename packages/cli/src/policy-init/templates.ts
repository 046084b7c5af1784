// What the scaffold writes: rules that every project can use, and some for the tools of each framework, each with a
// test that passes. Kept as YAML, in the layout of `canopy policy fmt`.

import type { Framework } from "./find-frameworks.ts";

/** Rules and their tests, as items of the two lists. */
interface Part {
  /** A comment above the first rule. */
  readonly about: string;
  readonly rules: string;
  readonly tests: string;
}

const BASE: Part = {
  about: "Rules for every agent of this project.",
  rules: `  - id: production-shell
    description: in production, a person looks at each command
    severity: high
    action_type: execute_shell
    when_all: agent_ctx.environment == production
    require_approval: true

  - id: wipes
    description: no agent drops a database or deletes all rows of a table
    actions: any
    deny_effects:
      - db.statement where operation == "wipe"

  - id: money
    description: moving money is a person's decision
    actions: any
    require_approval_effects:
      - money.move

  - id: infrastructure
    description: what is destroyed in production is not destroyed by an agent
    severity: critical
    actions: any
    when_all: agent_ctx.environment == production
    deny_effects:
      - infra.change where destructive == true
`,
  tests: `  - name: in production, each command asks
    agent_ctx: {environment: production}
    action_type: execute_shell
    action_payload: {command: ls}
    expect: {decision: REQUIRE_APPROVAL, rule: production-shell}

  - name: elsewhere, listing files is allowed
    agent_ctx: {environment: development}
    action_type: execute_shell
    action_payload: {command: ls}
    expect: ALLOW

  - name: a table is not dropped
    action_type: sql_query
    action_payload: {query: DROP TABLE users}
    expect: {decision: DENY, rule: wipes}

  - name: a payment asks
    action_type: spend_money
    action_payload: {amount: 5, currency: USD}
    expect: {decision: REQUIRE_APPROVAL, rule: money}

  - name: nothing of production is destroyed
    agent_ctx: {environment: production}
    action_type: execute_shell
    action_payload: {command: terraform destroy -auto-approve}
    expect: {decision: DENY, rule: infrastructure}

  - name: a plan destroys nothing
    agent_ctx: {environment: production}
    action_type: execute_shell
    action_payload: {command: terraform plan}
    expect: {decision: REQUIRE_APPROVAL, not_rule: infrastructure}
`,
};

const PARTS: Readonly<Record<Framework, Part>> = {
  langchain: {
    about: "LangChain: tools that run code a model wrote.",
    rules: `  - id: langchain-code
    description: code that a model wrote is read by a person before it runs
    actions: [python_repl_ast, Python_REPL]
    require_approval: true
`,
    tests: `  - name: LangChain's Python tool asks
    action_type: python_repl_ast
    action_payload: {query: print(1)}
    expect: {decision: REQUIRE_APPROVAL, rule: langchain-code}
`,
  },
  langgraph: {
    about: "LangGraph: an agent that hands its work on.",
    rules: `  - id: langgraph-handoff
    description: in production, a handoff to another agent asks
    actions: [transfer_to_agent]
    when_all: agent_ctx.environment == production
    require_approval: true
`,
    tests: `  - name: a handoff in production asks
    agent_ctx: {environment: production, may_delegate: true}
    action_type: transfer_to_agent
    action_payload: {agent: researcher}
    expect: {decision: REQUIRE_APPROVAL, rule: langgraph-handoff}

  - name: a handoff elsewhere is not this rule's business
    action_type: transfer_to_agent
    action_payload: {agent: researcher}
    expect: {not_rule: langgraph-handoff}
`,
  },
  "openai-agents": {
    about: "OpenAI Agents: hosted tools that act beyond this machine.",
    rules: `  - id: openai-computer-use
    description: a model moves no mouse unless somebody watches
    actions: [computer_use_preview, code_interpreter]
    require_approval: true
`,
    tests: `  - name: computer use asks
    action_type: computer_use_preview
    action_payload: {action: click}
    expect: {decision: REQUIRE_APPROVAL, rule: openai-computer-use}
`,
  },
  crewai: {
    about: "CrewAI: work that a crew's members pass to each other.",
    rules: `  - id: crewai-delegation
    description: work goes only to members of the crew that may take it
    actions: [delegate_work_to_coworker]
    when_not: agent_ctx.may_delegate == true
    deny: true
`,
    tests: `  - name: an agent that may not delegate doesn't
    action_type: delegate_work_to_coworker
    action_payload: {task: write the report, coworker: writer}
    expect: {decision: DENY, rule: crewai-delegation}

  - name: one that may is not stopped by this rule
    agent_ctx: {may_delegate: true}
    action_type: delegate_work_to_coworker
    action_payload: {task: write the report, coworker: writer}
    expect: {not_rule: crewai-delegation}
`,
  },
  autogen: {
    about: "AutoGen: code that agents write for each other.",
    rules: `  - id: autogen-code
    description: code that a model wrote is read by a person before it runs
    actions: [CodeExecutor, PythonCodeExecutionTool]
    require_approval: true
`,
    tests: `  - name: AutoGen's code executor asks
    action_type: CodeExecutor
    action_payload: {code: print(1)}
    expect: {decision: REQUIRE_APPROVAL, rule: autogen-code}
`,
  },
  mcp: {
    about: "MCP: tools of servers are named mcp__<server>__<tool>. Name those that may only act when somebody agrees.",
    rules: `  - id: mcp-writes
    description: what others will read is sent by a person
    actions: [mcp__github__create_pull_request, mcp__github__push_files, mcp__slack__post_message]
    require_approval: true
`,
    tests: `  - name: a pull request asks
    action_type: mcp__github__create_pull_request
    action_payload: {title: fix}
    expect: {decision: REQUIRE_APPROVAL, rule: mcp-writes}
`,
  },
  "claude-code": {
    about: "Claude Code: its tools arrive under their own names (Bash, Write, Edit, WebFetch, Task).",
    rules: `  - id: claude-code-pushes
    description: what is published is published by a person
    action_type: Bash
    require_approval_regex:
      - '\\bgit\\s+push\\b'
    require_approval_effects:
      - publish
`,
    tests: `  - name: a push asks
    action_type: Bash
    action_payload: {command: git push origin main}
    expect: {decision: REQUIRE_APPROVAL, rule: claude-code-pushes}

  - name: the state of the tree is read freely
    cwd: /srv/app
    action_type: Bash
    action_payload: {command: git status}
    expect: ALLOW
`,
  },
};

/** The policy and the tests for these frameworks. */
export function scaffold(frameworks: readonly Framework[]): { readonly policy: string; readonly tests: string } {
  const parts = [BASE, ...frameworks.map((framework) => PARTS[framework])];
  const head = [
    "# What the agents of this project may do. Every rule is asked and the strictest verdict wins: their order means",
    "# nothing, and none can lift what the built-in layers deny.",
    "#",
    "#   canopy policy test          run policy.test.yaml, and see which rules it covers",
    "#   canopy policy lint FILE     check this file",
  ];
  const rules = parts.map(({ about, rules: text }) => `  # ${about}\n${text}`);
  const tests = parts.map((part) => part.tests);
  return {
    policy: `${head.join("\n")}\n\nrules:\n${rules.join("\n")}`,
    tests: `# Each test is a request, and what it must be decided as.\n\ntests:\n${tests.join("\n")}`,
  };
}
