/** Finds the server that a command talks to: the one that is named, else this machine's, which is started if none runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError, createRein, type Rein } from "../sdk/create-rein";
import { errorCode } from "../shared/error-code";
import { type StopClient, wireHeader, wireVersion } from "../shared/protocol";
import { isDataDirHeld } from "../server/store/data-dir-lock";
import { CommandFailed, UsageError } from "./command";
import { type Environment, type Place, placeOf, withDataDir } from "./data-directory";
import { type Say, startServer, waitForServer } from "./start-server";

/** A server that answers, and what it was asked with. */
export interface Connection {
  rein: Rein;
  /** Without a slash at the end. */
  url: string;
  credential: string;
  /** The machine of a cluster that was named. */
  node?: string | undefined;
  /** Of this machine's server; undefined when another was named. */
  dataDir: string | undefined;
}

export interface Wanted {
  /** As it was given by the flag. */
  server: string | undefined;
  dataDir: string | undefined;
  client: StopClient;
  /** The machine of a cluster that answers what names no session, as it was given by the flag. */
  node?: string | undefined;
  /** A server of another version is found too: for what every version takes. */
  anyVersion?: boolean;
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
  const named = await connectToNamed(wanted, environment);
  if (named !== undefined) return named;
  const place = placeOf(wanted.dataDir, environment);
  const find = () => findServer(place, wanted);
  return (await find()) ?? startServer(place, find, say);
}

function sayOnErrorOutput(words: string): void {
  process.stderr.write(`${words}\n`);
}

/** The same without a start: undefined when no server runs on this machine. Throws CommandFailed when one does not answer. */
export async function find(
  wanted: Wanted,
  environment: Environment,
): Promise<Connection | undefined> {
  const named = await connectToNamed(wanted, environment);
  if (named !== undefined) return named;
  const place = placeOf(wanted.dataDir, environment);
  return waitForServer(place.dataDir, () => findServer(place, wanted));
}

async function connectToNamed(
  wanted: Wanted,
  environment: Environment,
): Promise<Connection | undefined> {
  const named = wanted.server || environment["REIN_SERVER"];
  return named ? connectTo(named, environment["REIN_TOKEN"], wanted) : undefined;
}

/** Undefined when none runs, or the one that starts does not answer yet. Throws CommandFailed when it refuses. */
async function findServer(
  { dataDir, token }: Place,
  wanted: Wanted,
): Promise<Connection | undefined> {
  // Without a server the address is an old one, and another program may answer there: it does not get the token.
  if (!withDataDir(dataDir, isDataDirHeld)) return undefined;
  const read = (name: string) => withDataDir(dataDir, () => readText(join(dataDir, name)));
  const url = read("address");
  const credential = token ?? read("token");
  if (url === undefined || credential === undefined) return undefined;
  try {
    return { ...(await ask(url, credential, wanted)), dataDir };
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) return undefined;
    throw error;
  }
}

async function connectTo(
  server: string,
  token: string | undefined,
  wanted: Wanted,
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
  return { ...(await ask(url.origin, token, wanted)), dataDir: undefined };
}

const answerMs = 10_000;

/** Throws an ApiError of status 0 when nothing answers, and CommandFailed when what answers cannot be talked with. */
async function ask(
  url: string,
  credential: string,
  { client, node, anyVersion = false }: Wanted,
): Promise<Omit<Connection, "dataDir">> {
  let wire: string | null | undefined;
  const isTaken = (version: typeof wire) =>
    version === String(wireVersion) || (anyVersion && Boolean(version));
  const onAnswer = ({ response }: { response: Response }) => {
    wire = response.headers.get(wireHeader);
  };
  const first = createRein({ url, credential, client, onAnswer });
  try {
    await first.limits(AbortSignal.timeout(answerMs));
  } catch (error) {
    if (wire === undefined || isTaken(wire)) throw refusal(error, url);
  }
  if (!isTaken(wire)) throw new CommandFailed(otherVersion(url, wire));
  if (node !== undefined) await checkNode(first, node);
  return { rein: createRein({ url, credential, client, node }), url, credential, node };
}

/** Throws CommandFailed for a machine that is not there, or does not answer. */
async function checkNode(rein: Rein, named: string): Promise<void> {
  const { nodes } = await rein.cluster(AbortSignal.timeout(answerMs));
  if (nodes.length === 0)
    throw new CommandFailed("This server works alone: --node is for one of a cluster.");
  const node = nodes.find(({ name }) => name === named);
  if (node?.state === "away")
    throw new CommandFailed(`Machine “${named}” does not answer. ${node.reason ?? ""}`.trim());
  if (node !== undefined) return;
  const names = nodes.map(({ name }) => name).join(", ");
  throw new CommandFailed(`There is no machine “${named}”; there are: ${names}.`);
}

function otherVersion(url: string, wire: string | null | undefined): string {
  if (!wire) return `What answers at ${url} is not Rein.`;
  const [older, way] =
    Number(wire) < wireVersion
      ? ["the server is older", "“rein shutdown” ends it, and the next command starts it again"]
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

/** Undefined when there is no such file yet, or nothing in it. Throws when this user cannot read it. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    return undefined;
  }
}
