/** The bare way, as the floor of the latency bench: Bun, Hono and an SDK, and a process group that is killed at once. */
import { spawn } from "node:child_process";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import OpenAI from "openai";

const client = new OpenAI({ apiKey: "key", baseURL: process.env["UPSTREAM"]! });
const controllers = new Map<string, AbortController>();
const app = new Hono();
let count = 0;

app.post("/api/chat", async (c) => {
  const { message } = await c.req.json<{ message: string }>();
  const id = String(++count);
  const controller = new AbortController();
  controllers.set(id, controller);
  return streamSSE(c, async (stream) => {
    const send = (event: object) => stream.writeSSE({ data: JSON.stringify(event) });
    await send({ type: "snapshot", session: { id } });
    if (message.startsWith("run ")) await runCommand(message.slice(4), send, controller.signal);
    else await ask(message, send, controller.signal);
    await send({ type: "run-end", outcome: "stopped" });
  });
});

app.post("/api/sessions/:id/stop", async (c) => {
  controllers.get(c.req.param("id"))?.abort();
  return c.json({ stopped: true });
});

type Send = (event: object) => Promise<unknown>;

async function ask(content: string, send: Send, signal: AbortSignal): Promise<void> {
  const messages = [{ role: "user" as const, content }];
  const request = { model: "bench", messages, stream: true as const };
  const answer = await client.chat.completions.create(request, { signal });
  for await (const { choices } of answer)
    await send({ type: "part-delta", delta: choices[0]?.delta.content });
}

async function runCommand(command: string, send: Send, signal: AbortSignal): Promise<void> {
  const child = spawn("bash", ["-c", command], { detached: true });
  const { promise, resolve } = Promise.withResolvers<unknown>();
  child.on("exit", resolve);
  signal.addEventListener("abort", () => process.kill(-child.pid!, "SIGKILL"));
  child.stdout.on("data", (bytes: Buffer) => {
    void send({ type: "part-delta", field: "output", delta: bytes.toString() });
  });
  await promise;
}

const server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: app.fetch });
console.log(`port ${server.port}`);
