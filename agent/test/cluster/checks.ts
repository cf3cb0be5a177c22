/** What a check is, and what several of them do: runs at the pace of a model, and viewers on other nodes. */
import { figures } from "../../bench/statistics";
import type { Run } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import type { Chat } from "../rein";
import { untilAsync } from "../within";
import type { Machines } from "./machines";
import { pacedText } from "./paced-answer";

export interface Check {
  /** A sentence. */
  name: string;
  /** Resolves with the figures; rejects when what the name says does not hold. */
  run(machines: Machines): Promise<string>;
  /** Its name says why. */
  isSkipped?: boolean;
}

/** Events a second of a run. */
export const pace = 50;
/** More words than any check waits for. */
const manyWords = 6000;

/** All requests are answered at this pace, until they are closed. */
export function answerAtPace({ upstream }: Machines): void {
  upstream.reset();
  upstream.route(() => [pacedText(manyWords, 1000 / pace)]);
}

export interface Followed {
  chat: Chat;
  /** On another node. */
  viewer: Chat;
  sessionId: string;
  runId: string;
}

/** What a check needs of the nodes that it works with. */
export type Nodes = Pick<Machines, "node" | "sql">;

/** A run on this node that has begun to write. */
export async function begin(
  { node }: Nodes,
  name: string,
  request: Partial<ChatRequest> = {},
): Promise<Chat> {
  const chat = node(name).send(request);
  await chat.until(({ type }) => type === "part-delta");
  return chat;
}

/** Resolves once the run is in the database. */
export async function untilStored({ sql }: Nodes, runId: string): Promise<void> {
  await untilAsync(
    async () => (await sql`SELECT 1 FROM rein.runs WHERE id = ${runId}`).length === 1,
    "the run is in the database",
  );
}

/** Started again, by this version. */
export async function replace({ node }: Nodes, name: string): Promise<void> {
  await node(name).stop();
  await node(name).start();
}

/** A run on node a that has begun to write and is in the database, and a viewer of it on node b. */
export async function startFollowed(
  nodes: Nodes,
  request: Partial<ChatRequest> = {},
): Promise<Followed> {
  const { node } = nodes;
  const chat = await begin(nodes, "a", request);
  const { sessionId, runId } = chat;
  await untilStored(nodes, runId);
  const viewer = node("b").rein.follow(sessionId);
  await viewer.until(({ type }) => type === "part-delta");
  return { chat, viewer, sessionId, runId };
}

/** The run as this viewer's page would show it. */
export function runSeen({ session }: Chat, runId: string): Run | undefined {
  return session.runs.find(({ id }) => id === runId);
}

/** Resolves when this viewer's page shows the end of the run: by an event, or by a snapshot. */
export async function seesEnd(viewer: Chat, runId: string): Promise<Run> {
  await viewer.until(() => runSeen(viewer, runId)?.state === "settled");
  return runSeen(viewer, runId)!;
}

/** The numbers of the words that a page would show; throws when one is missing, twice or out of order. */
export function wordsSeen({ session }: Chat): number {
  return countWords(textOf(session.messages));
}

export function countWords(text: string): number {
  const words = text.trim() === "" ? [] : text.trim().split(" ");
  const wrong = words.findIndex((word, index) => word !== `w${index}`);
  if (wrong !== -1)
    throw new Error(`Word ${wrong} is ${words[wrong]}, after ${words[wrong - 1] ?? "nothing"}.`);
  return words.length;
}

/** What the model has written. */
export function textOf(messages: { role: string; parts: { type: string; text?: string }[] }[]) {
  const parts = messages.filter(({ role }) => role === "assistant").flatMap(({ parts }) => parts);
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** Throws unless it holds, with `what` was expected and is not so. */
export function must(holds: boolean, what: string | (() => string)): asserts holds {
  if (!holds) throw new Error(typeof what === "string" ? what : what());
}

/** The figures in words; `aims`, in milliseconds, which are not met end the words, for `mustMeet`. */
export function shown(
  name: string,
  samples: number[],
  aims: { p50?: number; p99?: number; max?: number } = {},
): string {
  const found = figures(samples);
  const text = `${name}: p50 ${ms(found.p50)}, p99 ${ms(found.p99)}, max ${ms(found.max)} ms (${samples.length})`;
  const missed = Object.entries(aims).filter(([key, aim]) => found[key as "max"] >= aim);
  return [text, ...missed.map(([key, aim]) => `${key} ${missedAim} ${aim} ms`)].join("; ");
}

const missedAim = "MISSES the aim of under";

/** The figures together; throws with all of them when an aim was missed. */
export function mustMeet(...shownFigures: string[]): string {
  const all = shownFigures.join("; ");
  if (all.includes(missedAim)) throw new Error(all);
  return all;
}

export function ms(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}
