/** Stops that have not reached the server: kept across reloads, and sent as soon as it answers, until a person takes them back. */
import { createEffect, createMemo, mapArray, onCleanup, untrack } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { unacknowledged } from "../../sdk/unacknowledged";
import { defined } from "../../shared/defined";
import { api, ApiError } from "./api-client";
import { host, type Storage } from "./host";
import type { Notices } from "./notice-store";
import type { SessionList } from "./session-list";
import { createStoredStops, isOfStops, type WaitingStop } from "./stored-stops";
import { languageId, t, tn } from "../../shared/translation";

export interface UndeliveredStops {
  has: (id: string) => boolean;
  /** Keeps it, tells the person, and sends it again and again. One with the same id is replaced. `error`: why it was not delivered. */
  add: (stop: WaitingStop, error?: unknown) => void;
  /** It was delivered, or what it stops has ended. */
  remove: (id: string) => void;
  /** This run has ended: no stop of it, or of a part of it, is needed. */
  removeRun: (runId: string) => void;
  /** Sends them all now: a person asks for it, or the server was just seen to answer. */
  deliver: () => void;
}

export interface UndeliveredOptions {
  list: Pick<SessionList, "sorted" | "refresh">;
  notices: Notices;
  /** The session on screen: a notice does not lead there. */
  shownId: () => string | undefined;
  /** The machine of a session, when it is known not to answer. */
  awayNode?: (sessionId: string) => string | undefined;
  storage?: Storage;
  /** How long it waits before it tries again, after so many tries. */
  delayMs?: (failures: number) => number;
}

const answerMs = 20_000;
const firstRetryMs = 500;
const maxRetryMs = 15_000;

export function createUndeliveredStops(options: UndeliveredOptions): UndeliveredStops {
  const { storage = host().sharedStorage(), delayMs = retryDelayMs } = options;
  const stored = createStoredStops(storage);
  const [state, setState] = createStore<{ stops: WaitingStop[] }>({ stops: [] });
  const posting = new Map<string, AbortController>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isDisposed = false;

  /** Other tabs change what is stored, too. */
  function change(next: (stops: WaitingStop[]) => WaitingStop[]): void {
    stored.change(next);
    show();
  }

  function show(): void {
    if (isDisposed) return;
    const stops = stored.read();
    setState("stops", reconcile(stops, { key: "id" }));
    for (const [id, attempt] of posting) if (!stops.some((stop) => stop.id === id)) attempt.abort();
    if (stops.length === 0) {
      clearTimeout(timer);
      [timer, failures] = [undefined, 0];
    } else timer ??= setTimeout(() => void probe(), delayMs(failures++));
  }

  /** The list of sessions tells whether the server answers: the answer to a stop waits until all of it has settled. */
  async function probe(): Promise<void> {
    try {
      await options.list.refresh();
      deliver();
    } catch {
      // It cannot be reached yet, which the notices say.
    }
    timer = undefined;
    show();
  }

  function deliver(): void {
    if (isDisposed) return;
    for (const stop of stored.read()) if (!posting.has(stop.id)) void deliverOne(stop);
  }

  async function deliverOne(stop: WaitingStop): Promise<void> {
    const attempt = new AbortController();
    const timeout = setTimeout(() => attempt.abort(), answerMs);
    posting.set(stop.id, attempt);
    try {
      const unreached = await post(stop, attempt.signal);
      if (unreached.length === 0) remove(stop.id);
      else keepFor(stop.id, unreached);
    } catch (error) {
      if (isGone(error)) remove(stop.id);
      else keepFor(stop.id, isOfRuns(stop) ? undefined : (nodesIn(error) ?? stop.nodes));
    } finally {
      clearTimeout(timeout);
      if (posting.get(stop.id) === attempt) posting.delete(stop.id);
    }
  }

  /** A person asks for it: an attempt under way may wait for an answer that never comes. */
  function sendAgain(id: string): void {
    posting.get(id)?.abort();
    const stop = stored.read().find((one) => one.id === id);
    if (stop !== undefined) void deliverOne(stop);
  }

  /** `nodes`: the machines that it still has to reach, where it is known that they are why it waits. */
  function keepFor(id: string, nodes: string[] | undefined): void {
    const kept = stored.read().find((stop) => stop.id === id);
    if (kept === undefined || String(kept.nodes) === String(nodes)) return;
    change((stops) =>
      stops.map((stop) => (stop.id === id ? { ...stop, ...defined({ nodes }) } : stop)),
    );
  }

  function remove(id: string): void {
    if (has(id)) change((stops) => stops.filter((stop) => stop.id !== id));
  }

  function removeRun(runId: string): void {
    if (untrack(() => state.stops.some((stop) => stop.runIds.includes(runId))))
      change((stops) => stops.flatMap((stop) => withoutRun(stop, runId) ?? []));
  }

  function has(id: string): boolean {
    return state.stops.some((stop) => stop.id === id);
  }

  onCleanup(listenForOtherTabs(show));
  onCleanup(() => {
    isDisposed = true;
    clearTimeout(timer);
    for (const attempt of posting.values()) attempt.abort();
  });
  createStopNotices(() => state.stops, { takeBack: remove, sendAgain }, options);
  show();

  return {
    has,
    add(stop, error) {
      const kept = { ...stop, ...defined({ nodes: nodesIn(error) ?? stop.nodes }) };
      change((stops) => [...stops.filter(({ id }) => id !== stop.id), kept]);
    },
    remove: (id) => untrack(() => remove(id)),
    removeRun,
    deliver,
  };
}

/** One notice for each stop that waits, while it waits. */
function createStopNotices(
  stops: () => WaitingStop[],
  { takeBack, sendAgain }: Record<"takeBack" | "sendAgain", (id: string) => void>,
  { list, notices, shownId, awayNode }: UndeliveredOptions,
): void {
  const shown = mapArray(stops, (stop) => {
    const { id } = stop;
    // Told anew only when the words change, not with each change of the list.
    const text = createMemo(() => textOf(stop, list));
    /** What the server has said of it, and before that what the page knows. */
    const nodes = createMemo(() => {
      const away = stop.sessionId === undefined ? undefined : awayNode?.(stop.sessionId);
      return stop.nodes ?? (away === undefined ? undefined : [away]);
    });
    const detail = createMemo(() => detailOf(stop.kind, nodes()));
    const elsewhere = createMemo(() => (stop.sessionId === shownId() ? undefined : stop.sessionId));
    createEffect(() => {
      const sessionId = elsewhere();
      const notice = {
        id,
        text: text(),
        detail: detail(),
        // Of a machine that is away, nothing else tells when it is back.
        ...(nodes() !== undefined && {
          others: [{ label: t("Try again"), run: () => sendAgain(id) }],
        }),
        action: { label: t("Take it back"), run: () => takeBack(id) },
        ...(sessionId !== undefined && { link: { label: t("Show that session"), sessionId } }),
        holds: true,
      };
      untrack(() => notices.keep(notice));
    });
    onCleanup(() => notices.dismiss(id));
  });
  createEffect(shown);
}

function textOf(stop: WaitingStop, list: UndeliveredOptions["list"]): string {
  return stop.kind === "everything" && stop.nodes !== undefined
    ? t("“Stop everything” has not reached {machines}", { machines: machineWords(stop.nodes) })
    : wordsOf[stop.kind](titleOf(stop, list));
}

function detailOf(kind: WaitingStop["kind"], nodes: string[] | undefined): string {
  if (nodes === undefined) return t("It is sent as soon as the server can be reached.");
  if (kind === "everything")
    return t("What runs there goes on. The stop is sent again as soon as it can be.");
  const [name = ""] = nodes;
  return t("Machine {name} does not answer. The stop is sent again as soon as it does.", { name });
}

/** "machine b", "machines b and c". */
function machineWords(names: string[]): string {
  const list = new Intl.ListFormat(languageId()).format(names);
  return tn(names.length, "machine {list}", "machines {list}", { list });
}

const wordsOf: Record<WaitingStop["kind"], (title: string) => string> = {
  run: (title) => t("Stop of {title} not delivered yet", { title }),
  hard: (title) => t("Stop at once of {title} not delivered yet", { title }),
  subagent: (title) => t("Stop of a subagent of {title} not delivered yet", { title }),
  "tool-call": (title) => t("Stop of a tool call of {title} not delivered yet", { title }),
  process: (title) => t("Stop of a process of {title} not delivered yet", { title }),
  survivors: (title) => t("Stop of what is left of {title} not delivered yet", { title }),
  everything: () => t("“Stop everything” not delivered yet"),
};

function titleOf({ sessionId, title }: WaitingStop, list: UndeliveredOptions["list"]): string {
  const current = list.sorted().find(({ id }) => id === sessionId)?.title || title;
  return current === "" ? t("a new session") : t("“{title}”", { title: current });
}

/**
 * By its name alone a run is stopped in whichever session it is, even before the server knows it. Resolves with the machines
 * that a stop of everything has not reached.
 */
async function post(stop: WaitingStop, signal: AbortSignal): Promise<string[]> {
  const { kind, runIds, partId = "", sessionId = "", nodes, askedAt } = stop;
  const [runId = ""] = runIds;
  if (kind === "everything" && nodes !== undefined) {
    const askedMsAgo = askedAt && Math.max(0, Date.now() - askedAt);
    const { unreached = [] } = await api.stopEverything(signal, defined({ nodes, askedMsAgo }));
    return unreached.map(({ node }) => node);
  }
  if (kind === "run" || kind === "everything")
    await Promise.all(runIds.map((one) => stopByName(one, signal)));
  else if (kind === "process") await api.stopProcess(sessionId, partId, signal);
  else if (kind === "survivors") await api.endSurvivors(sessionId, runId, signal);
  else await api.stopSession(sessionId, { runId, ...partOf(kind, partId) }, signal);
  return [];
}

/** Rejects also where a machine that may have the run was not reached, and none has stopped it. */
export async function stopByName(runId: string, signal: AbortSignal): Promise<void> {
  const error = unacknowledged(await api.stopRun(runId, signal));
  if (error !== undefined) throw error;
}

/** Of everything by its runs: sent to a machine, it would stop there what began later. */
function isOfRuns({ kind, nodes }: WaitingStop): boolean {
  return kind === "everything" && nodes === undefined;
}

function partOf(kind: "hard" | "subagent" | "tool-call", partId: string) {
  if (kind === "hard") return { hard: true };
  return kind === "subagent" ? { subagentId: partId } : { toolCallId: partId };
}

/** Without it; undefined when nothing else is to be stopped. */
function withoutRun(stop: WaitingStop, runId: string): WaitingStop | undefined {
  if (stop.kind === "survivors" || !stop.runIds.includes(runId)) return stop;
  // There is more to stop on those machines than the runs that the page knows.
  if (stop.kind === "everything" && stop.nodes !== undefined) return stop;
  const runIds = stop.runIds.filter((one) => one !== runId);
  return runIds.length === 0 ? undefined : { ...stop, runIds };
}

/** The server itself has said that there is nothing to stop, or that it cannot read this: trying again is of no use. */
export function isGone(error: unknown): boolean {
  const isOwn = error instanceof ApiError && error.code !== "unknown";
  return isOwn && (error.status === 404 || error.status === 400);
}

function nodesIn(error: unknown): string[] | undefined {
  const node = error instanceof ApiError ? error.node : undefined;
  return node === undefined ? undefined : [node];
}

/** A little different in each tab. At most about 19 seconds, however often it has failed. */
export function retryDelayMs(failures: number): number {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** failures) * (0.75 + Math.random() / 2);
}

/** Returns what ends it. */
function listenForOtherTabs(show: () => void): () => void {
  return host().onStorageChange((name) => {
    if (name === null || isOfStops(name)) show();
  });
}
