/** The face of plain lines: for one run, or message by message. */
import { splitCommand } from "../client/state/split-command";
import type { Rein } from "../sdk/create-rein";
import { ApiError } from "../sdk/create-rein";
import type { ChatRequest } from "../shared/requests";
import { defined } from "../shared/defined";
import { terminalLine, terminalText } from "../shared/terminal-safe";
import type { Chosen } from "./ask-flags";
import { findSession, listSessions } from "./choose-session";
import { answerMs, CommandFailed, UsageError } from "./command";
import { exitCodeOf } from "./exit-code";
import { type FollowedRun, followRun } from "./follow-run";
import { LineInput } from "./line-input";
import { askNobody, askPerson } from "./person-asked";
import { sayBrought } from "./project-note";
import { endLines, RunLines } from "./run-lines";
import { sessionRows } from "./list-sessions";
import { writeOutput } from "./standard-output";
import { onEndSignals } from "./stop-signals";
import { type Said, sendTyped } from "./typed-message";

const say = (words: string) => {
  process.stderr.write(`${words}\n`);
};

/** Shows one run. Resolves with the exit code; throws as `followRun` does. */
export async function showRun(rein: Rein, request: ChatRequest): Promise<number> {
  const { session, run } = await show(rein, request);
  await sayBrought(rein, session.cwd || undefined, say);
  return exitCodeOf(run);
}

async function show(rein: Rein, request: ChatRequest): Promise<FollowedRun> {
  let written = Promise.resolve();
  const write = (text: string) => {
    written = writeOutput(text);
    written.catch(() => {}); // the last is awaited, and the stream's own error ends the command
  };
  const lines = new RunLines({ write, showsText: true });
  const stop = new AbortController();
  const sayLine = (words: string) => {
    lines.startLine();
    say(terminalText(words));
  };
  const asking =
    process.stdin.isTTY && process.stderr.isTTY
      ? askPerson(lines, () => stop.abort())
      : askNobody(sayLine);
  const face = {
    show: lines.show.bind(lines),
    ...asking,
    say: sayLine,
  };
  const followed = await followRun(rein, request, face, stop);
  lines.startLine();
  await written;
  for (const line of endLines(followed.run)) say(line);
  return followed;
}

/** The directory of a new session; undefined for the server's own. Throws CommandFailed when it cannot be used. */
type Here = () => string | undefined;

/** Takes messages from the terminal until it is left. Resolves with the exit code. */
export async function openLineFace(rein: Rein, chosen: Chosen, here: Here): Promise<number> {
  const conversation = new Conversation(rein, chosen, here);
  say("Type a message, or /help. Ctrl+C stops a run; when nothing runs, it exits.");
  await sayBrought(rein, here(), say);
  const input = new LineInput();
  using end = onEndSignals();
  for (;;) {
    const line = await input.next("rein> ", end.signal);
    if (line === undefined) return end.exitCode() ?? 0;
    if (line.trim() === "") continue;
    if (line.trim() === "/exit") return 0;
    try {
      await conversation.take(line.trim());
    } catch (error) {
      // What was refused can be said otherwise.
      if (!isForPerson(error)) throw error;
      say(`rein: ${terminalText(error.message)}`);
    }
  }
}

function isForPerson(error: unknown): error is Error {
  return [ApiError, CommandFailed, UsageError].some((kind) => error instanceof kind);
}

interface LineCommand {
  words: string;
  run: (argument: string) => Promise<void>;
}

/** The session that the messages go to, and the commands. */
class Conversation {
  #lastRun: { sessionId: string; runId: string } | undefined;

  constructor(
    readonly rein: Rein,
    public chosen: Chosen,
    readonly here: Here,
  ) {}

  async take(line: string): Promise<void> {
    const { name, argument } = splitCommand(line);
    const command = this.commands.get(name);
    if (command !== undefined) return command.run(argument);
    await sendTyped(line, "", (said) => this.#send(said));
  }

  async #send(said: Said): Promise<void> {
    const { session, run } = await show(this.rein, { ...this.chosen, ...said });
    if (run === undefined) return;
    this.#lastRun = { sessionId: session.id, runId: run.id };
    // What was chosen is the session's own by now.
    const { limits, onDisconnect } = this.chosen;
    this.chosen = { sessionId: session.id, ...(limits && { limits }), onDisconnect };
  }

  readonly commands = new Map<string, LineCommand>([
    [
      "help",
      {
        words: "List the commands",
        run: async () => {
          for (const [name, { words }] of this.commands) say(`/${name}  ${words}`);
          say("/exit  Leave");
          say("/NAME …  A command or a skill of a file; “rein project” lists them");
        },
      },
    ],
    [
      "new",
      {
        words: "Begin a new session here",
        run: async () => {
          this.chosen = defined({ cwd: this.here(), onDisconnect: this.chosen.onDisconnect });
          this.#lastRun = undefined;
          say("The next message begins a new session.");
        },
      },
    ],
    [
      "sessions",
      {
        words: "List the sessions; /sessions ID goes on with one",
        run: (id) => this.#sessions(id),
      },
    ],
    [
      "model",
      {
        words: "/model NAME, /model PROVIDER/NAME: the model of the next message",
        run: (name) => this.#model(name),
      },
    ],
    ["undo", { words: "Undo the file changes of the last run", run: () => this.#undo() }],
  ]);

  async #sessions(id: string): Promise<void> {
    if (id === "") return say(sessionRows((await listSessions(this.rein)).slice(0, 20)));
    const found = await findSession(this.rein, id);
    this.chosen = { sessionId: found.id, onDisconnect: this.chosen.onDisconnect };
    this.#lastRun = undefined;
    say(`Going on with “${terminalLine(found.title)}” in ${terminalLine(found.cwd)}`);
  }

  async #model(name: string): Promise<void> {
    const { providers } = await this.rein.models(AbortSignal.timeout(answerMs));
    const ready = providers.filter((provider) => provider.ready);
    if (name === "") {
      for (const { id, models } of ready)
        for (const model of models) say(`${terminalLine(id)}/${terminalLine(model.id)}`);
      return;
    }
    const [first = "", ...rest] = name.split("/");
    const provider = rest.length > 0 ? ready.find(({ id }) => id === first)?.id : undefined;
    const model = provider === undefined ? name : rest.join("/");
    const named = provider ?? ready.find(({ models }) => models.some(({ id }) => id === model))?.id;
    this.chosen = { ...this.chosen, model, ...(named !== undefined && { provider: named }) };
    say(
      `The next message is for ${terminalLine(named ?? "the same provider")}, ${terminalLine(model)}.`,
    );
  }

  async #undo(): Promise<void> {
    if (this.#lastRun === undefined) throw new UsageError("No run of this window can be undone.");
    const { sessionId, runId } = this.#lastRun;
    const { restored, spared } = await this.rein.undo(
      "undo",
      sessionId,
      runId,
      {},
      AbortSignal.timeout(answerMs),
    );
    say(`Files restored: ${restored}`);
    for (const path of spared) say(`Left as it is: ${terminalLine(path)}`);
  }
}
