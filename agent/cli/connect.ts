/** Finds the server that a command talks to: the one that is named, else this machine's, which is started if none runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError, createRein, type Rein } from "../sdk/create-rein";
import { type StopClient, wireHeader, wireVersion } from "../shared/protocol";
import { isDataDirHeld } from "../server/store/data-dir-lock";
import { CommandFailed, UsageError } from "./command";
import { type Environment, type Place, placeOf, withDataDir } from "./data-directory";
import { type Say, startServer } from "./start-server";

/** A server that answers, and what it was asked with. */
export interface Connection {
  rein: Rein;
  /** Without a slash at the end. */
  url: string;
  credential: string;
  /** Of this machine's server; undefined when another was named. */
  dataDir: string | undefined;
}

export interface Wanted {
  /** As it was given by the flag. */
  server: string | undefined;
  dataDir: string | undefined;
  client: StopClient;
}

/**
 * Throws a CommandFailed that says why there is no server to talk to, and a UsageError for a wrong address. `say` tells
 * that one is started.
 */
export async function connect(
  wanted: Wanted,
  environment: Environment,
  say: Say = sayOnErrorOutput,
): Promise<Connection> {
  const found = await find(wanted, environment);
  if (found !== undefined) return found;
  const place = placeOf(wanted.dataDir, environment);
  return startServer(place, () => findServer(place, wanted.client), say);
}

function sayOnErrorOutput(words: string): void {
  process.stderr.write(`${words}\n`);
}

/** The same without a start: undefined when this machine has no server that answers. */
export async function find(
  { server, dataDir, client }: Wanted,
  environment: Environment,
): Promise<Connection | undefined> {
  const named = server || environment["REIN_SERVER"];
  if (named) return connectTo(named, environment["REIN_TOKEN"], client);
  return findServer(placeOf(dataDir, environment), client);
}

/** Undefined when none runs, or the one that starts does not answer yet. Throws CommandFailed when it refuses. */
async function findServer(
  { dataDir, token }: Place,
  client: StopClient,
): Promise<Connection | undefined> {
  // Without a server the address is an old one, and another program may answer there: it does not get the token.
  if (!withDataDir(dataDir, isDataDirHeld)) return undefined;
  const url = readText(join(dataDir, "address"));
  const credential = token ?? readText(join(dataDir, "token"));
  if (url === undefined || credential === undefined) return undefined;
  try {
    return { ...(await ask(url, credential, client)), dataDir };
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) return undefined;
    throw error;
  }
}

async function connectTo(
  server: string,
  token: string | undefined,
  client: StopClient,
): Promise<Connection> {
  const url = URL.parse(server);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `The server is “${server}”; expected an address such as http://localhost:3000.`,
    );
  if (!token)
    throw new UsageError(
      `Set REIN_TOKEN to the token of ${url.origin}: the file “token” in its data directory has it.`,
    );
  return { ...(await ask(url.origin, token, client)), dataDir: undefined };
}

const answerMs = 10_000;

/** Throws an ApiError of status 0 when nothing answers, and CommandFailed when what answers cannot be talked with. */
async function ask(
  url: string,
  credential: string,
  client: StopClient,
): Promise<Omit<Connection, "dataDir">> {
  let wire: string | null | undefined;
  const onAnswer = ({ response }: { response: Response }) => {
    wire = response.headers.get(wireHeader);
  };
  const first = createRein({ url, credential, client, onAnswer });
  try {
    await first.limits(AbortSignal.timeout(answerMs));
  } catch (error) {
    if (wire === undefined || wire === String(wireVersion)) throw refusal(error, url);
  }
  if (wire !== String(wireVersion)) throw new CommandFailed(otherVersion(url, wire));
  return { rein: createRein({ url, credential, client }), url, credential };
}

function otherVersion(url: string, wire: string | null | undefined): string {
  if (!wire) return `What answers at ${url} is not Rein.`;
  const [older, way] =
    Number(wire) < wireVersion
      ? ["the server is older", "end it and start it again"]
      : ["this command is older", "update it"];
  return `The server at ${url} is of another version of Rein: ${older}; ${way}.`;
}

function refusal(error: unknown, url: string): unknown {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return new CommandFailed(
      `The server at ${url} did not answer within ${answerMs / 1000} seconds.`,
    );
  if (!(error instanceof ApiError) || error.status !== 401) return error;
  return new CommandFailed(
    `The server at ${url} refused the token. Set REIN_TOKEN to the one that it was started with; without one it has its own, in the file “token” of its data directory.`,
  );
}

/** Undefined when there is no such file, or nothing in it. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined; // it is not there yet, or not for this user: then the server cannot be asked either
  }
}
