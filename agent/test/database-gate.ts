/** A TCP proxy between one node and the database, which can refuse, or let nothing through without a word. */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface DatabaseGate extends AsyncDisposable {
  /** The database's URL through the gate. */
  url: string;
  /** Ends all connections and refuses new ones, as when the database's machine runs without it. */
  refuse(): Promise<void>;
  /** Connections stay, and nothing arrives any more on either side, as with a cable that was pulled. */
  silence(): void;
  /** Lets everything through again, also what was sent into the silence. */
  open(): Promise<void>;
}

/** Listens on a free port of loopback, in front of `databaseUrl`. */
export async function startDatabaseGate(databaseUrl: string): Promise<DatabaseGate> {
  const { hostname, port } = new URL(databaseUrl);
  const open = new Set<Socket>();
  let isSilent = false;
  const accept = (client: Socket) => {
    const server = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(socket);
      if (isSilent) socket.pause();
      socket.setNoDelay(true);
      socket.on("data", (bytes) => {
        if (!other.write(bytes)) socket.pause();
      });
      socket.on("drain", () => {
        if (!isSilent) other.resume();
      });
      socket.on("error", () => socket.destroy());
      socket.on("end", () => other.end());
      socket.on("close", () => {
        open.delete(socket);
        if (!isSilent) other.destroy();
      });
    }
  };
  const listen = (at: number) =>
    new Promise<Server>((resolve, reject) => {
      const started = createServer({ allowHalfOpen: true }, accept);
      started.once("error", reject);
      started.listen(at, "127.0.0.1", () => resolve(started));
    });
  let listening: Server | undefined = await listen(0);
  const { port: own } = listening.address() as { port: number };
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String(own);
  const gate: DatabaseGate = {
    url: url.href,
    async refuse() {
      const closed = new Promise<void>((resolve) => {
        if (listening === undefined) resolve();
        else listening.close(() => resolve());
      });
      listening = undefined;
      for (const socket of open) socket.destroy();
      await closed;
    },
    silence() {
      isSilent = true;
      for (const socket of open) socket.pause();
    },
    async open() {
      isSilent = false;
      for (const socket of open) socket.resume();
      listening ??= await listen(own);
    },
    async [Symbol.asyncDispose]() {
      isSilent = false;
      await gate.refuse();
    },
  };
  return gate;
}
