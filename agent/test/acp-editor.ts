/**
 * An editor for tests: it starts `rein acp` as its child, and speaks with it by the ACP SDK's own client over real pipes.
 *
 *     await using editor = await startEditor(rein);
 *     const { sessionId } = await editor.newSession();
 *     const answer = await editor.prompt(sessionId, "Hello");
 */
import {
  client,
  type ContentBlock,
  ndJsonStream,
  type PermissionOption,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionUpdate,
} from "@agentclientprotocol/sdk";
import { afterAll } from "bun:test";
import { join } from "node:path";
import type { ApiScene } from "./api-scene";
import type { Rein } from "./rein";
import { within } from "./within";

const program = join(import.meta.dir, "../cli/cli.ts");

export interface Asked extends RequestPermissionRequest {
  /** Aborts when the question is withdrawn. */
  signal: AbortSignal;
  choose: (kind: PermissionOption["kind"]) => void;
  reply: (response: RequestPermissionResponse) => void;
  fail: (message: string) => void;
}

/** One editor for the tests of a file. Call it at the top level. */
export function editorScene(scene: ApiScene) {
  let editor: Editor | undefined;
  let url = "";
  afterAll(async () => {
    await editor?.[Symbol.asyncDispose]();
  });
  return {
    /** The editor, without what the test before has left; its sessions work in the test's directory. */
    open: async (): Promise<Editor> => {
      if (editor === undefined || url !== scene.rein.url) {
        await editor?.[Symbol.asyncDispose]();
        url = scene.rein.url;
        editor = await startEditor(scene.rein);
      }
      const { cwd } = scene.rein;
      const { newSession, updates, asked } = editor;
      updates.length = asked.length = 0;
      return { ...editor, newSession: (other?: string) => newSession(other ?? cwd) };
    },
  };
}

export type Editor = Awaited<ReturnType<typeof startEditor>>;

/** The message of the error that it rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("It did not fail");
}

/** Starts `rein acp` with the environment by which it finds the server. */
export function spawnAcp(
  rein: Pick<Rein, "url" | "token" | "cwd">,
  environment: Record<string, string> = {},
) {
  return Bun.spawn([process.execPath, program, "acp"], {
    cwd: rein.cwd,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: rein.cwd,
      REIN_SERVER: rein.url,
      REIN_TOKEN: rein.token,
      ...environment,
    },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

export async function startEditor(
  rein: Pick<Rein, "url" | "token" | "cwd">,
  environment: Record<string, string> = {},
) {
  const child = spawnAcp(rein, environment);
  const updates: { sessionId: string; update: SessionUpdate }[] = [];
  const asked: Asked[] = [];
  const waiting = new Set<() => void>();
  const look = () => {
    for (const one of waiting) one();
  };

  const input = new WritableStream<Uint8Array>({
    async write(bytes) {
      await child.stdin.write(bytes);
      await child.stdin.flush();
    },
  });
  const closing = new AbortController();
  const { readable: output, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const read = child.stdout.pipeTo(writable, { signal: closing.signal }).catch(() => undefined);

  const connection = client({ name: "tests" })
    .onNotification("session/update", ({ params }) => {
      updates.push(params);
      look();
    })
    .onRequest("session/request_permission", ({ params, signal }) => {
      const { promise, resolve, reject } = Promise.withResolvers<RequestPermissionResponse>();
      const choose = (kind: PermissionOption["kind"]) => {
        const { optionId } = params.options.find((option) => option.kind === kind)!;
        resolve({ outcome: { outcome: "selected", optionId } });
      };
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      asked.push({
        ...params,
        signal,
        choose,
        reply: resolve,
        fail: (words) => reject(new Error(words)),
      });
      look();
      return promise;
    })
    .connect(ndJsonStream(input, output));
  const { agent } = connection;

  async function until<Found>(find: () => Found | undefined, what: string): Promise<Found> {
    const { promise, resolve } = Promise.withResolvers<Found>();
    const attempt = () => {
      const found = find();
      if (found !== undefined) resolve(found);
    };
    waiting.add(attempt);
    attempt();
    try {
      return await within(() => `${what} among: ${JSON.stringify(updates).slice(-4000)}`, promise);
    } finally {
      waiting.delete(attempt);
    }
  }

  const initialized = await within(
    "the answer of initialize",
    agent.request("initialize", { protocolVersion: 1, clientCapabilities: {} }),
  );

  return {
    child,
    agent,
    initialized,
    updates,
    asked,
    until,
    newSession: (cwd = rein.cwd) => agent.request("session/new", { cwd, mcpServers: [] }),
    prompt: (sessionId: string, prompt: string | ContentBlock[]) =>
      agent.request("session/prompt", {
        sessionId,
        prompt: typeof prompt === "string" ? [{ type: "text", text: prompt }] : prompt,
      }),
    cancel: (sessionId: string) => agent.notify("session/cancel", { sessionId }),
    /** What it shows of the agent's text in this session. */
    text: (sessionId: string, of: SessionUpdate["sessionUpdate"] = "agent_message_chunk") =>
      updates
        .filter((one) => one.sessionId === sessionId && one.update.sessionUpdate === of)
        .map(({ update }) =>
          "content" in update && update.content && "text" in update.content
            ? update.content.text
            : "",
        )
        .join(""),
    /** The kinds of its updates, in order. */
    kinds: (sessionId: string) =>
      updates.flatMap((one) => (one.sessionId === sessionId ? [one.update.sessionUpdate] : [])),
    /** A tool call as its updates add up. */
    card: (sessionId: string, toolCallId: string): object =>
      Object.assign(
        {},
        ...updates
          .filter((one) => one.sessionId === sessionId)
          .map(({ update }) => update)
          .filter((update) => "toolCallId" in update && update.toolCallId === toolCallId),
      ),
    untilUpdate: (holds: (update: SessionUpdate) => boolean) =>
      until(() => updates.find(({ update }) => holds(update))?.update, String(holds)),
    untilAsked: (count = 1) => until(() => asked[count - 1], "a permission request"),
    /** Its end of the pipe is closed. */
    async closeOutput(): Promise<void> {
      closing.abort();
      await read;
    },
    async [Symbol.asyncDispose]() {
      connection.close();
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
