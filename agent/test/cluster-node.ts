/** A real server as a node of a cluster: on one port and data directory, however often it ends and starts again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChatRequest } from "../shared/requests";
import { giveSupervisor } from "./given-supervisor";
import { newest } from "./newest";
import { type Chat, type Rein, type ReinOptions, startRein } from "./rein";

/** Of all nodes: a browser or a script is let in by each of them. */
export const clusterToken = "token-of-the-cluster-in-tests";
export const clusterKey = "key-of-the-cluster-in-tests";

export interface ClusterNode extends AsyncDisposable {
  readonly name: string;
  /** Its server that was started last. */
  readonly rein: Rein;
  readonly dataDir: string;
  readonly isRunning: boolean;
  /** Sends a message at this node, "Do it" unless given. */
  send(request?: Partial<ChatRequest>): Chat;
  /** Starts its server, on the same port and data directory each time. */
  start(options?: ReinOptions): Promise<Rein>;
  /** SIGKILL; resolves when the process is gone. Its supervisor ends what it had started. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when the process has exited. */
  stop(): Promise<void>;
  /** SIGSTOP: its connections stay open, and nothing answers. */
  freeze(): void;
  resume(): void;
}

/** Where a node runs. */
export interface NodePlace {
  /** An address of this machine, or of the namespace that `command` enters. */
  host: string;
  port: number;
  /** Replaces itself with the server. */
  command?: string[];
  databaseUrl: string;
}

/** Not started yet. `environment` is read at each start. */
export function makeNode(
  name: string,
  { host, port, command, databaseUrl }: NodePlace,
  environment: () => Record<string, string>,
): ClusterNode {
  const dataDir = mkdtempSync(join(tmpdir(), `rein-data-${name}-`));
  const started: Rein[] = [];
  let isRunning = false;
  const running = () => {
    const last = started.at(-1);
    if (last === undefined) throw new Error(`Node "${name}" was not started.`);
    return last;
  };
  const end = async (signal: NodeJS.Signals) => {
    running().signal(signal);
    await running().exited;
  };
  return {
    name,
    rein: newest(running),
    dataDir,
    get isRunning() {
      return isRunning;
    },
    send: (request = {}) => running().chat({ ...aRequest, ...request }),
    async start(options = {}) {
      await giveSupervisor(dataDir);
      const own = await startRein({
        dataDir,
        ...(command !== undefined && { command }),
        ...options,
        environment: {
          ...environment(),
          HOST: host,
          PORT: String(port),
          REIN_TOKEN: clusterToken,
          REIN_CLUSTER_KEY: clusterKey,
          REIN_NODE: name,
          REIN_NODE_ADDRESS: `http://${host}:${port}`,
          DATABASE_URL: databaseUrl,
          ...options.environment,
        },
      });
      started.push(own);
      isRunning = true;
      void own.exited.then(() => (isRunning &&= started.at(-1) !== own));
      return own;
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    freeze: () => running().signal("SIGSTOP"),
    resume: () => running().signal("SIGCONT"),
    async [Symbol.asyncDispose]() {
      if (isRunning) running().signal("SIGCONT");
      for (const each of started) await each[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export const aRequest = {
  message: "Do it",
  provider: "openai-chat",
  model: "local-model",
  onDisconnect: "continue",
} as const;
