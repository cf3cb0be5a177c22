/** The keys that stop: Ctrl+C and Escape, by the same state as in the page. Where nothing runs, Ctrl+C exits, and Ctrl+D too. */
import { createSignal, onCleanup } from "solid-js";
import type { Client } from "../client/state/client";
import { bindKey } from "./terminal-keys";

/** As long as a confirmed stop may take. */
const leavingMs = 5000;

/** Longer than a held key takes to repeat: what stopped a run does not go on to exit. */
const quietMs = 1000;

const [isLeaving, setLeaving] = createSignal(false);
/** Ctrl+C was pressed while nothing ran: again, it exits. */
export { isLeaving };

/** Returns what takes a first Ctrl+C back: a person who types has not meant to exit. */
export function bindStopKeys(client: Client, exit: () => void): () => void {
  const stage = () => client.current().stage();
  const isRunning = () => stage() === "running";
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** When Ctrl+C was last pressed for a stop, or too soon after one. */
  let stoppedAt = -Infinity;

  function leave(): void {
    if (isLeaving()) return exit();
    if (performance.now() - stoppedAt < quietMs) return noteStop();
    setLeaving(true);
    timer = setTimeout(stay, leavingMs);
  }

  function stay(): void {
    clearTimeout(timer);
    setLeaving(false);
  }

  function noteStop(): void {
    stoppedAt = performance.now();
  }

  function stop(): void {
    noteStop();
    client.current().stop();
  }

  function stopHard(): void {
    noteStop();
    client.current().stopHard();
  }

  onCleanup(stay);
  bindKey({
    key: "Enter",
    when: () => isRunning() && client.current().confirmation.isAsking(),
    run: stop,
  });
  bindKey({ key: "Ctrl+c", when: () => !isRunning() && stage() !== "stopping", run: leave });
  bindKey({ key: "Escape", when: isLeaving, run: stay });
  for (const key of ["Escape", "Ctrl+c"])
    bindKey({ key, when: () => client.current().attached.isUploading(), run: stop });
  for (const key of ["Escape", "Ctrl+c"] as const) {
    bindKey({ key, words: stopWords[key], when: isRunning, run: stop });
    bindKey({ key, when: () => stage() === "stopping", run: stopHard });
  }
  const isEmpty = () => client.current().input.text() === "";
  const canExit = () => !isRunning() && stage() !== "stopping" && !client.route.isCovered();
  bindKey({
    key: "Ctrl+d",
    words: "Exit as Ctrl+C does, where nothing runs and the input is empty",
    when: () => canExit() && isEmpty(),
    run: leave,
  });
  return stay;
}

const stopWords = {
  Escape: "Close what lies on top, or stop the run; again, kill at once",
  "Ctrl+c": "Stop the run; again, kill at once; where nothing runs, exit",
};
