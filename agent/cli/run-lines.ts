/** A run as lines of plain text: the answer as it comes, a line for the start and the end of each tool call, and what it came to. */
import { duration } from "../client/state/format";
import { receiptLine, toolStateLabel } from "../client/state/outcome-labels";
import { inputOf, shownName, shownSubject } from "../client/state/tool-input";
import type {
  Part,
  Receipt,
  Run,
  Session,
  SessionEvent,
  StreamEvent,
  ToolCallPart,
} from "../shared/protocol";
import { findMessage, findToolCall } from "../shared/session-lookup";
import { terminalLine, terminalText } from "../shared/terminal-safe";
import { ellipsized } from "../shared/truncate";
import { ownPauseWords } from "./storage-words";
import { callProblem } from "../shared/limit-hit-words";

export interface LineOptions {
  write: (text: string) => void;
  /** Whether the text of the answer is shown too. */
  showsText: boolean;
}

export class RunLines {
  /** Whether what was written last ended its line. */
  #isAtStart = true;
  readonly #write: (text: string) => void;
  readonly #showsText: boolean;

  constructor({ write, showsText }: LineOptions) {
    this.#write = write;
    this.#showsText = showsText;
  }

  /** Writes what the event says, if anything. It is in the session already. */
  show(event: StreamEvent, session: Session): void {
    switch (event.type) {
      case "part-start":
        if (event.agentId === undefined && event.part.type === "text") this.#text(event.part.text);
        return;
      case "part-delta":
        if (event.field === "text" && event.agentId === undefined)
          if (partOf(session, event)?.type === "text") this.#text(event.delta);
        return;
      case "tool-start":
      case "tool-end":
        return this.#tool(event, session);
      case "retry-start": {
        const { attempt, of, error } = event.retry;
        return this.line(`Try ${attempt} of ${of} after: ${terminalLine(error.message)}`);
      }
      case "run-pause":
        // The face says why, and what to do.
        if (ownPauseWords(event.pause ?? {}) !== undefined) return;
        return this.line(event.pause ? "Paused" : "Goes on");
      case "run-stall":
        if (event.stall) this.line("The model has been silent for some time");
        return;
    }
  }

  /** A line of its own, from a person's own words or Rein's. */
  line(words: string): void {
    this.startLine();
    this.#write(`${words}\n`);
  }

  startLine(): void {
    if (!this.#isAtStart) this.#write("\n");
    this.#isAtStart = true;
  }

  #text(text: string): void {
    if (!this.#showsText || text === "") return;
    const shown = terminalText(text);
    this.#write(shown);
    this.#isAtStart = shown.endsWith("\n");
  }

  #tool(event: Extract<SessionEvent, { type: "tool-start" | "tool-end" }>, session: Session): void {
    const part = partOf(session, event);
    if (part?.type !== "tool-call") return;
    const of = event.agentId === undefined ? undefined : findToolCall(session, event.agentId);
    const prefix = of?.subagent ? `[${ellipsized(terminalLine(of.subagent.title), 30)}] ` : "";
    const label = prefix + callWords(part);
    if (event.type === "tool-start") return this.line(`> ${label}`);
    this.line(`< ${label} · ${endWords(part)}`);
  }
}

/** "bash: npm test", of a subagent its title. */
function callWords(part: ToolCallPart): string {
  const subject = part.subagent?.title ?? shownSubject(inputOf(part), part.title);
  const name = terminalLine(shownName(part));
  return subject === "" ? name : `${name}: ${ellipsized(terminalLine(subject), 100)}`;
}

function endWords(part: ToolCallPart): string {
  const took =
    part.startedAt === undefined || part.endedAt === undefined
      ? undefined
      : duration(part.endedAt - part.startedAt);
  const state = toolStateLabel(part) || "done";
  const problem = callProblem(part);
  const error = problem === undefined ? "" : `: ${ellipsized(terminalLine(problem), 200)}`;
  return `${state}${error}${took === undefined ? "" : ` · ${took}`}`;
}

/** What a person is told when a run is over. */
export function endLines(run: Run | undefined): string[] {
  if (run === undefined) return ["Stopped before it began"];
  const error = run.error === undefined ? [] : [`Failed: ${terminalText(run.error.message)}`];
  if (run.outcome !== "stopped") return error;
  return run.receipt === undefined ? ["Stopped"] : stoppedLines(run.receipt);
}

/** The receipt's line, and a line for each process that may still run. */
export function stoppedLines(receipt: Receipt): string[] {
  const survivors = receipt.survivors.map(
    ({ pid, command, reason }) =>
      `Still running: ${pid} ${terminalLine(command)} (${terminalLine(reason)})`,
  );
  return [terminalText(receiptLine(receipt)), ...survivors];
}

function partOf(
  session: Session,
  event: { agentId?: string; messageId: string; partId: string },
): Part | undefined {
  return findMessage(session, event)?.parts.find(({ id }) => id === event.partId);
}
