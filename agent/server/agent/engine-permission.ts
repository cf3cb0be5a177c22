/** An engine's question, answered by Rein's rules or by a person: what an engine names is hostile until it was looked at. */
import { lstat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode } from "../../shared/error-code";
import type { Stop } from "../../shared/protocol";
import { type Access, maxToolCharacters, type PathAccess } from "../../shared/rules";
import { abortable } from "../abort";
import type { EngineAnswer, EngineQuestion } from "../engines/engine";
import { realPath } from "../files/real-path";
import { log } from "../log";
import { ToolError } from "../tools/tool";
import { allowCall, type Allowing, checkedCall, DenialWithWords } from "./call-permission";
import type { MessageName, Send } from "./turn-types";

/** What a person can be asked to read: as much as of a command of Rein's own. */
const maxCharacters = 100_000;
const maxPathCharacters = 4096;
const maxPaths = 100;

/** The reply to a question that its engine has taken back: no person's words. */
export const withdrawnWords = "The engine no longer asks.";

/**
 * Never rejects. `part`: the call that the question belongs to, whose input is already shown. An allowed question is looked
 * at again when it had to wait. `cancelled` when `signal` aborts: by a stop, or because the engine no longer asks; then the
 * call waits no longer.
 */
export async function askPerson(
  by: Allowing,
  question: EngineQuestion,
  part: MessageName & { partId: string },
  send: Send,
  signal: AbortSignal,
): Promise<EngineAnswer> {
  const { name, input } = question;
  const { cwd } = by.session;
  let isWaiting = false;
  const sendNoting: Send = (event) => {
    isWaiting = event.type === "approval-request";
    return send(event);
  };
  try {
    let replied: string | undefined;
    for (;;) {
      const access = await accessOf(question, cwd, signal);
      // Of a subagent: a session with an engine of its own has no such mode. What it does is not confined by Rein.
      if (by.session.permissions === "plan" && access.kind !== "read")
        throw new ToolError(planning);
      const call = await checkedCall(name, input, cwd, access, signal);
      if (await allowCall(by, call, replied, part, sendNoting, signal)) return { allow: true };
      replied = call.digest;
    }
  } catch (error) {
    if (signal.aborted) {
      if (isWaiting && !isStop(signal.reason)) await send(withdrawn(part)).catch(onUnsent);
      return { allow: false, cancelled: true };
    }
    if (error instanceof DenialWithWords)
      return { allow: false, message: error.message, hasWords: true };
    if (error instanceof ToolError) return { allow: false, message: error.message };
    log.error({ err: error, tool: name }, "An internal error in a question of an engine");
    return { allow: false, message: "An internal error of Rein, so nothing was run." };
  }
}

const planning =
  "The session is in plan mode, in which only reading is allowed, so nothing was run.";

/** Throws ToolError when it cannot be shown whole or leads nowhere, the signal's reason when it aborts. */
async function accessOf(
  { access, kind }: EngineQuestion,
  cwd: string,
  signal: AbortSignal,
): Promise<Access> {
  if (access.kind === "tool") {
    const { tool, subject, once } = access;
    if (tool === "" || tool.length > maxToolCharacters)
      throw new ToolError("The tool’s name is empty or too long, so nothing was run.");
    requireShown(subject, "What the tool is about");
    return { kind: "tool", tool, subject, ...(once && { once }) };
  }
  if (access.kind === "command") {
    const { command, directory } = access;
    requireShown(command, "The command");
    if (command.trim() === "") throw new ToolError("The command is empty, so nothing was run.");
    if (command.includes("\0"))
      throw new ToolError("The command has a NUL character, so nothing was run.");
    // An engine's shell can have left the session's directory: only what it names is known.
    if (directory === undefined)
      return { kind: "command", command, directory: cwd, anywhere: true };
    return { kind: "command", command, directory: await realOf(directory, cwd, signal) };
  }
  const named = [access.path, ...(access.also ?? [])];
  if (named.length > maxPaths)
    throw new ToolError(
      `${named.length} files at once are more than a person can be asked about: at most ${maxPaths}. Do it in smaller steps.`,
    );
  const found = await Promise.all(named.map((path) => pathsOf(path, access.kind, cwd, signal)));
  const paths = [...new Set(found.flat())];
  const isSearch = access.isSearch === true || kind === "search";
  const all = await Promise.all(
    paths.map(async (path): Promise<PathAccess> => {
      if (access.kind === "edit") return { kind: "edit", path };
      const readsAll = isSearch || (await isDirectory(path, signal));
      return { kind: "read", path, ...(readsAll && { isSearch: true }) };
    }),
  );
  const [first, ...also] = all;
  return { ...first!, ...(also.length > 0 && { also }) };
}

/** Where the path leads; of an edit also the place of a link itself, which the engine may replace. */
async function pathsOf(
  path: string,
  kind: "read" | "edit",
  cwd: string,
  signal: AbortSignal,
): Promise<string[]> {
  const real = await realOf(path, cwd, signal);
  const absolute = resolve(cwd, path);
  if (kind === "read" || real === absolute) return [real];
  return [real, join(await realOf(dirname(absolute), cwd, signal), basename(absolute))];
}

async function realOf(path: string, cwd: string, signal: AbortSignal): Promise<string> {
  if (path === "") throw new ToolError("The path is empty, so nothing was run.");
  if (path.length > maxPathCharacters)
    throw new ToolError("The path is too long, so nothing was run.");
  if (controls.test(path))
    throw new ToolError("The path has control characters, so nothing was run.");
  try {
    return await realPath(resolve(cwd, path), signal);
  } catch (cause) {
    signal.throwIfAborted();
    const words = `The path ${path} cannot be followed (${errorCode(cause) ?? "unknown error"}), so nothing was run.`;
    throw new ToolError(words, { cause });
  }
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\0-\x1F\x7F-\x9F]/;

async function isDirectory(path: string, signal: AbortSignal): Promise<boolean> {
  const found = lstat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return abortable(found, signal);
}

function requireShown(text: string, what: string): void {
  if (text.length <= maxCharacters) return;
  throw new ToolError(
    `${what} has ${text.length} characters, more than a person can be asked to read (${maxCharacters}), so nothing was run. Put it into a file.`,
  );
}

function isStop(reason: unknown): reason is Stop {
  return typeof reason === "object" && reason !== null && "askedAt" in reason;
}

function withdrawn(part: MessageName & { partId: string }) {
  const reply = { decision: "deny" as const, message: withdrawnWords };
  return { type: "approval-reply" as const, ...part, reply };
}

function onUnsent(err: unknown): void {
  log.error({ err }, "An event of an engine’s question was lost");
}
