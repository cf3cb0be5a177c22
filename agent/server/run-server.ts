/** Runs the server by a command line and the environment, until a signal or a client asks for its end. */
import { version } from "../../package.json";
import { inWords } from "../shared/sentences";
import { askForAddress, forgetOrigin, noteOrigin, signInAddress } from "./access/sign-in-address";
import { type Server, startServer } from "./server";
import { finishRestore } from "./backup/finish-restore";
import { removeLeft } from "./backup/left-backups";
import { type Config, readConfig, storedToken } from "./config/config";
import { bypassProxy } from "./config/proxy";
import { hostname, isLoopback } from "./config/hostname";
import {
  describeCapabilities,
  describeConfinement,
  describeFallen,
} from "./processes/capabilities";
import { log } from "./log";
import { datagramsTo } from "./processes/linux/libc";
import { ignoresHangUp } from "./processes/inspect/signal-mask";
import { type ServiceManager, tellServiceManager } from "./service/service-manager";
import { upgradeSentence } from "./store/migrations";
import { DataDirInUse, lockDataDir } from "./store/data-dir-lock";

/** Resolves once it serves; the process exits when the server does, and with 1 when it cannot start. */
export async function runServer(args: string[]): Promise<Pick<Server, "warmUp">> {
  try {
    const config = readConfig(args);
    const [server, manager] = await start(config);
    await sayCapabilities(server, manager, config);
    return server;
  } catch (error) {
    console.error(`Rein did not start. ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

async function start(config: Config): Promise<[Server, ServiceManager]> {
  log.level = config.logLevel;
  bypassProxy();
  const directory = await lock(config);
  forgetOrigin(config.dataDir);
  if (finishRestore(config.dataDir)) log.info("A restore that was cut has been finished");
  removeLeft(config.dataDir);
  const token = config.token ?? storedToken(config.dataDir, config.cluster?.key);
  const server = await startServer({ ...config, token }, () => setTimeout(end));
  const manager = managerOf(config, server);
  const shutDown = async (): Promise<void> => {
    let exitCode = 0;
    manager.stopping();
    try {
      await server.close();
    } catch (err) {
      log.error({ err }, "The server could not be closed in order");
      exitCode = 1;
    }
    directory[Symbol.dispose]();
    process.exit(exitCode);
  };
  const end = onceAskedToEnd(shutDown);
  keepServing();

  // Printed last: a reader of the address may send SIGTERM at once.
  const origin = originOf(config, server.port);
  await sayAddress(config, origin, server);
  if (server.store.upgrade !== undefined)
    console.log(inWords(upgradeSentence(server.store.upgrade)));
  if (server.store.missing !== undefined) console.log(server.store.missing);
  manager.ready(`At ${origin}`);
  return [server, manager];
}

/** No browser signs in at a socket, and no second start finds it there. */
async function sayAddress(
  { dataDir, socket }: Config,
  origin: string,
  { signIns }: Server,
): Promise<void> {
  if (socket !== undefined) return console.log(`Rein ${version} is at ${origin}`);
  noteOrigin(dataDir, origin);
  const { token, isKnown } = await signIns.offerOrLater();
  console.log(`Rein ${version} is at ${signInAddress(origin, token)}`);
  const when = isKnown ? "" : ", once the database that the machines share answers";
  console.log(`This address signs one browser in, within an hour${when}.`);
}

/** Tells who started this server, where that wants to be told. */
function managerOf({ serviceManager }: Config, { store }: Server): ServiceManager {
  let send: ReturnType<typeof datagramsTo> | undefined;
  return tellServiceManager({
    watchdogMs: serviceManager?.watchdogMs,
    send: (text) => !serviceManager || (send ??= datagramsTo(serviceManager.socket))(text),
    isAnswering: () => store.isAnswering(),
  });
}

/** Printed when it is known, after the address: it takes a moment, in which the server already serves. */
async function sayCapabilities(
  { jobs, port }: Server,
  manager: ServiceManager,
  config: Config,
): Promise<void> {
  const capabilities = await jobs.capabilities();
  console.log(describeCapabilities(capabilities));
  for (const line of describeFallen(capabilities)) console.log(line);
  manager.status(`At ${originOf(config, port)}. ${describeCapabilities(capabilities)}`);
  console.log(describeConfinement(await jobs.confinement(), capabilities));
  if (config.unixUsers) console.log(unixUsersWords);
  if (!isLoopback(config.host)) console.log(wordsForOthers(config));
}

const unixUsersWords =
  "Each person has a server of their own, which runs as their Unix account; this one runs no command for anybody";

/**
 * Calls `end` at the first signal that asks for it, or when what it returns is called. Further ones change nothing: Ctrl+C
 * reaches the server twice, from the terminal and from the `bun start` above it.
 */
function onceAskedToEnd(end: () => Promise<void>): () => void {
  let ending: Promise<void> | undefined;
  const endOnce = () => void (ending ??= end());
  const signals: NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGQUIT"];
  if (!ignoresHangUp()) signals.push("SIGHUP");
  for (const signal of signals) process.on(signal, endOnce);
  return endOnce;
}

/** An error that nothing caught is logged, and the server keeps serving: it must not cut the runs of all other sessions. */
function keepServing(): void {
  process.on("unhandledRejection", (err) =>
    log.error({ err }, "A rejected promise had no handler"),
  );
  process.on("uncaughtException", (err) => log.error({ err }, "An exception was not caught"));
}

/** The data directory, or the refusal with a new address of the server that has it. */
async function lock({ dataDir, token }: Config): Promise<Disposable> {
  try {
    return lockDataDir(dataDir);
  } catch (error) {
    if (!(error instanceof DataDirInUse)) throw error;
    const advice = adviceBy(await askForAddress(dataDir, token));
    const words = `${error.message}\n${advice}`;
    throw new Error(words, { cause: error });
  }
}

function adviceBy(answer: URL | "refused" | undefined): string {
  if (answer === undefined)
    return "It does not answer: it may still be starting, and prints its address once it serves. If it does not, end it.";
  return answer === "refused"
    ? "It gave no sign-in address. If it was started with REIN_TOKEN, set the same here and start again."
    : `To sign in there, within an hour: ${answer}`;
}

/** How a browser of another machine signs in. */
function wordsForOthers({ host, token, cluster }: Config): string {
  const place = isEveryAddress(host) ? " with this machine's own in the place of localhost" : "";
  const text =
    token === undefined && cluster !== undefined
      ? "the text of the file “token” in the data directory, which all nodes derive from REIN_CLUSTER_KEY,"
      : "the text of REIN_TOKEN";
  return `Other machines can reach it. A browser there opens the address above${place} (a name works only if REIN_HOSTS has it), or enters ${text} in the sign-in form. Keep both secret.`;
}

function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function originOf(config: Config, port: number): string {
  if (config.socket !== undefined) return `unix:${config.socket}`;
  const shown = isEveryAddress(config.host) ? "localhost" : config.host;
  const host = hostname(shown).includes(":") ? `[${shown}]` : shown;
  return `http://${host}:${port}`;
}
