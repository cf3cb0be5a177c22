/** Where the server listens and keeps its data: from flags, else from the environment, else the defaults. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { isLoopback } from "./host";

export interface Config {
  port: number;
  /** The port was asked for by name: a taken one is an error, not a reason to take the next. */
  portGiven: boolean;
  host: string;
  /** Further names by which this server may be called. */
  hosts: string[];
  token: string;
  dataDir: string;
  cwd: string;
  dev: boolean;
}

const flags = {
  port: { type: "string" },
  host: { type: "string" },
  token: { type: "string" },
  "data-dir": { type: "string" },
  cwd: { type: "string" },
  dev: { type: "boolean" },
} as const;

/** Throws an Error that says what to change. Makes the data directory, readable by its owner alone. */
export function readConfig(
  args: string[],
  environment: Record<string, string | undefined>,
): Config {
  const { values } = parseArgs({ args, options: flags });
  const port = values.port ?? environment.PORT;
  const host = values.host ?? environment.HOST ?? "127.0.0.1";
  const givenToken = values.token ?? environment.REIN_TOKEN;
  const dataDir = resolve(
    values["data-dir"] ?? environment.REIN_DATA_DIR ?? join(homedir(), ".rein"),
  );
  if (!isLoopback(host) && !givenToken)
    throw new Error(
      `Listening on ${host} lets other machines in, so it needs a token of your own: set REIN_TOKEN to a long random text.`,
    );
  if (givenToken !== undefined && givenToken.length < 16)
    throw new Error("REIN_TOKEN is too short to be safe: use at least 16 characters.");
  makeDirectory(dataDir);
  return {
    port: port === undefined ? 3000 : parsePort(port),
    portGiven: port !== undefined,
    host,
    hosts: [host, ...(environment.REIN_HOSTS ?? "").split(",")]
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ""),
    token: givenToken ?? keptToken(dataDir),
    dataDir,
    cwd: resolve(values.cwd ?? environment.REIN_CWD ?? process.cwd()),
    dev: values.dev ?? false,
  };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`PORT is “${text}”; expected a number from 0 to 65535.`);
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    throw new Error(
      `The data directory ${path} cannot be made: ${(error as Error).message}. Choose another with REIN_DATA_DIR.`,
      { cause: error },
    );
  }
}

/** The token stays the same from start to start, so that an open page keeps working. */
function keptToken(dataDir: string): string {
  const path = join(dataDir, "token");
  try {
    const kept = readFileSync(path, "utf8").trim();
    if (kept.length >= 16) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const token = randomBytes(24).toString("base64url");
  writeFileSync(path, `${token}\n`, { mode: 0o600 });
  return token;
}
