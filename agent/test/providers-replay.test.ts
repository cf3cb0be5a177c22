/** The next message works after an interruption at any moment, on every wire, also when another model continues. */
import { describe, expect, test } from "bun:test";
import type { Message } from "../shared/protocol";
import type { ModelEvent } from "../server/providers/provider";
import {
  ask,
  broken,
  callsIn,
  collect,
  collectFailure,
  finished,
  interrupted,
  messageOf,
  type ProviderCase,
  providerCases,
  stopped,
  userMessage,
} from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import {
  cut,
  hang,
  reasoning,
  redactedReasoning,
  type Step,
  text,
  toolCall,
} from "./upstream/upstream";

const live = new AbortController().signal;

const rich: Step[] = [
  reasoning("Let me ", "look."),
  redactedReasoning(),
  text("Two ", "files. "),
  toolCall("bash", { command: "ls -l" }),
  toolCall("bash", { command: "pwd" }),
];

const readers = providerCases.flatMap((one) => one.models.map((model) => ({ ...one, model })));

const upstream = upstreamScene();

describe.each(readers)("the next request is accepted on the wire of $wire by $model", (reader) => {
  test("after an abort at any event of an answer", async () => {
    const { events } = await collectFailure(answerOf(reader, [...rich, cut]));
    for (const index of events.keys())
      await expectTaken(reader, [interrupted(record(reader, await abortedAt(reader, index)))]);
  });

  test("after a cut at any event of an answer", async () => {
    const { events } = await collectFailure(answerOf(reader, [...rich, cut]));
    for (const index of events.keys())
      await expectTaken(reader, [broken(record(reader, events.slice(0, index + 1)))]);
  });

  test("after a stop at any point of its tools", async () => {
    for (const leave of moments) {
      const message = record(reader, await collect(answerOf(reader, rich)));
      leave(message);
      await expectTaken(reader, [message]);
    }
  });

  test("after a stop of calls without any text", async () => {
    const events = await collect(answerOf(reader, [toolCall("bash", { command: "ls" })]));
    await expectTaken(reader, [interrupted(record(reader, events))]);
  });

  test("after a stop of the request with the results, and after another stop of the next one", async () => {
    const first = finished(record(reader, await collect(answerOf(reader, rich))));
    await expectTaken(reader, [first, interrupted(record(reader, []))]);
    const again = [first, interrupted(record(reader, [])), userMessage("Go on.")];
    await expectTaken(reader, [...again, interrupted(record(reader, []))]);
  });

  test("in the turn that follows its tools, with all that the service attached sent back", async () => {
    const message = finished(record(reader, await collect(answerOf(reader, rich))));
    upstream.script([text("Done.")]);
    const request = ask(reader.model, userMessage("Hello."), message);
    await collect(reader.create(upstream).stream(request, live));
    expect(upstream.requests.at(-1)!.refusal).toBeUndefined();
  });

  test.each(readers)(
    "when the conversation began on the wire of $wire with $model",
    async (writer) => {
      const whole = await collect(answerOf(writer, rich));
      const { events } = await collectFailure(answerOf(writer, [...rich, cut]));
      await expectTaken(reader, [
        finished(record(writer, whole)),
        interrupted(record(writer, events.slice(0, 4))),
      ]);
      await expectTaken(reader, [interrupted(record(writer, whole))]);
    },
  );
});

test("a text that came after a call is sent to Anthropic before it", async () => {
  const writer = { ...providerCases[1], model: "gpt-5.4" };
  const steps = [toolCall("bash", { command: "ls" }), text("I have asked for the files.")];
  const message = finished(record(writer, await collect(answerOf(writer, steps))));
  await expectTaken({ ...providerCases[0], model: "claude-opus-5-5" }, [message]);
});

/** The possible states of the tools of a turn with two calls when a stop comes. */
const moments: ((message: Message) => void)[] = [
  (message) => interrupted(message),
  (message) => {
    Object.assign(callsIn(message)[0]!, { state: "done", output: "a" });
    interrupted(message);
  },
  (message) => {
    Object.assign(callsIn(message)[0]!, { state: "running", output: "half" });
    interrupted(message);
  },
  (message) => interrupted(finished(message)),
  (message) => {
    finished(message);
    Object.assign(callsIn(message)[0]!, { state: "stopped", stop: stopped });
  },
  (message) => {
    finished(message);
    Object.assign(callsIn(message)[1]!, { state: "failed", input: undefined, error: "Not JSON." });
  },
];

type Reader = ProviderCase & { model: string };

function answerOf(reader: Reader, steps: Step[], signal = live): AsyncIterable<ModelEvent> {
  upstream.script(steps);
  return reader.create(upstream).stream(ask(reader.model), signal);
}

async function abortedAt(reader: Reader, index: number): Promise<ModelEvent[]> {
  const controller = new AbortController();
  const events: ModelEvent[] = [];
  try {
    for await (const event of answerOf(reader, [...rich, hang], controller.signal)) {
      events.push(event);
      if (events.length === index + 1) controller.abort(stopped);
    }
  } catch (error) {
    if (error !== stopped) throw error;
  }
  return events;
}

function record(reader: Reader, events: ModelEvent[]): Message {
  return messageOf(events, reader.create(upstream).id, reader.model);
}

/** The next message gets its answer, and the service has received every marker that was kept. */
async function expectTaken(reader: Reader, answers: Message[]): Promise<void> {
  upstream.script([text("Here I am.")]);
  const request = ask(reader.model, userMessage("Hello."), ...answers, userMessage("Go on."));
  const events = await collect(reader.create(upstream).stream(request, live));
  expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  const sent = upstream.requests.at(-1)!;
  expect(sent.refusal).toBeUndefined();
  expect(JSON.stringify(sent.body)).toContain("Go on.");
  const stops = answers.filter((answer) => answer.parts.at(-1)?.type === "interruption");
  const marks = JSON.stringify(sent.body).split("[interrupted by user]").length - 1;
  expect(marks).toBeGreaterThanOrEqual(stops.length);
}
