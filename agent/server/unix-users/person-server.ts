/** The Rein server of one person, run as the person's Unix account: started, asked, and ended with proof. */
import { rmSync } from "node:fs";
import type { Stop } from "../../shared/protocol";
import { neverAborts, settledOrAborted, within } from "../abort";
import { frontVariable, giftPath } from "../config/given-by-front";
import { log } from "../log";
import { accountEnvironment, asAccount } from "../processes/account-command";
import type { Job, JobEnd, JobLimits, Jobs } from "../processes/jobs";
import type { ProviderGates } from "./provider-gates";
import type { OfferedSocket } from "./socket-place";
import type { UnixAccount } from "./unix-accounts";

export interface Removal {
  name: string;
  stop: Stop;
}

interface PersonServerParts {
  person: string;
  account: UnixAccount;
  jobs: Pick<Jobs, "open">;
  socket: OfferedSocket;
  gates: ProviderGates;
  /** The ids of the person's sign-ins now. */
  signIns: () => string[];
  /** Of those who have asked it and were removed: the stop of what they have begun. */
  removals: () => Removal[];
  /** The program of a server and its arguments, absolute. */
  program: string[];
  /** Options of the front's start, by their variables. */
  passedOn: Record<string, string>;
  limits: JobLimits;
}

/** It did not come to serve, or does not answer; the message is for the person. */
export class PersonServerFailed extends Error {
  override readonly name = "PersonServerFailed";
}

/** A first start from a checkout compiles the supervisor. */
const startMs = 30_000;
const lookMs = 20;
/** What it prints is kept so far, to say why it ended. */
const keptCharacters = 2000;
/** Of what Linux takes as one variable, 128 KB; the rest is for the gates and the sign-ins. */
const maxRemovedBytes = 64_000;
/** An orderly end; the front itself ends within three seconds. */
const closeMs = 2000;

export class PersonServer {
  readonly person: string;
  readonly account: UnixAccount;
  /** Requests that have not ended, streams included. */
  open = 0;
  /** Of what the server counts as its viewers: streams of the front itself, for others than its person. */
  frontStreams = 0;
  /** When the last request ended, by `performance.now()`: whoever sets the clock makes no server idle, and keeps none. */
  usedAt = performance.now();
  /** Every process of it has ended, or is told in it. */
  readonly ended: Promise<JobEnd>;
  readonly #job: Job;
  readonly #parts: PersonServerParts;
  /** Opens its server and no other: not even the person's own programs reach the socket. */
  readonly #token: string;
  readonly #said: { text: string };
  #giving: Promise<void> = Promise.resolve();
  #socket: string | undefined;
  #hasEnded = false;

  private constructor(parts: PersonServerParts, job: Job, token: string, said: { text: string }) {
    this.person = parts.person;
    this.account = parts.account;
    this.#parts = parts;
    this.#job = job;
    this.#token = token;
    this.#said = said;
    this.ended = job.ended.then((end) => {
      this.#hasEnded = true;
      parts.gates.close();
      parts.socket.remove();
      if (this.#socket !== undefined) rmSync(this.#socket, { force: true });
      return end;
    });
  }

  /** Resolves once it serves. Rejects with PersonServerFailed, and then nothing of it is left. */
  static async start(parts: PersonServerParts): Promise<PersonServer> {
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
    const said = { text: "" };
    const { account, program, limits } = parts;
    const request = {
      command: asAccount(account, program),
      title: `Rein as ${account.name}`,
      cwd: "/",
      env: accountEnvironment(environmentOf(parts, token)),
      owner: { sessionId: "unix-users" },
      isHelper: true as const,
      unconfined: true as const,
      limits,
      onOutput(text: string) {
        said.text = (said.text + text).slice(-keptCharacters);
      },
    };
    let server: PersonServer | undefined;
    try {
      server = new PersonServer(parts, await parts.jobs.open(request, neverAborts), token, said);
      await server.#untilServing();
      return server;
    } catch (error) {
      const end = await server?.end();
      if (server === undefined) parts.gates.close();
      parts.socket.remove();
      if (end)
        log.warn({ person: parts.person, end, said: said.text }, "A person's server did not start");
      throw error instanceof PersonServerFailed
        ? error
        : new PersonServerFailed(`Your server could not be started: ${(error as Error).message}`);
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded || this.#job.isDead;
  }

  get pid(): number {
    return this.#job.pid;
  }

  /** As `fetch`, of this path of the server. Aborting `signal` hangs up. */
  async fetch(path: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    if (this.#socket === undefined) throw new PersonServerFailed("Your server does not serve yet.");
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${this.#token}`);
    // Nothing is inflated on the way, and it may be silent for long.
    const own = { unix: this.#socket, redirect: "manual", decompress: false, timeout: false };
    return fetch(`http://localhost${path}`, { ...init, headers, signal, ...own } as RequestInit);
  }

  /** Tells it what the front gives now. Nothing that runs there is cut. Rejects where it does not take it. */
  give(signal: AbortSignal): Promise<void> {
    // One after the other: an earlier one must not come last.
    const giving = this.#giving.then(() => this.#give(signal));
    this.#giving = giving.catch(() => undefined);
    return giving;
  }

  async #give(signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(giftOf(this.#parts));
    const answer = await this.fetch(giftPath, { method: "PUT", body }, signal);
    if (!answer.ok) throw new Error(`It answered ${answer.status}`);
  }

  /** Counts as in use until what is returned is called. */
  use(): () => void {
    this.open++;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.open--;
      this.usedAt = performance.now();
    };
  }

  /** Asks it to end in order, as a signal does. Resolves when no process of the person's server is left, or with those that are. */
  async end(): Promise<JobEnd> {
    if (!this.hasEnded && this.#socket !== undefined) {
      const late = AbortSignal.timeout(closeMs);
      await this.fetch("/api/shutdown", { method: "POST" }, late).catch(() => undefined);
      await settledOrAborted(this.#job.exited, late);
    }
    return this.kill();
  }

  /** Kills all of it at once. */
  async kill(): Promise<JobEnd> {
    const end = await this.#job.stop("hard");
    await this.ended;
    return end;
  }

  async #untilServing(): Promise<void> {
    const { socket, account } = this.#parts;
    for (const until = performance.now() + startMs; performance.now() < until;) {
      this.#socket ??= socket.take();
      if (this.#socket !== undefined && (await this.#answers())) {
        socket.remove();
        return;
      }
      if (this.hasEnded) throw new PersonServerFailed(endedWords(account, this.#said.text));
      await within(lookMs, this.ended, neverAborts);
    }
    throw new PersonServerFailed(
      `Your server, as ${account.name}, did not answer within ${startMs / 1000} seconds. ${lastLine(this.#said.text)}`,
    );
  }

  async #answers(): Promise<boolean> {
    try {
      const answer = await this.fetch("/api/health", {}, AbortSignal.timeout(startMs));
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false; // it ended in this moment, which is looked at next
    }
  }
}

function endedWords({ name }: UnixAccount, said: string): string {
  return `Your server, as ${name}, ended before it served. ${lastLine(said)}`.trim();
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function giftOf({ gates, signIns, removals }: PersonServerParts) {
  return { providers: gates.providers(), signIns: signIns(), removed: removals() };
}

/** Of the person's own account; the front's keys are not among it. */
function environmentOf(parts: PersonServerParts, token: string) {
  const { account, socket, passedOn } = parts;
  const { name, home, shell } = account;
  return {
    ...passedOn,
    HOME: home,
    USER: name,
    LOGNAME: name,
    SHELL: shell,
    PATH: `${home}/.local/bin:${home}/.bun/bin:/usr/local/bin:/usr/bin:/bin`,
    BUN_CONFIG_MAX_HTTP_REQUESTS: "65535",
    REIN_SOCKET: socket.path,
    REIN_TOKEN: token,
    REIN_CWD: home,
    [frontVariable]: JSON.stringify({ account: name, ...giftOf(parts), removed: newestOf(parts) }),
  };
}

/** Removals that have room in a variable, which is text in a text; of more the server is told once it serves. */
function newestOf({ removals }: PersonServerParts): Removal[] {
  let room = maxRemovedBytes;
  return removals()
    .toSorted((a, b) => b.stop.askedAt - a.stop.askedAt)
    .filter((one) => (room -= Buffer.byteLength(JSON.stringify(JSON.stringify(one)))) >= 0);
}
