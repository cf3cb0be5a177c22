/** What Codex asks for, as questions to Rein's rules, and their answers in Codex's words. */
import type { ToolKind } from "../../../shared/protocol";
import type { EngineAccess, EngineAnswer } from "../engine";
import type { RpcRequest } from "../json-rpc";
import { commandIn } from "./codex-command";
import { pathsOf, unifiedDiffOf } from "./codex-diff";
import { commandTool, fileTool, mcpName } from "./codex-items";
import { type FileChange, requests } from "./codex-wire";

export interface CodexQuestion {
  threadId: string;
  /** Of the item; absent where it belongs to none. */
  itemId?: string;
  name: string;
  kind: ToolKind;
  input: unknown;
  /** A string: it is refused without a question, with these words for the model. */
  access: EngineAccess | string;
  /** In Codex's words. `cancelled` ends its turn. */
  reply: (answer: EngineAnswer) => unknown;
}

/** What it asks about the changes of an item is in the item alone. */
export type ChangesOf = (threadId: string, itemId: string) => readonly FileChange[] | undefined;

/** Undefined for a request that is none of these, or not understood: it is refused. */
export function questionOf(
  { method, params }: RpcRequest,
  changesOf: ChangesOf,
): CodexQuestion | undefined {
  switch (method) {
    case "item/commandExecution/requestApproval":
      return commandQuestion(params);
    case "item/fileChange/requestApproval":
      return fileQuestion(params, changesOf);
    case "item/permissions/requestApproval":
      return permissionsQuestion(params);
    case "item/tool/requestUserInput":
      return inputQuestion(params);
    case "mcpServer/elicitation/request":
      return elicitationQuestion(params);
    default:
      return undefined;
  }
}

/** Never for longer than this call: Rein remembers what was allowed, and its rules are the same in every engine. */
function decision(answer: EngineAnswer): { decision: string } {
  if (answer.allow) return { decision: "accept" };
  return { decision: "cancelled" in answer ? "cancel" : "decline" };
}

function commandQuestion(params: unknown): CodexQuestion | undefined {
  const { data } = requests.command.safeParse(params);
  if (data === undefined) return undefined;
  const { threadId, itemId, kind, command, cwd, networkApprovalContext: network } = data;
  const at = { threadId, itemId, reply: decision };
  if (network) {
    const subject = `${network.protocol} ${network.host}`.trim();
    const access = { kind: "tool", tool: "network", subject } as const;
    return { ...at, name: "network", kind: "fetch", input: { host: network.host }, access };
  }
  // What is written to a terminal is no command of its own.
  if ((kind !== "command" && kind !== "humanCommand") || !command) {
    const subject = command ?? data.reason ?? "";
    const access = { kind: "tool", tool: "write_stdin", subject, once: true } as const;
    return { ...at, name: "write_stdin", kind: "execute", input: { text: subject }, access };
  }
  return {
    ...at,
    ...commandTool(command, cwd),
    access: {
      kind: "command",
      command: commandIn(command),
      ...(cwd && { directory: cwd }),
    },
  };
}

function fileQuestion(params: unknown, changesOf: ChangesOf): CodexQuestion | undefined {
  const { data } = requests.fileChange.safeParse(params);
  const changes = data && changesOf(data.threadId, data.itemId);
  if (data === undefined || !changes || changes.length === 0) return undefined;
  const { threadId, itemId } = data;
  const [path = "", ...also] = pathsOf(changes);
  const access = { kind: "edit", path, ...(also.length > 0 && { also }) } as const;
  const { input: paths, ...tool } = fileTool(changes);
  // A person can only allow what is shown.
  const input = { ...(paths as object), diff: unifiedDiffOf(changes) };
  return { threadId, itemId, ...tool, input, access, reply: decision };
}

function permissionsQuestion(params: unknown): CodexQuestion | undefined {
  const { data } = requests.permissions.safeParse(params);
  if (data === undefined) return undefined;
  const { threadId, itemId, permissions, reason } = data;
  const name = "request_permissions";
  return {
    threadId,
    itemId,
    name,
    kind: "other",
    input: { permissions, ...(reason && { reason }) },
    access: { kind: "tool", tool: name, subject: JSON.stringify(permissions), once: true },
    reply: ({ allow }) => ({ permissions: allow ? permissions : {}, scope: "turn" }),
  };
}

/** An allowance is no choice among its options, so it has no answer in the user's name. */
function inputQuestion(params: unknown): CodexQuestion | undefined {
  const { data } = requests.input.safeParse(params);
  if (data === undefined) return undefined;
  const { threadId, itemId, questions } = data;
  return {
    threadId,
    itemId,
    name: "request_user_input",
    kind: "other",
    input: { questions: questions.map(({ question }) => question) },
    access: "Nobody was asked: ask in your answer, and end your turn.",
    reply: () => ({ answers: {} }),
  };
}

/** Asked for a call of an MCP server, or by the server itself; a form with fields is declined, for the page has none. */
function elicitationQuestion(params: unknown): CodexQuestion | undefined {
  const { data } = requests.elicitation.safeParse(params);
  if (data === undefined) return undefined;
  const { threadId, serverName, message, url, mode, _meta: meta } = data;
  const isCall = meta?.codex_approval_kind === "mcp_tool_call" && !!meta.tool_name;
  const name = isCall ? mcpName(serverName, meta.tool_name!) : `mcp__${serverName}`;
  const subject = isCall
    ? (JSON.stringify(meta.tool_params) as string | undefined)
    : [message, url].filter(Boolean).join("\n");
  const isAnswerable = mode !== "url" && !hasFields(data.requestedSchema);
  return {
    threadId,
    name,
    kind: "other",
    input: isCall ? meta.tool_params : { message, ...(url && { url }) },
    access: { kind: "tool", tool: name, subject: subject ?? "" },
    reply(answer) {
      if (answer.allow && isAnswerable) return { action: "accept", content: {}, _meta: null };
      const action = !answer.allow && "cancelled" in answer ? "cancel" : "decline";
      return { action, content: null, _meta: null };
    },
  };
}

function hasFields(schema: unknown): boolean {
  const { properties } = (schema ?? {}) as { properties?: unknown };
  return typeof properties === "object" && properties !== null
    ? Object.keys(properties).length > 0
    : false;
}
