/**
 * `rein stdio`: a session by lines of JSON. The lines in are in input-lines.ts, the lines out in output-lines.ts.
 *
 * The end of the input, SIGINT, SIGTERM, SIGHUP and a reader that is gone stop what the process has started (with `detach`,
 * nothing does), and no run of another; it exits when that has settled and all is written. When it is killed, its connections
 * close, which stops the same.
 */
import { version } from "../../../package.json";
import { ApiError, ConnectionLost, type Rein } from "../../sdk/create-rein";
import { defined } from "../../shared/defined";
import { wireVersion } from "../../shared/protocol";
import {
  LineError,
  type InputLine,
  type LineId,
  maxInputBytes,
  parseInputLine,
  type SteeringLine,
} from "./input-lines";
import { type RawLine, readLines } from "./line-reader";
import { type LineTarget, LineWriter } from "./line-writer";
import type { OwnLine } from "./output-lines";
import { StdioSession } from "./stdio-session";

export interface StdioOptions {
  rein: Rein;
  /** In which a new session works. */
  cwd: string;
  /** The session to go on with; without it the first message makes one. */
  sessionId: string | undefined;
  detach: boolean;
  input: ReadableStream<Uint8Array>;
  output: LineTarget;
  /** Calls `onGone` once, when the reader of the output is gone though nothing is written. */
  watchReader: (onGone: () => void) => Disposable;
  /** Called with each signal that asks the process to end. Returns what removes it. */
  onSignal: (listener: () => void) => () => void;
}

/** No more lines are read while so many wait for their answers to be written. */
const maxOpenLines = 100;

/** Resolves with the exit code: 0 done, 130 stopped, 1 failed. */
export function runStdio(options: StdioOptions): Promise<number> {
  return new StdioProcess(options).run();
}

class StdioProcess {
  readonly #options: StdioOptions;
  readonly #ending = new AbortController();
  /** Closes every connection. */
  readonly #closing = new AbortController();
  /** A second signal has come: the process exits without its last lines. */
  readonly #abandoned = Promise.withResolvers<void>();
  readonly #writer: LineWriter;
  readonly #session: StdioSession;
  /** Lines whose answers are not written yet. */
  readonly #open = new Set<Promise<void>>();
  /** The line that is carried out, and those behind it. */
  #steering: Promise<unknown> = Promise.resolve();
  #isFailed = false;

  constructor(options: StdioOptions) {
    this.#options = options;
    this.#writer = new LineWriter(options.output, () => this.#ending.abort());
    this.#session = new StdioSession({
      ...options,
      writer: this.#writer,
      onGone: (error) => this.#fail(error),
      ending: this.#ending.signal,
      signal: this.#closing.signal,
    });
  }

  async run(): Promise<number> {
    using _reader = this.#options.watchReader(() => this.#ending.abort());
    const removeListener = this.#options.onSignal(() => this.#onSignal());
    await Promise.race([this.#carryOutAll(), this.#abandoned.promise]);
    removeListener();
    this.#closing.abort();
    return this.#exitCode();
  }

  async #carryOutAll(): Promise<void> {
    const { sessionId } = this.#options;
    void this.#writer.send({
      type: "ready",
      version,
      wire: wireVersion,
      ...defined({ sessionId }),
    });
    if (sessionId === undefined || (await this.#attach(sessionId))) await this.#readInput();
    this.#ending.abort();
    // Should it fail, it is done again below.
    await this.#stopAll().catch(() => undefined);
    await this.#steering;
    // What the last lines have started.
    await this.#stopAll().catch((error: unknown) => this.#fail(error));
    await Promise.all(this.#open);
    await this.#session.finish();
    await this.#writer.drained();
  }

  /** False, as a line says, when there is no such session. */
  async #attach(sessionId: string): Promise<boolean> {
    try {
      await this.#session.attach(sessionId);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  async #readInput(): Promise<void> {
    const lines = readLines(this.#options.input, maxInputBytes, this.#ending.signal);
    try {
      for await (const raw of lines) {
        const answering = this.#answer(raw).finally(() => this.#open.delete(answering));
        this.#open.add(answering);
        while (this.#open.size >= maxOpenLines) await Promise.race(this.#open);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(new LineError("input", `The input cannot be read: ${reason}`));
    }
  }

  /** Resolves when the answer is written. Never rejects. */
  async #answer(raw: RawLine): Promise<void> {
    let line: InputLine | undefined;
    try {
      line = parseRaw(raw);
      if (line === undefined) return;
    } catch (error) {
      return this.#writer.send(errorLine(error, undefined));
    }
    return this.#writer.send(await this.#carryOut(line));
  }

  #carryOut(line: InputLine): Promise<OwnLine> {
    const { id } = line;
    if (line.type === "cancel_request")
      return answerOr(id, async () => {
        return {
          type: "cancel_response",
          ...defined({ id }),
          ...(await this.#session.cancel(line)),
        };
      });
    let announced: SteeringLine;
    try {
      announced = this.#session.announce(line);
    } catch (error) {
      return Promise.resolve(errorLine(error, id));
    }
    const answering = this.#steering.then(() =>
      answerOr(id, async () => {
        const answer = await this.#session.steer(announced);
        return { type: "response", ...defined({ id }), ...answer };
      }),
    );
    this.#steering = answering;
    return answering;
  }

  /** Resolves when nothing runs; throws when it cannot be stopped by name: then the connections that close stop it. */
  async #stopAll(): Promise<void> {
    if (this.#options.detach) return;
    while (await this.#session.stopOwn(false));
  }

  #onSignal(): void {
    if (!this.#ending.signal.aborted) return this.#ending.abort();
    const abandon = () => this.#abandoned.resolve();
    if (this.#options.detach) abandon();
    else void this.#session.stopOwn(true).then(abandon, abandon);
  }

  /** What the process cannot go on without has failed. */
  #fail(error: unknown): void {
    this.#isFailed = true;
    void this.#writer.send(errorLine(error, undefined));
    this.#ending.abort();
  }

  #exitCode(): number {
    const { outcome } = this.#session;
    if (this.#isFailed || outcome === "failed") return 1;
    return outcome === "stopped" ? 130 : 0;
  }
}

function parseRaw(raw: RawLine): InputLine | undefined {
  if (raw !== "too-long") return parseInputLine(raw);
  throw new LineError("too-long", `The line is longer than ${maxInputBytes} bytes.`);
}

/** Never rejects: what fails is answered by an error. */
async function answerOr(id: LineId | undefined, act: () => Promise<OwnLine>): Promise<OwnLine> {
  try {
    return await act();
  } catch (error) {
    return errorLine(error, id);
  }
}

function errorLine(error: unknown, lineId: LineId | undefined): OwnLine {
  const code = codeOf(error);
  if (code === undefined) console.error(error);
  const id = lineId ?? (error instanceof LineError ? error.id : undefined);
  const message = error instanceof Error ? error.message : String(error);
  return { type: "error", ...defined({ id }), code: code ?? "unknown", message };
}

/** Undefined for a bug. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof LineError || error instanceof ApiError) return error.code;
  return error instanceof ConnectionLost ? "unreachable" : undefined;
}
