/** An upload that is cut, wherever it is: a hang-up, each stop of its session and its deletion leave nothing of it. */
import { beforeEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createRein } from "../sdk/create-rein";
import { apiScene } from "./api-scene";
import { text } from "./upstream/upstream";
import { type Rein, startRein } from "./rein";
import { until, untilAsync } from "./within";
import type { FileRef } from "../shared/protocol";

const content = Buffer.from("0123456789".repeat(2000));
const { upstream, rein, post } = apiScene();
beforeEach(async () => {
  for (const hash of kept()) await rein.fetch(`/api/files/${hash}`, { method: "DELETE" });
});

const tenths = Array.from({ length: 10 }, (_, at) => [at]);

describe.each(tenths)("after %d tenths", (at) => {
  test("a client that hangs up leaves nothing", async () => {
    const upload = await begin("hung-up", at);
    upload.socket.destroy();
    await until(() => kept().length === 0);
    await isUploaded();
  });

  test.each<[string, string, object]>([
    ["of its session, which does not exist yet", "/api/sessions/coming/stop", {}],
    ["of everything", "/api/stop", {}],
  ])("a stop %s cancels it", async (_name, path, body) => {
    const upload = await begin("coming", at);
    expect(await post(path, body)).toMatchObject({ uploads: 1 });
    expect(kept()).toEqual([]);
    const answer = await upload.closed;
    expect(answer).toContain(" 409 ");
    expect(answer).toContain('"upload-stopped"');
    await isUploaded();
  });

  test("a deletion of its session cancels it", async () => {
    upstream.script([text("Hello.")]);
    const chat = rein.chat({ message: "Hi", provider: "openai-chat", model: "local-model" });
    await chat.ended;
    const upload = await begin(chat.sessionId, at);
    await rein.fetch(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
    expect(kept()).toEqual([]);
    expect(await upload.closed).toContain('"upload-stopped"');
  });
});

test("a stop of one session leaves the uploads of another, and says so by naming none", async () => {
  upstream.script([text("Hello.")]);
  const chat = rein.chat({ message: "Hi", provider: "openai-chat", model: "local-model" });
  await chat.ended;
  const other = await begin("other", 5);
  const answer = await post(`/api/sessions/${chat.sessionId}/stop`, {});
  expect(answer).toMatchObject({ stopped: false });
  expect(answer).not.toHaveProperty("uploads");
  other.socket.write(content.subarray(content.length / 2));
  expect(await other.closed).toContain(" 200 ");
});

test("a stop by the id of a settled run cancels the uploads of its session", async () => {
  upstream.script([text("Hello.")]);
  const chat = rein.chat({ message: "Hi", provider: "openai-chat", model: "local-model" });
  await chat.ended;
  await begin(chat.sessionId, 3);
  const { runId } = (await rein.session(chat.sessionId)).messages[0]!;
  expect(await post("/api/stop", { runId })).toMatchObject({ answers: [{ uploads: 1 }] });
  expect(kept()).toEqual([]);
});

test("a stop tells every page whose uploads it means, also those that are not here yet", async () => {
  const closing = new AbortController();
  const list = createRein({ url: rein.url, credential: rein.token }).listEvents(closing.signal);
  const next = async () => {
    for (;;) {
      const { value } = await list.next();
      if (value?.type === "uploads-stopped") return value;
    }
  };
  // Opens the stream: the first event says what can be saved.
  await list.next();
  await begin("planned", 2);
  await post("/api/sessions/planned/stop", {});
  expect(await next()).toEqual({ type: "uploads-stopped", sessionId: "planned" });
  await post("/api/stop", {});
  expect(await next()).toEqual({ type: "uploads-stopped" });
  closing.abort();
});

test("half an upload is in no message: its name comes with its last byte", async () => {
  const hash = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  const upload = await begin("s", 9);
  const response = await rein.fetch("/api/chat", {
    method: "POST",
    body: JSON.stringify({ message: "Look.", files: [{ hash, name: "a.txt" }] }),
  });
  expect(response.status).toBe(400);
  upload.socket.destroy();
  await until(() => kept().length === 0);
});

test("one that waits for its turn is cut too, and those before it go on", async () => {
  const before = await Promise.all([1, 2, 3, 4].map(() => begin("before", 5)));
  await until(() => kept().length === 4);
  const waiting = send("waiting", 5);
  await untilAsync(async () => {
    // Until its upload is there, the session is unknown: 404.
    const answer = await rein.fetch("/api/sessions/waiting/stop", { method: "POST", body: "{}" });
    return (await answer.text()).includes('"uploads":1');
  }, "the upload that waits");
  expect(await waiting.closed).toContain('"upload-stopped"');
  expect(kept()).toHaveLength(4);
  const last = send("last", 10);
  before[0]!.socket.destroy();
  expect(await last.closed).toContain(" 200 ");
  for (const { socket } of before) socket.destroy();
  await until(() => kept().every((name) => !name.endsWith(".new")));
});

test("many that come slowly keep no other from its turn", async () => {
  const slow = await Promise.all(Array.from({ length: 8 }, () => begin("slow", 5)));
  await isUploaded();
  for (const { socket } of slow) socket.destroy();
  await until(() => kept().every((name) => !name.endsWith(".new")));
});

test("the server closes the connection of a stopped upload, though the client sends on and did not ask for it", async () => {
  const upload = send("endless", 1, { keepsOpen: true, bytes: 50_000_000 });
  await until(() => kept().some((name) => name.endsWith(".new")));
  const sending = setInterval(() => upload.socket.write("0123456789"), 1);
  try {
    expect(await post("/api/sessions/endless/stop", {})).toMatchObject({ uploads: 1 });
    expect(await upload.closed).toContain('"upload-stopped"');
  } finally {
    clearInterval(sending);
  }
  expect(kept()).toEqual([]);
});

test("a server that is ended during an upload leaves nothing of it", async () => {
  await using own = await startRein();
  const upload = send("s", 5, { to: own });
  const files = () => readdirSync(join(own.dataDir, "files"));
  await until(() => files().some((name) => name.endsWith(".new")));
  own.signal("SIGTERM");
  await own.exited;
  await upload.closed;
  expect(files()).toEqual([]);
});

async function isUploaded(): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const { bytes } = await rein.json<FileRef>("/api/files", {
    method: "POST",
    body: content,
    signal,
  });
  expect(bytes).toBe(content.length);
}

function kept(): string[] {
  return readdirSync(join(rein.dataDir, "files"));
}

/** Over a bare socket, so many tenths of it; resolves once the server writes it. `closed`: all that it answered. */
async function begin(sessionId: string, tenthsSent: number) {
  const upload = send(sessionId, tenthsSent);
  await until(() => kept().some((name) => name.endsWith(".new")));
  return upload;
}

interface Sending {
  keepsOpen?: boolean;
  bytes?: number;
  to?: Rein;
}

function send(
  sessionId: string,
  tenthsSent: number,
  { keepsOpen = false, bytes = content.length, to = rein }: Sending = {},
) {
  const { port } = new URL(to.url);
  const socket = connect(Number(port), "127.0.0.1");
  let answer = "";
  socket.on("data", (piece) => (answer += String(piece)));
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(answer)));
  const head = [
    `POST /api/files?sessionId=${sessionId} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${to.token}`,
    ...(keepsOpen ? [] : ["Connection: close"]),
    `Content-Length: ${bytes}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(content.subarray(0, (content.length * tenthsSent) / 10));
  return { socket, closed };
}
