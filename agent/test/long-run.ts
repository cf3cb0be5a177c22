/** One conversation of an agent over thirty turns, for what a service's prompt cache makes of it: tests and the bench run it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Usage } from "../shared/protocol";
import type { Rein } from "./rein";
import {
  makeGate,
  reasoning,
  text,
  toolCall,
  type Upstream,
  type WireName,
} from "./upstream/upstream";
import type { CountedInput } from "./upstream/prompt-cache";

/** Each wire with a model whose prices are known: from the list under this name, or as the upstream states them. */
export const longRunModels: {
  wire: WireName;
  provider: string;
  model: string;
  pricesAs: string;
}[] = [
  { wire: "anthropic", provider: "anthropic", model: "claude-sonnet-4-6", pricesAs: "anthropic" },
  { wire: "openai", provider: "openai", model: "gpt-6-sol", pricesAs: "openai" },
  { wire: "openai-chat", provider: "openai-chat", model: "maker/priced-model", pricesAs: "" },
  { wire: "gemini", provider: "gemini", model: "gemini-2.5-flash", pricesAs: "google" },
];

export interface LongRun {
  /** What the service counted of each request, in order. */
  requests: CountedInput[];
  /** What Rein counted of the whole conversation. */
  usage: Usage;
}

/**
 * Tools in every turn, once 25 at a time; a second message; a stop while the model writes; and a third message.
 * The upstream must count tokens (`countsTokens`).
 */
export async function runLong(
  rein: Rein,
  upstream: Upstream,
  { provider, model }: { provider: string; model: string },
): Promise<LongRun> {
  const before = upstream.requests.length;
  const lines = Array.from({ length: 400 }, (_, n) => `Line ${n + 1} says what line ${n} did not.`);
  writeFileSync(join(rein.cwd, "file.txt"), lines.join("\n"));
  let turns = 0;
  const work = (calls = 1) => [
    reasoning(`I have to see more of it, for the ${++turns}. time.`),
    text(`Now part ${turns}.`),
    ...Array.from({ length: calls }, (_, nth) => readLines(turns * 10 + nth)),
  ];
  const several = (count: number) => Array.from({ length: count }, () => work());
  const say = (message: string, sessionId?: string) =>
    rein.chat({
      message,
      provider,
      model,
      permissions: "all",
      onDisconnect: "continue",
      ...(sessionId !== undefined && { sessionId }),
    });

  upstream.script(...several(7), work(25), ...several(7), [text("The first part is read.")]);
  const first = say("Read the whole file, in parts.");
  await first.ended;
  const { sessionId } = first;

  const gate = makeGate();
  upstream.script(...several(6), [text("I have seen enough ", gate, "of this.")]);
  const second = say("Go on to the end.", sessionId);
  await gate.reached;
  await second.until((event) => event.type === "part-delta" && event.delta.includes("enough"));
  await rein.stop(sessionId);
  await second.ended;

  upstream.script(...several(6), [text("All of it is read.")]);
  await say("Do go on.", sessionId).ended;
  const { usage } = await rein.session(sessionId);
  const requests = upstream.requests.slice(before).flatMap(({ counted }) => counted ?? []);
  return { requests, usage };
}

function readLines(offset: number) {
  return toolCall("read", { path: "file.txt", offset, limit: 10 });
}
