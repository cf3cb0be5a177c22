/** A request whose body comes in two pieces, over a bare socket: what a client may do between them. */
import { connect } from "node:net";
import type { Rein } from "./rein";

export interface Sending {
  /** Sends the rest, and resolves with the answer. */
  finish(): Promise<{ status: number; body: string }>;
}

/** Resolves when all but the last byte was sent, and the server has answered a later request of the same sender. */
export async function beginSending(
  rein: Pick<Rein, "url">,
  headers: Record<string, string>,
  method: string,
  path: string,
  body: object | string,
): Promise<Sending> {
  const { host, port, hostname } = new URL(rein.url);
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const socket = connect(Number(port), hostname);
  const answer = Promise.withResolvers<string>();
  let text = "";
  socket.on("data", (piece) => (text += String(piece)));
  socket.on("close", () => answer.resolve(text));
  socket.on("error", () => undefined);
  const all = { Host: host, "Content-Length": bytes.length, Connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  await new Promise((resolve) =>
    socket.write(Buffer.concat([head, bytes.subarray(0, -1)]), resolve),
  );
  await (await fetch(`${rein.url}/api/me`, { headers })).text();
  return {
    async finish() {
      socket.write(bytes.subarray(-1));
      const whole = await answer.promise;
      return { status: Number(whole.split(" ")[1]), body: whole };
    },
  };
}
