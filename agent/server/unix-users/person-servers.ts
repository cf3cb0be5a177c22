/** The servers of all people: each is started at the person's first request, shared by all of theirs, and ended when it is idle. */
import { join } from "node:path";
import type { UnixUsers } from "../config/config";
import { neverAborts } from "../abort";
import { log } from "../log";
import type { JobEnd, Jobs } from "../processes/jobs";
import { isIdle } from "./idle-server";
import { PersonServer, PersonServerFailed } from "./person-server";
import type { ProviderGates } from "./provider-gates";
import { SharedSessions } from "./shared-sessions";
import { SignInStates } from "./sign-in-states";
import { SocketPlace } from "./socket-place";
import { accountOf, NoAccount, type UnixAccount } from "./unix-accounts";

export interface PersonServersParts {
  unixUsers: UnixUsers;
  jobs: Jobs;
  dataDir: string;
  /** The command of a server. */
  program: string[];
  openGates: () => ProviderGates;
  /** Of a server that nobody uses and in which nothing runs; milliseconds. */
  idleMs?: number;
}

/** A server that did not start is not started again for so long: a page asks often. */
const failedMs = 3000;
const usualIdleMs = 15 * 60_000;

export class PersonServers {
  readonly shared: SharedSessions;
  readonly signInStates = new SignInStates();
  readonly #parts: PersonServersParts;
  readonly #place: SocketPlace;
  readonly #servers = new Map<string, Promise<PersonServer>>();
  /** The end of each one's last server. */
  readonly #ended = new Map<string, Promise<unknown>>();
  /** Whose each account is, by its number. */
  readonly #accounts = new Map<number, string>();
  readonly #sweep: Timer;
  #isClosing = false;

  /** Throws where this server may not start any. */
  constructor(parts: PersonServersParts) {
    this.#parts = parts;
    this.shared = new SharedSessions(join(parts.dataDir, "shared-sessions.json"));
    this.#place = new SocketPlace(parts.dataDir);
    const { idleMs = usualIdleMs } = parts;
    this.#sweep = setInterval(() => void this.#endIdle(idleMs), Math.min(idleMs, 60_000)).unref();
  }

  /** The person's server, once it serves. Rejects with NoAccount or PersonServerFailed. */
  async of(person: string): Promise<PersonServer> {
    if (this.#isClosing) throw new PersonServerFailed("This server is shutting down.");
    const known = this.#servers.get(person);
    if (known !== undefined) {
      const server = await known;
      // Meanwhile it may have been found idle.
      if (this.#servers.get(person) !== known) return this.of(person);
      server.usedAt = Date.now();
      return server;
    }
    const starting = this.#start(person);
    this.#servers.set(person, starting);
    const forget = (): void => {
      if (this.#servers.get(person) === starting) this.#servers.delete(person);
    };
    starting.then(
      (server) => {
        this.#ended.set(person, server.ended);
        server.ended.then(forget, forget);
      },
      () => setTimeout(forget, failedMs).unref(),
    );
    return starting;
  }

  /** The one that runs now, or is being started; none is started for this. */
  running(person: string): Promise<PersonServer> | undefined {
    return this.#servers.get(person);
  }

  /** All that serve. */
  async all(): Promise<PersonServer[]> {
    const settled = await Promise.allSettled(this.#servers.values());
    return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  /** Ends all of one person's processes that Rein has started. Undefined: there are none. */
  async kill(person: string): Promise<JobEnd | undefined> {
    const server = await this.#servers.get(person)?.catch(() => undefined);
    return server?.kill();
  }

  /** Ends all in order. Resolves when their processes are gone. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#sweep);
    await Promise.all((await this.all()).map((server) => server.end()));
    this.#place.close();
  }

  async #start(person: string): Promise<PersonServer> {
    const { unixUsers, jobs } = this.#parts;
    // Two servers cannot work with one person's data.
    await this.#ended.get(person);
    const account = await accountOf(person, unixUsers.accounts, jobs, neverAborts);
    const twin = this.#accounts.get(account.uid);
    if (twin !== undefined)
      throw new NoAccount(
        `The Unix account “${account.name}” is the same user as the account of ${twin}: two people in one account would not be apart.`,
      );
    this.#accounts.set(account.uid, person);
    try {
      const server = await this.#startAs(person, account);
      const free = (): void => void this.#accounts.delete(account.uid);
      server.ended.then(free, free);
      return server;
    } catch (error) {
      this.#accounts.delete(account.uid);
      throw error;
    }
  }

  async #startAs(person: string, account: UnixAccount): Promise<PersonServer> {
    const { unixUsers, jobs, program, openGates } = this.#parts;
    const { machine } = await jobs.capabilities();
    const server = await PersonServer.start({
      person,
      account,
      jobs,
      program,
      passedOn: unixUsers.passedOn,
      gates: openGates(),
      socket: this.#place.offer(account),
      // All that one person's jobs take together. Over it they lose the process that needs most, and not the server.
      limits: { ...machine?.all, endsWhole: false },
    });
    log.info({ person, account: account.name, pid: server.pid }, "A person's server has started");
    const tell = (end: JobEnd): void =>
      log.info({ person, end: summaryOf(end) }, "A person's server has ended");
    server.ended.then(tell, (err: unknown) => log.error({ err }, "Its end was not seen"));
    return server;
  }

  async #endIdle(idleMs: number): Promise<void> {
    for (const server of await this.all()) {
      const isUsed = () => server.open > 0 || Date.now() - server.usedAt < idleMs;
      if (isUsed() || !(await isIdle(server)) || isUsed()) continue;
      this.#servers.delete(server.person);
      await server.end();
    }
  }
}

function summaryOf({ exitCode, signalName, proof, survivors }: JobEnd) {
  return { exitCode, signalName, proof, survivors: survivors.length };
}
