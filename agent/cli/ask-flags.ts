/** The flags with which a message is sent, and what they say. */
import { limitValues } from "../shared/requests/limit-schemas";
import { defined } from "../shared/defined";
import { permissionIds, type LimitValues, type Permissions } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { callersDirectory, callersPath } from "./called-from";
import { type Call, type FlagSpec, UsageError } from "./command";

export const askFlags = {
  print: { type: "boolean", short: "p", help: "Print the answer alone, and exit" },
  json: { type: "boolean", help: "The same as one JSON object, with usage, receipt and changes" },
  "stream-json": { type: "boolean", help: "The session's events, one JSON object a line" },
  verbose: { type: "boolean", help: "With -p: progress on standard error" },
  continue: {
    type: "boolean",
    short: "c",
    help: "Go on with the newest session of this directory",
  },
  session: { type: "string", short: "s", value: "ID", help: "Go on with this session" },
  model: { type: "string", short: "m", value: "NAME", help: "The model" },
  provider: { type: "string", value: "ID", help: "The provider of the model" },
  engine: { type: "string", value: "ID", help: "The engine that drives a new session" },
  cwd: { type: "string", value: "DIRECTORY", help: "Where a new session works (here)" },
  node: {
    type: "string",
    value: "NAME",
    help: "The machine of a cluster that a new session is on",
  },
  permissions: {
    type: "string",
    value: permissionIds.join("|"),
    help: "Only plan, or do without asking: nothing, edit files, everything",
  },
  attach: {
    type: "string",
    value: "FILE",
    multiple: true,
    help: "A picture, a PDF or a text of this machine that the message brings; again for each",
  },
  "max-turns": {
    type: "string",
    value: "NUMBER",
    help: "Limits of the run: requests to the model",
  },
  "max-minutes": { type: "string", value: "NUMBER", help: "… its time" },
  "max-tokens": { type: "string", value: "NUMBER", help: "… its tokens" },
  "max-usd": { type: "string", value: "NUMBER", help: "… its cost" },
  plain: { type: "boolean", help: "Lines of text in the place of the full screen" },
} satisfies Record<string, FlagSpec>;

/** What a message says besides its text. */
export type Chosen = Omit<ChatRequest, "message">;

/** Throws UsageError for a value that cannot be meant, and for flags that exclude each other. */
export function chosenOf(call: Call): Chosen {
  const permissions = permissionsOf(call.text("permissions"));
  const limits = limitsOf(call);
  if (call.text("session") !== undefined && call.has("continue"))
    throw new UsageError("Choose one of --session and --continue.");
  const isNew = call.text("session") === undefined && !call.has("continue");
  if (!isNew && call.text("node") !== undefined)
    throw new UsageError("--node is for a new session: one that exists stays on its machine.");
  if (!isNew && call.text("engine") !== undefined)
    throw new UsageError("--engine is for a new session: one that exists keeps its engine.");
  return {
    ...defined({
      sessionId: call.text("session"),
      model: call.text("model"),
      provider: call.text("provider"),
      engine: call.text("engine"),
      permissions,
      limits: Object.keys(limits).length > 0 ? limits : undefined,
      cwd: cwdOf(call, isNew),
    }),
    onDisconnect: "stop",
  };
}

/** That of a session stays, unless it is named. With a server elsewhere, the flag's is a path there. */
function cwdOf(call: Call, isNew: boolean): string | undefined {
  const named = call.text("cwd");
  if (named !== undefined) return call.isRemote ? named : callersPath(named);
  return isNew && !call.isRemote ? callersDirectory() : undefined;
}

function permissionsOf(text: string | undefined): Permissions | undefined {
  const known = permissionIds.find((one) => one === text);
  if (text === undefined || known !== undefined) return known;
  throw new UsageError(`--permissions is “${text}”; expected ${permissionIds.join(", ")}.`);
}

function limitsOf(call: Call): LimitValues {
  const limits: LimitValues = {};
  for (const kind of ["turns", "minutes", "tokens", "usd"] as const) {
    const text = call.text(`max-${kind}`);
    if (text === undefined) continue;
    const { success, data } = limitValues.shape[kind].safeParse(Number(text || NaN));
    if (!success || data === undefined)
      throw new UsageError(`--max-${kind} is “${text}”; expected a number above 0.`);
    limits[kind] = data;
  }
  return limits;
}
