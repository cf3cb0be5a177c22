/** Whatever was summarized, and whichever summary was cut or undone: every service accepts the next request. */
import { afterAll, beforeAll, expect } from "bun:test";
import * as fc from "fast-check";
import type { Message, Outcome } from "../shared/protocol";
import {
  ask,
  broken,
  collect,
  finished,
  interrupted,
  messageOf,
  type ProviderCase,
  providerCases,
  stopped,
  userMessage,
} from "./provider-wires";
import { propertyTest } from "./sweep/property-test";
import { reasoning, startUpstream, text, toolCall, type Upstream } from "./upstream/upstream";

const poolSize = 6;
const never = new AbortController().signal;

let strict: Upstream;
/** What each service has answered, part by part, in its own form. */
let answers: Message[];
beforeAll(async () => {
  strict = startUpstream();
  answers = [];
  for (const one of providerCases)
    for (let n = 0; n < poolSize; n++) answers.push(await answerOf(one, n));
  strict.route(() => [text("Accepted.")]);
});
afterAll(() => strict.close());

type Item =
  | { item: "question" }
  | { item: "answer"; which: number; ending: Outcome }
  | {
      item: "summary";
      ending: Outcome | "undone";
      /** How many messages before the summary the kept ones begin. */
      keeps: number | undefined;
      ofItsOwnRun: boolean;
    };

const ending = fc.constantFrom<Outcome>("done", "stopped", "failed");
const anyItem: fc.Arbitrary<Item> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ item: fc.constant("question" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      item: fc.constant("answer" as const),
      which: fc.nat(providerCases.length * poolSize - 1),
      ending,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      item: fc.constant("summary" as const),
      ending: fc.oneof(ending, fc.constant("undone" as const)),
      keeps: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      ofItsOwnRun: fc.boolean(),
    }),
  },
);

propertyTest(
  "any history with summaries gives a request that every service accepts, with exactly the messages that belong in it",
  { file: "property-summaries.test.ts", seed: 7, numRuns: 70, timeoutMs: 600_000 },
  fc.asyncProperty(fc.array(anyItem, { maxLength: 12 }), async (items) => {
    const messages = historyOf([{ item: "question" }, ...items]);
    const wanted = wordsToldOf(messages);
    for (const { models, create } of providerCases) {
      strict.requests.length = 0;
      const request = ask(models[0]!, ...messages, userMessage("Go on"));
      await collect(create(strict).stream(request, never));
      const [sent] = strict.requests;
      expect(sent!.refusal).toBeUndefined();
      const matches = JSON.stringify(sent!.body).matchAll(/(?:words|sum)-\d+;/g);
      expect([...matches].map(([words]) => words)).toEqual(wanted);
    }
  }),
);

/** The words of each message, in order: those that stand before a summary only when it keeps them. */
function wordsToldOf(messages: Message[]): string[] {
  const at = messages.findLastIndex(
    ({ summary, outcome }) => summary && outcome === "done" && summary.undoneAt === undefined,
  );
  const keeps = messages.findIndex(({ id }) => id === messages[at]?.summary?.keeps);
  const summed = messages.slice(at, at + 1).map(wordsOf);
  const kept = keeps === -1 ? [] : messages.slice(keeps, at);
  const current = [...kept, ...messages.slice(at + 1)].filter(({ summary }) => !summary);
  return [...summed, ...current.map(wordsOf)].flat();
}

function wordsOf({ parts }: Message): string[] {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
}

function historyOf(items: Item[]): Message[] {
  const messages: Message[] = [];
  const unused = structuredClone(answers);
  let run = 0;
  let count = 0;
  for (const one of items) {
    const named = { id: `message-${count}`, createdAt: count };
    const words = `${one.item === "summary" ? "sum" : "words"}-${count++};`;
    const part = { type: "text" as const, id: `part-${named.id}`, text: words };
    if (one.item === "question") {
      run++;
      messages.push({ ...named, runId: `run-${run}`, role: "user", parts: [part] });
    } else if (one.item === "answer") {
      const answer = unused[one.which]!;
      // Each occurs once: services recognize their own ids.
      if (messages.includes(answer)) continue;
      for (const own of answer.parts) if (own.type === "text") own.text = words;
      messages.push(Object.assign(endings[one.ending](answer), named, { runId: `run-${run}` }));
    } else {
      if (one.ofItsOwnRun) run++;
      const kept = one.keeps === undefined ? undefined : messages.at(-one.keeps);
      const keeps = kept?.role === "user" && { keeps: kept.id };
      const undone = one.ending === "undone" && { undoneAt: 1 };
      const outcome = one.ending === "undone" ? "done" : one.ending;
      const mark = { type: "interruption" as const, id: `mark-${named.id}`, stop: stopped };
      messages.push({
        ...named,
        runId: `run-${run}`,
        role: "assistant",
        parts: outcome === "stopped" ? [part, mark] : [part],
        outcome,
        summary: { ...keeps, ...undone },
      });
    }
  }
  return messages;
}

const endings = { done: finished, stopped: interrupted, failed: broken };

/** Some have reasoning, some a call. */
async function answerOf({ wire, models, create }: ProviderCase, n: number): Promise<Message> {
  const call = toolCall("bash", { command: `echo ${n}` }, { id: `call-${wire}-${n}` });
  strict.script([
    ...(n % 2 === 0 ? [reasoning("Let me think.")] : []),
    text("To be replaced."),
    ...(n % 3 === 0 ? [] : [call]),
  ]);
  const events = await collect(create(strict).stream(ask(models[0]!), never));
  return messageOf(events, wire, models[0]!);
}
