/** The set-up of the undo tests: a server whose scripted model runs shell commands, and a file reader independent of the code under test. */
import { createHash } from "node:crypto";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChangesAnswer, UndoAnswer } from "../shared/protocol";
import type { ChatRequest, UndoRequest } from "../shared/requests";
import { apiScene, chatCompletionsOnly, settledWithChanges } from "./api-scene";
import { type Chat, type Rein, type ReinOptions, startRein } from "./rein";
import { startUpstream, text, toolCall, type Upstream } from "./upstream/upstream";

export interface UndoScene {
  rein: Rein;
  upstream: Upstream;
  /** A run whose model calls bash with this command, then answers briefly. Resolves when it has settled. */
  run(command: string, request?: Partial<ChatRequest>): Promise<Chat>;
  send(request?: Partial<ChatRequest>): Chat;
  /** Resolves when the run has ended and its changes are known: on a busy machine they follow later. */
  settled(chat: Chat): Promise<void>;
  changes(chat: Chat): Promise<ChangesAnswer>;
  undo(chat: Chat, request?: UndoRequest): Promise<UndoAnswer>;
  redo(chat: Chat, request?: UndoRequest): Promise<UndoAnswer>;
  /** The code with which an undo is refused. */
  refusal(chat: Chat, request?: UndoRequest): Promise<string>;
  /** The run for which it is refused. */
  runInTheWay(chat: Chat): Promise<unknown>;
}

/**
 * For the tests of a file: one server, which they share until one of them ends it, and a working directory for each. To be
 * called at the top level of the file.
 */
export function sharedUndoScene(): UndoScene {
  const { rein, upstream } = apiScene({ environment: chatCompletionsOnly });
  return undoScene(rein, upstream);
}

/** A server of the test's own. */
export async function openUndoScene(
  options: ReinOptions = {},
): Promise<UndoScene & AsyncDisposable> {
  const upstream = startUpstream();
  // Programs write into HOME, and the tests count the files of a working directory.
  const home = mkdtempSync(join(tmpdir(), "rein-home-"));
  const rein = await startRein({
    ...options,
    environment: {
      ...chatCompletionsOnly(upstream),
      HOME: home,
      ...options.environment,
    },
  });
  return {
    ...undoScene(rein, upstream),
    async [Symbol.asyncDispose]() {
      await rein[Symbol.asyncDispose]();
      await upstream.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function undoScene(rein: Rein, upstream: Upstream): UndoScene {
  const send = (request: Partial<ChatRequest> = {}) =>
    rein.chat({
      message: "Do it",
      provider: "openai-chat",
      model: "scripted",
      permissions: "all",
      onDisconnect: "continue",
      ...request,
    });
  const path = ({ sessionId, runId }: Chat) => `/api/sessions/${sessionId}/runs/${runId}`;
  const post = (chat: Chat, way: string, request: UndoRequest) =>
    rein.fetch(`${path(chat)}/${way}`, { method: "POST", body: JSON.stringify(request) });
  const put = async (chat: Chat, way: string, request: UndoRequest) => {
    const response = await post(chat, way, request);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as UndoAnswer;
  };
  const settled = (chat: Chat) => settledWithChanges(rein, chat);
  return {
    rein,
    upstream,
    send,
    settled,
    async run(command, request) {
      upstream.script([toolCall("bash", { command })], [text("Done.")]);
      const chat = send(request);
      await settled(chat);
      return chat;
    },
    changes: (chat) => rein.json<ChangesAnswer>(`${path(chat)}/changes`),
    undo: (chat, request = {}) => put(chat, "undo", request),
    redo: (chat, request = {}) => put(chat, "redo", request),
    async runInTheWay(chat) {
      const response = await post(chat, "undo", {});
      return ((await response.json()) as { error?: { run?: unknown } }).error?.run;
    },
    async refusal(chat, request = {}) {
      const response = await post(chat, "undo", request);
      const { error } = (await response.json()) as { error?: { code: string } };
      return error?.code ?? `no refusal (${response.status})`;
    },
  };
}

/** Every file and link below, by name (as latin1): its mode, and a digest of its bytes or where it leads. */
export function filesIn(directory: string): Record<string, string> {
  const files: Record<string, string> = {};
  const walk = (folder: Buffer): void => {
    for (const name of readdirSync(folder, { encoding: "buffer" })) {
      const path = Buffer.concat([folder, Buffer.from("/"), name]);
      const stats = lstatSync(path);
      if (stats.isDirectory()) walk(path);
      else files[path.subarray(directory.length + 1).toString("latin1")] = describe(path);
    }
  };
  walk(Buffer.from(directory));
  return files;
}

function describe(path: Buffer): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
  return `${(stats.mode & 0o7777).toString(8)} ${digest}`;
}

/** Runs a command in the directory, outside of Rein. */
export function shell(directory: string, command: string): string {
  const result = Bun.spawnSync(["bash", "-euc", command], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? "", HOME: directory, ...person },
    stdin: "ignore",
  });
  if (!result.success) throw new Error(`${command}: ${result.stderr.toString()}`);
  return result.stdout.toString();
}

const person = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "A Person",
  GIT_AUTHOR_EMAIL: "person@localhost",
  GIT_COMMITTER_NAME: "A Person",
  GIT_COMMITTER_EMAIL: "person@localhost",
};

/** The contents of a git directory, byte for byte. */
export function repositoryIn(directory: string): Record<string, string> {
  return filesIn(join(directory, ".git"));
}

export function without(files: Record<string, string>, prefix: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith(prefix)));
}
