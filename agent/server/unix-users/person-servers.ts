/** The servers of all people: each is started at the person's first request, shared by all of theirs, and ended when it is idle. */
import type { Stop } from "../../shared/protocol";
import { join } from "node:path";
import type { UnixUsers } from "../config/config";
import { neverAborts } from "../abort";
import { log } from "../log";
import type { JobEnd, Jobs } from "../processes/jobs";
import { Turns } from "../turns";
import type { ProxyAccounts } from "./proxy-accounts";
import { isIdle } from "./idle-server";
import { PersonServer, PersonServerFailed, type Removal } from "./person-server";
import type { ProviderGates } from "./provider-gates";
import { ServerGuests } from "./server-guests";
import { SharedSessions } from "./shared-sessions";
import { SignInStates } from "./sign-in-states";
import { SocketPlace } from "./socket-place";
import { accountOf, NoAccount, type UnixAccount } from "./unix-accounts";

export interface PersonServersParts {
  unixUsers: UnixUsers;
  jobs: Jobs;
  dataDir: string;
  /** None of these accounts is a person's. */
  proxies: Pick<ProxyAccounts, "isNamed">;
  /** The command of a server. */
  program: string[];
  openGates: () => ProviderGates;
  /** The ids of the sign-ins of a person. */
  signInsOf: (person: string) => string[];
  /** The stop of what the person has begun; undefined: no admin has removed them. */
  removalOf: (person: string) => Stop | undefined;
  /** Of a server that nobody uses and in which nothing runs; milliseconds. */
  idleMs?: number;
}

/** A server that did not start is not started again for so long: a page asks often. */
const failedMs = 3000;
const giveMs = 5000;
const usualIdleMs = 15 * 60_000;
/** All pages ask at once after a start of the front: dozens of starts at once would all take longer than one may. */
const starts = { atOnce: 4, mostMs: 5000 };

export class PersonServers {
  readonly shared: SharedSessions;
  readonly guests: ServerGuests;
  readonly signInStates = new SignInStates();
  readonly #parts: PersonServersParts;
  readonly #place: SocketPlace;
  readonly #servers = new Map<string, Promise<PersonServer>>();
  readonly #serving = new Set<PersonServer>();
  /** The end of each one's last server. */
  readonly #ended = new Map<string, Promise<unknown>>();
  /** Whose each account is, by its number. */
  readonly #accounts = new Map<number, string>();
  readonly #sweep: Timer;
  readonly #turns = new Turns(starts);
  readonly #closing = new AbortController();

  /** Called with each server that serves from now on, and when it serves no more. */
  onBegun: (server: PersonServer) => void = () => {};
  onEnded: (server: PersonServer) => void = () => {};

  /** Throws where this server may not start any. */
  constructor(parts: PersonServersParts) {
    this.#parts = parts;
    this.shared = new SharedSessions(join(parts.dataDir, "shared-sessions.json"));
    this.guests = new ServerGuests(join(parts.dataDir, "server-guests.json"));
    this.#place = new SocketPlace(parts.dataDir);
    const { idleMs = usualIdleMs } = parts;
    this.#sweep = setInterval(() => void this.#endIdle(idleMs), Math.min(idleMs, 60_000)).unref();
  }

  /** The person's server, once it serves. Rejects with NoAccount or PersonServerFailed. */
  async of(person: string): Promise<PersonServer> {
    this.#closing.signal.throwIfAborted();
    this.#refuseRemoved(person);
    const known = this.#servers.get(person);
    if (known !== undefined) {
      const server = await known;
      // It was killed: this may be the first that sees it.
      if (server.hasEnded) await server.ended.catch(() => undefined);
      // Meanwhile it may have been found idle, or forgotten with its end.
      if (this.#servers.get(person) !== known) return this.of(person);
      server.usedAt = performance.now();
      return server;
    }
    const starting = this.#start(person);
    this.#servers.set(person, starting);
    const forget = (): void => {
      if (this.#servers.get(person) === starting) this.#servers.delete(person);
    };
    starting.then(
      (server) => {
        // Where it was not seen, the lock of the person's data keeps two servers apart.
        this.#ended.set(
          person,
          server.ended.catch(() => undefined),
        );
        const end = (): void => {
          forget();
          this.#serving.delete(server);
          this.onEnded(server);
        };
        this.#serving.add(server);
        this.onBegun(server);
        // What has changed since its environment was made, and what had no room there.
        this.#giveTo(server).catch(() => undefined);
        server.ended.then(end, end);
      },
      () => setTimeout(forget, failedMs).unref(),
    );
    return starting;
  }

  /** The one that runs now, or is being started; none is started for this. */
  running(person: string): Promise<PersonServer> | undefined {
    return this.#servers.get(person);
  }

  /** Those that serve now. */
  get serving(): PersonServer[] {
    return [...this.#serving].filter(({ hasEnded }) => !hasEnded);
  }

  /**
   * What `ask` says of each, also of those that are being started: of each as soon as it serves, as a start may wait for many
   * others. `isAsked`: by whose it is.
   */
  async each<Said>(
    ask: (server: PersonServer) => Said | Promise<Said>,
    isAsked: (person: string) => boolean = () => true,
  ): Promise<Said[]> {
    const asked = [...this.#servers].filter(([person]) => isAsked(person));
    const all = asked.map(async ([, starting]) => {
      const server = await starting.catch(() => undefined);
      return server === undefined ? [] : [await ask(server)];
    });
    return (await Promise.all(all)).flatMap((said) => said);
  }

  /** What the front gives may have changed: those that run are told, and each minute again. Never rejects. */
  async give(): Promise<void> {
    await Promise.all(this.serving.map((server) => this.#giveTo(server)));
  }

  /** Never rejects. */
  async #giveTo(server: PersonServer): Promise<void> {
    try {
      await server.give(AbortSignal.timeout(giveMs));
    } catch (err) {
      if (server.hasEnded) return;
      log.warn({ err, person: server.person }, "A person's server was not told what has changed");
    }
  }

  /** Ends one person's server in order. Undefined: there is none. */
  async end(person: string): Promise<JobEnd | undefined> {
    const server = await this.#servers.get(person)?.catch(() => undefined);
    this.#servers.delete(person);
    return server?.end();
  }

  /** Ends all in order. Resolves when their processes are gone. */
  async close(): Promise<void> {
    this.#closing.abort(new PersonServerFailed("This server is shutting down."));
    clearInterval(this.#sweep);
    await this.each((server) => server.end());
    this.#place.close();
  }

  async #start(person: string): Promise<PersonServer> {
    const { unixUsers } = this.#parts;
    // Two servers cannot work with one person's data.
    await this.#ended.get(person);
    const account = await accountOf(person, unixUsers.accounts, this.#parts, neverAborts);
    const twin = this.#accounts.get(account.uid);
    if (twin !== undefined)
      throw new NoAccount(
        `The Unix account “${account.name}” is the same user as the account of ${twin}: two people in one account would not be apart.`,
      );
    this.#accounts.set(account.uid, person);
    try {
      const server = await this.#startInTurn(person, account);
      const free = (): void => void this.#accounts.delete(account.uid);
      server.ended.then(free, free);
      return server;
    } catch (error) {
      this.#accounts.delete(account.uid);
      throw error;
    }
  }

  async #startInTurn(person: string, account: UnixAccount): Promise<PersonServer> {
    const endTurn = await this.#turns.take(this.#closing.signal);
    try {
      // Many may have been before them.
      this.#refuseRemoved(person);
      return await this.#startAs(person, account);
    } finally {
      endTurn();
    }
  }

  async #startAs(person: string, account: UnixAccount): Promise<PersonServer> {
    const { unixUsers, jobs, program, openGates, signInsOf } = this.#parts;
    const { machine } = await jobs.capabilities();
    const server = await PersonServer.start({
      person,
      account,
      jobs,
      program,
      passedOn: unixUsers.passedOn,
      gates: openGates(),
      signIns: () => signInsOf(person),
      removals: () => this.#removals(person),
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

  #refuseRemoved(person: string): void {
    if (this.#parts.removalOf(person) !== undefined)
      throw new NoAccount(`“${person}” was removed from this server, and so was their server.`);
  }

  /** Of who has asked this person's server. */
  #removals(person: string): Removal[] {
    return this.guests.of(person).flatMap((name) => {
      const stop = this.#parts.removalOf(name);
      return stop ? [{ name, stop }] : [];
    });
  }

  async #endIdle(idleMs: number): Promise<void> {
    await this.give();
    for (const server of await this.each((one) => one)) {
      const isUsed = () => server.open > 0 || performance.now() - server.usedAt < idleMs;
      if (isUsed() || !(await isIdle(server)) || isUsed()) continue;
      this.#servers.delete(server.person);
      await server.end().catch(() => undefined); // one whose end is not seen is logged
    }
  }
}

function summaryOf({ exitCode, signalName, proof, survivors }: JobEnd) {
  return { exitCode, signalName, proof, survivors: survivors.length };
}
