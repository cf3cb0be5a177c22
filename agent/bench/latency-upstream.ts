/**
 * A model service in a process of its own, on bare sockets: it begins an answer, falls silent, and prints when each socket
 * was opened and closed. The last message says which answer: "hold", "flood", "pace", "run <command>" or "subagents".
 */
import { outsideMs } from "./outside-clock";

interface Connection {
  received: string;
  /** What the socket has not taken yet. */
  unsent: Buffer[];
  isAnswering: boolean;
  timer?: Timer;
}

const listener = Bun.listen<Connection>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.data = { received: "", unsent: [], isAnswering: false };
    },
    data(socket, bytes) {
      const { data } = socket;
      data.received += bytes.toString("latin1");
      const end = data.received.indexOf("\r\n\r\n");
      if (end === -1) return;
      const head = data.received.slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (data.received.length < end + 4 + length) return;
      const body = data.received.slice(end + 4, end + 4 + length);
      data.received = data.received.slice(end + 4 + length);
      if (head.startsWith("POST")) answer(socket, body);
      else send(socket, models);
    },
    drain(socket) {
      const unsent = socket.data.unsent.splice(0);
      for (const bytes of unsent) send(socket, bytes);
    },
    end: closed,
    close: closed,
  },
});
console.log(`port ${listener.port}`);

const list = JSON.stringify({ object: "list", data: [{ id: "bench", object: "model" }] });
const models = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${list.length}\r\n\r\n${list}`;
const head =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/** In order, all of it: a socket that is full takes a part, or nothing. */
function send(socket: Bun.Socket<Connection>, words: string | Buffer): void {
  const bytes = Buffer.from(words);
  const { unsent } = socket.data;
  const taken = unsent.length > 0 ? 0 : Math.max(0, socket.write(bytes));
  if (taken < bytes.length) unsent.push(bytes.subarray(taken));
}

function answer(socket: Bun.Socket<Connection>, body: string): void {
  const { messages } = JSON.parse(body) as { messages: { role: string; content: unknown }[] };
  const last = messages.at(-1)!;
  const words = last.role === "user" ? textOf(last.content) : "hold";
  socket.data.isAnswering = true;
  send(socket, head + delta({ role: "assistant", content: "" }));
  const [kind, command] = words.split(/ (.*)/s);
  if (kind === "run") calls(socket, [{ name: "bash", input: { command } }]);
  else if (kind === "subagents") calls(socket, [subagent("one"), subagent("two")]);
  else {
    send(socket, delta({ content: "A few words " }));
    console.log(`open ${outsideMs()}`);
    if (kind === "flood") flood(socket);
    if (kind === "pace") paced.add(socket);
  }
}

function subagent(title: string) {
  return { name: "subagent", input: { role: "simple", title, task: "hold" } };
}

function calls(socket: Bun.Socket<Connection>, wanted: { name: string; input: object }[]): void {
  const toolCalls = wanted.map(({ name, input }, index) => ({
    index,
    id: `call_${index}_${Math.random()}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
  const end = { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] };
  send(socket, delta({ tool_calls: toolCalls }) + chunk(JSON.stringify(end)) + chunk("[DONE]"));
  socket.data.isAnswering = false;
  send(socket, "0\r\n\r\n");
}

function flood(socket: Bun.Socket<Connection>): void {
  const words = delta({ content: "word " }).repeat(50);
  socket.data.timer = setInterval(() => send(socket, words), 1);
}

/** Each of them gets 50 events a second: every tick writes to a tenth of them, as answers do not come in step. */
const paced = new Set<Bun.Socket<Connection>>();
const tickMs = 2;
const slots = 10;
let ticks = 0;
const begunAt = performance.now();
setInterval(() => {
  while (begunAt + ticks * tickMs < performance.now()) {
    const slot = ticks++ % slots;
    let index = 0;
    const words = delta({ content: `@${outsideMs().toFixed(2)} ` });
    for (const socket of paced) if (index++ % slots === slot) send(socket, words);
  }
}, tickMs);

function closed(socket: Bun.Socket<Connection>): void {
  const at = outsideMs();
  paced.delete(socket);
  socket.data.unsent = [];
  clearInterval(socket.data.timer);
  if (!socket.data.isAnswering) return;
  socket.data.isAnswering = false;
  console.log(`closed ${at}`);
}

function delta(content: object): string {
  return chunk(JSON.stringify({ choices: [{ index: 0, delta: content }] }));
}

function chunk(data: string): string {
  const event = `data: ${data}\n\n`;
  return `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return (content as { text?: string }[]).map(({ text = "" }) => text).join("");
}
