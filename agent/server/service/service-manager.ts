/** Tells the service manager that started this server how it is: that it serves, that it ends, and that it does not hang. */
import { log } from "../log";

export interface ServiceManager extends Disposable {
  /** The server listens. From now on its watchdog is answered. `status`: a line for a person. */
  ready(status: string): void;
  status(words: string): void;
  /** The server ends, in order. */
  stopping(): void;
}

export interface ServiceManagerParts {
  /** Undefined when nothing watches. */
  watchdogMs?: number | undefined;
  /** Sends one message; false when it could not be sent now. Throws when none can ever be. */
  send: (text: string) => boolean;
  /** Whether the database answers. */
  isAnswering: () => boolean;
}

/** Four in the time of the watchdog: one that is lost, or a loop that was busy for a moment, ends no server. */
const beatsPerWatchdog = 4;
const againMs = 200;
/** A message that the manager does not take is given up after so many tries. */
const maxTries = 50;

/**
 * Never throws: whatever happens to the messages does not harm the server. A beat is sent by a timer of the event loop, and
 * only when the database answers: a server that hangs is restarted, and one that is busy is not.
 */
export function tellServiceManager(parts: ServiceManagerParts): ServiceManager {
  const { watchdogMs, isAnswering } = parts;
  const waiting: string[] = [];
  let tries = 0;
  let answers = true;
  let again: Timer | undefined;
  let beats: Timer | undefined;

  const send = (text: string): boolean => {
    try {
      return parts.send(text);
    } catch (err) {
      log.warn({ err }, "The service manager cannot be told how this server is");
      return true;
    }
  };
  const flush = (): void => {
    again = undefined;
    while (waiting.length > 0 && (send(waiting[0]!) || tries >= maxTries)) {
      waiting.shift();
      tries = 0;
    }
    if (waiting.length === 0) return;
    tries++;
    again = setTimeout(flush, againMs).unref();
  };
  const say = (...lines: string[]): void => {
    waiting.push(lines.join("\n"));
    if (again === undefined) flush();
  };
  const beat = (): void => {
    const answered = answers;
    answers = isAnswering();
    if (answers) send("WATCHDOG=1");
    else if (answered) log.error("The database does not answer: the watchdog is left to expire");
  };

  return {
    ready(words) {
      say("READY=1", statusLine(words));
      if (watchdogMs !== undefined)
        beats ??= setInterval(beat, Math.max(1, watchdogMs / beatsPerWatchdog));
    },
    status: (words) => say(statusLine(words)),
    stopping: () => say("STOPPING=1", statusLine("Ending in order")),
    [Symbol.dispose]() {
      clearInterval(beats);
      clearTimeout(again);
    },
  };
}

/** A message has a fact a line. */
function statusLine(words: string): string {
  return `STATUS=${words.replaceAll(/\s+/g, " ")}`;
}
