/** What a service manager (systemd) tells the program that it starts: where to say how it is, and how often. */

export interface ServiceManagerAddress {
  /** The path of its Unix datagram socket; one that begins with @ is in the abstract namespace. */
  socket: string;
  /** The server is restarted when no message has come for so long; undefined: it is not watched. */
  watchdogMs?: number;
}

type Environment = Record<string, string | undefined>;

/** As sd_notify(3) and sd_watchdog_enabled(3) have it. They are removed from `environment`: nothing that this process starts may speak for it. */
export function takeServiceVariables(
  environment: Environment,
  pid: number,
): ServiceManagerAddress | undefined {
  const socket = environment["NOTIFY_SOCKET"];
  const watchdogMs = Math.trunc(Number(environment["WATCHDOG_USEC"]) / 1000);
  const watched = environment["WATCHDOG_PID"];
  for (const name of serviceVariables) delete environment[name];
  if (socket === undefined || !/^[/@]./.test(socket)) return undefined;
  const isWatched = watchdogMs > 0 && (!watched || Number(watched) === pid);
  return isWatched ? { socket, watchdogMs } : { socket };
}

const serviceVariables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];
