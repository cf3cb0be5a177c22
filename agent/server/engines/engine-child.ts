/** A program that speaks line by line, an engine's or an MCP server, as a job: line by line over its standard input and output, with bounds on what is held. */
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { defined } from "../../shared/defined";
import { isWithin } from "../../shared/rules";
import { log } from "../log";
import { existing, programPaths, withoutHiddenLinks } from "./program-paths";
import type { Job, JobOwner, Jobs } from "../processes/jobs";
import { EngineError, type EngineChild } from "./engine";

export interface ChildRequest {
  /** The engine's name, for messages to people. */
  name: string;
  command: string[];
  cwd: string;
  /** Added to the environment of every job. */
  env: Record<string, string>;
  owner: JobOwner;
  /** It is no engine: it runs confined as commands do, without the network where they have none. */
  isMcpServer?: true;
  /** The same, of a language server. */
  isLanguageServer?: true;
  /** How its messages are told apart, where they are no lines. */
  framing?: Framing;
  /** Command lines of programs that it starts itself: in a sandbox it sees their files. */
  starts?: readonly string[][];
  /** The port of Rein's gate on 127.0.0.1. Absent: it goes out to its service by itself. */
  gatePort?: number | undefined;
  /**
   * What it can write in a sandbox, besides its directory: its home, or `Engine.userFiles`. What is missing is made as a
   * directory, or left out where its name is that of a JSON file.
   */
  writable?: readonly string[];
}

/** Messages that are no lines, as lines. */
export interface Framing {
  /** Takes output in pieces of any size: returns the lines that have come whole, or undefined for what is no message. */
  read(text: string): string | undefined;
  frame(line: string): string;
}

/** In characters. A line with a picture has some millions. */
const maxLine = 20_000_000;

/** Of lines that were not taken yet. */
const maxUnread = 64_000_000;

/** What a string costs besides its characters: a flood of short ones is bounded too. */
const stringCost = 16;

/** What it may write at once, and from then on in a second: reading more would leave little time for others. */
const atOnce = 200_000_000;
const perSecond = 10_000_000;

const keptOfErrors = 65_536;

/**
 * Starts it, in the sandbox that the settings want. Rejects with an Error when it cannot be started, with EngineError when
 * it could not reach its service, and with the signal's reason when that has aborted. An abort later stops the job
 * politely. When it writes a line that is too long, or does not read what it is sent, `lines` throws
 * and the job is stopped.
 */
export async function startChild(
  jobs: Jobs,
  {
    name,
    gatePort,
    isMcpServer,
    isLanguageServer,
    framing,
    writable = [],
    starts = [],
    ...request
  }: ChildRequest,
  signal: AbortSignal,
): Promise<EngineChild> {
  const confinement = await jobs.confinement();
  const isEngine = !isMcpServer && !isLanguageServer;
  if (isEngine && confinement?.network === false && gatePort === undefined)
    throw new EngineError(
      "engine-network",
      `${name} reaches its service by itself, and the network of commands is off. Allow the network in Settings → Commands, or use ${name} with one of Rein's providers.`,
    );
  const { command, env, cwd } = request;
  const paths = confinement && {
    command: withoutHiddenLinks(command),
    // Not in its directory, where all is shown: what is mounted there could not be written.
    readable: (await allProgramPaths(command, env, starts)).filter((path) => !isWithin(path, cwd)),
    writable: await madeWritable(writable),
  };
  const lines = new Lines();
  let errors = "";
  let job: Job | undefined;
  const fail = (message: string): void => {
    lines.fail(new EngineError("engine-wire", message));
    if (job) end(job);
  };
  const open = await jobs.open(
    {
      ...request,
      ...paths,
      ...defined({ loopbackPort: gatePort }),
      title: name,
      ...defined({ isMcpServer, isLanguageServer }),
      ...(isEngine && { isEngine }),
      stdinOpen: true,
      onOutput(text, stream) {
        if (stream === "stderr") {
          errors = (errors + text).slice(-keptOfErrors);
          return;
        }
        const read = lines.hasFailed || !framing ? text : framing.read(text);
        if (read === undefined)
          fail(`${name} wrote what is no message of its protocol, and was stopped.`);
        else if (!lines.add(read)) fail(`${name} wrote more than Rein can take, and was stopped.`);
      },
    },
    signal,
  );
  job = open;
  if (lines.hasFailed) end(job);
  const ended = open.ended.finally(() => lines.end());
  return {
    get pid() {
      return open.shownPid;
    },
    get isDead() {
      return open.isDead;
    },
    lines,
    ended,
    write(line) {
      if (!open.write(framing ? framing.frame(line) : `${line}\n`))
        fail(`${name} does not read what Rein sends it, and was stopped.`);
    },
    closeInput: () => open.closeInput(),
    errorOutput: () => errors,
    stop: (how) => open.stop(how),
  };
}

async function allProgramPaths(
  command: readonly string[],
  environment: Record<string, string>,
  starts: readonly string[][],
): Promise<string[]> {
  const own = programPaths(command, environment);
  return (await Promise.all([own, ...starts.map((one) => programPaths(one))])).flat();
}

/** A sandbox shows what there is at its start: a program that has never run could not make its directories then. */
async function madeWritable(paths: readonly string[]): Promise<string[]> {
  const all = paths.map((path) => path.replace(/^~(?=\/)/, homedir()));
  const directories = all.filter((path) => !path.endsWith(".json"));
  // One that cannot be made is left out, as it would be without a sandbox; a file is there.
  const makes = directories.map((path) => mkdir(path, { recursive: true, mode: 0o700 }));
  await Promise.allSettled(makes);
  return existing(all);
}

/**
 * Opens a conversation on the program. When `open` rejects, the program is stopped before this rejects: with the signal's
 * reason where that has aborted, else with the same error.
 */
export async function openOrStop<Conversation>(
  child: EngineChild,
  open: () => Promise<Conversation>,
  signal: AbortSignal,
): Promise<Conversation> {
  try {
    return await open();
  } catch (error) {
    await child.stop("hard");
    signal.throwIfAborted();
    throw error;
  }
}

function end(job: Job): void {
  job.stop("hard").catch((err: unknown) => log.error({ err }, "An engine could not be stopped"));
}

/**
 * Text cut at LF and nowhere else: a JSON string can hold every other line end of Unicode. Empty lines are left out. Read
 * once.
 */
class Lines implements AsyncIterable<string> {
  /** The pieces of the line that has not ended yet: put together once, for there can be thousands. */
  #begun: string[] = [];
  #begunSize = 0;
  #unread: string[] = [];
  #unreadSize = 0;
  #isOver = false;
  #error: EngineError | undefined;
  /** What it may write now. */
  #allowance = atOnce;
  #allowedAt = performance.now();
  #changed = Promise.withResolvers<void>();

  get hasFailed(): boolean {
    return this.#error !== undefined;
  }

  /** False when it is too much: then it has to be made to fail. Nothing is kept after the end. */
  add(text: string): boolean {
    if (this.#isOver) return true;
    const [first = "", ...others] = text.split("\n");
    const isFlood = this.#isFlood(text.length + others.length * stringCost);
    this.#begin(first);
    for (const next of others) {
      this.#finish();
      this.#begin(next);
    }
    this.#notify();
    return !isFlood && this.#begunSize <= maxLine && this.#unreadSize <= maxUnread;
  }

  /** Empty lines count too. */
  #isFlood(size: number): boolean {
    const now = performance.now();
    const since = (now - this.#allowedAt) / 1_000;
    this.#allowedAt = now;
    this.#allowance = Math.min(atOnce, this.#allowance + since * perSecond) - size;
    return this.#allowance < 0;
  }

  end(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#isOver = true;
    this.#notify();
  }

  /** The lines before it can still be read. */
  fail(error: EngineError): void {
    if (this.#isOver) return;
    this.#begun = [];
    this.#isOver = true;
    this.#error = error;
    this.#notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    for (;;) {
      const lines = this.#unread;
      this.#unread = [];
      for (const line of lines) {
        this.#unreadSize -= line.length + stringCost;
        yield line;
      }
      if (this.#unread.length > 0) continue;
      if (this.#error) throw this.#error;
      if (this.#isOver) return;
      await this.#changed.promise;
    }
  }

  #begin(text: string): void {
    if (text === "") return;
    this.#begun.push(text);
    this.#begunSize += text.length + stringCost;
  }

  #finish(): void {
    if (this.#begun.length === 0) return;
    const line = this.#begun.join("");
    this.#begun = [];
    this.#begunSize = 0;
    this.#unread.push(line);
    this.#unreadSize += line.length + stringCost;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
