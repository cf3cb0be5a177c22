/** Where the server listens and keeps its data: from flags, else from the environment, else the defaults. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeDurably } from "../durable-file";
import { isLoopback } from "./hostname";

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
  const values = readFlags(args);
  // Set to nothing is not set.
  const port = values.port || environment.PORT || undefined;
  const host = values.host || environment.HOST || "127.0.0.1";
  const givenToken = values.token || environment.REIN_TOKEN || undefined;
  const dataDir = resolve(
    values["data-dir"] || environment.REIN_DATA_DIR || join(homedir(), ".rein"),
  );
  const cwd = resolve(values.cwd || environment.REIN_CWD || process.cwd());
  if (!isLoopback(host) && !givenToken)
    throw new Error(
      `Listening on ${host} lets other machines in, so it needs a token of your own: set REIN_TOKEN to a long random text.`,
    );
  if (givenToken !== undefined && givenToken.length < 16)
    throw new Error("REIN_TOKEN is too short to be safe: use at least 16 characters.");
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`REIN_CWD is “${cwd}”; expected a directory that exists.`);
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
    cwd,
    dev: values.dev ?? false,
  };
}

function readFlags(args: string[]) {
  try {
    return parseArgs({ args, options: flags }).values;
  } catch (error) {
    const known = Object.keys(flags).map((name) => `--${name}`);
    throw new Error(`${(error as Error).message}. Known are ${known.join(", ")}.`, {
      cause: error,
    });
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`PORT is “${text}”; expected a number from 0 to 65535.`);
}

/** Others may not look into it; but a directory that is used for other things as well is not shut for its sake. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const isOpen = (statSync(path).mode & 0o077) !== 0;
    const names = readdirSync(path);
    if (isOpen && names.length > 0 && !names.some((name) => ownNames.has(name)))
      throw new Error("it holds other things, and others may look into it");
    chmodSync(path, 0o700);
  } catch (error) {
    throw unusable(path, error);
  }
}

const ownNames = new Set(["rein.db", "settings.json", "token"]);

function unusable(path: string, error: unknown): Error {
  const words = `The data directory ${path} cannot be used: ${(error as Error).message}.`;
  return new Error(`${words} Choose another with REIN_DATA_DIR.`, { cause: error });
}

/** The token stays the same from start to start, so that an open page keeps working. */
function keptToken(dataDir: string): string {
  const path = join(dataDir, "token");
  try {
    const kept = readFileSync(path, "utf8").trim();
    if (kept.length >= 16) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unusable(dataDir, error);
  }
  const token = randomBytes(24).toString("base64url");
  writeDurably(path, `${token}\n`);
  return token;
}
