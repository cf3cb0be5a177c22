/** After a stop at any point of a recorded answer, and after all of it, the next request is one that the services accept. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Message } from "../../shared/protocol";
import { type ModelEvent, ProviderError } from "../../server/providers/provider";
import {
  ask,
  broken,
  callsIn,
  collect,
  finished,
  interrupted,
  messageOf,
  providerCases,
  stopped,
  userMessage,
} from "../provider-wires";
import { startUpstream, text, type Upstream, type WireName } from "../upstream/upstream";
import { open } from "./explained";
import { plain } from "./framings";
import { absence, isPresent, type Recording, recordings, streamOf } from "./recordings";
import { trustSeals } from "./recorded-seals";
import { caseOf, type Replay, startReplay } from "./replay";

const live = new AbortController().signal;
const stops = 5;

if (!isPresent) test.skip(absence, () => {});

describe.skipIf(!isPresent)("the next request is accepted", () => {
  let replay: Replay;
  let upstream: Upstream;
  let all: Recording[];
  beforeAll(() => {
    replay = startReplay();
    upstream = startUpstream();
    upstream.route(() => [text("Here I am.")]);
    all = recordings().filter(({ name }) => !open.has(name));
    all.forEach(trustSeals);
  });
  afterAll(async () => {
    replay[Symbol.dispose]();
    await upstream.close();
  });

  test("by the same model, after a stop at five points of each recorded answer", async () => {
    const refused = await refusals(async (one) => {
      const messages = await stoppedAnswers(one);
      return Promise.all(messages.map((message) => refusal(one.wire, one.model, message, goOn())));
    });
    expect(refused).toEqual([]);
  });

  test("by a model of another wire, after a stop at five points of each recorded answer", async () => {
    const refused = await refusals(async (one, number) => {
      const messages = await stoppedAnswers(one);
      return Promise.all(
        messages.map((message, at) => {
          const others = providerCases.filter(({ wire }) => wire !== one.wire);
          const { wire, models } = others[(number + at) % others.length]!;
          return refusal(wire, models[0]!, message, goOn());
        }),
      );
    });
    expect(refused).toEqual([]);
  });

  test("by every wire, after the whole answer with its tools run", async () => {
    const refused = await refusals(async (one) => {
      const whole = await wholeAnswer(one);
      const asked = callsIn(whole()).length > 0 && whole().outcome === "done";
      return Promise.all([
        ...(asked ? [refusal(one.wire, one.model, whole())] : []),
        ...providerCases.map(({ wire, models }) => {
          const model = wire === one.wire ? one.model : models[0]!;
          return refusal(wire, model, whole(), goOn());
        }),
      ]);
    });
    expect(refused).toEqual([]);
  });

  async function refusals(
    of: (one: Recording, number: number) => Promise<(string | undefined)[]>,
  ): Promise<string[]> {
    const found = all.map(async (one, number) =>
      (await of(one, number)).flatMap((why) => (why === undefined ? [] : `${one.name}: ${why}`)),
    );
    return (await Promise.all(found)).flat();
  }

  /** Why the service of this wire refuses the conversation; undefined when it answers. */
  async function refusal(
    wire: WireName,
    model: string,
    ...messages: Message[]
  ): Promise<string | undefined> {
    const request = ask(model, userMessage("Hello."), ...messages);
    try {
      await collect(caseOf(wire).create(upstream).stream(request, live));
      return undefined;
    } catch (error) {
      if (error instanceof ProviderError) return `${wire}: ${error.message}`;
      throw error;
    }
  }

  async function stoppedAnswers(one: Recording): Promise<Message[]> {
    const { length } = (await readEvents(one)).events;
    const points = Array.from({ length: stops }, (_, at) =>
      Math.floor((at * (length - 1)) / (stops - 1)),
    );
    const answers = points.map((point) => readEvents(one, point));
    return (await Promise.all(answers)).map(({ events }) => interrupted(message(one, events)));
  }

  /** The answer to its end, anew with each call. */
  async function wholeAnswer(one: Recording): Promise<() => Message> {
    const { events, hasFailed } = await readEvents(one);
    return () => (hasFailed ? broken : finished)(message(one, events));
  }

  /** What came before the answer's end, or before the stop that the event of this number causes. */
  async function readEvents(one: Recording, stopAt?: number) {
    const controller = new AbortController();
    const events: ModelEvent[] = [];
    const provider = replay.provider(streamOf(one), plain);
    try {
      for await (const event of provider.stream(ask(one.model), controller.signal)) {
        events.push(event);
        if (events.length - 1 === stopAt) controller.abort(stopped);
      }
    } catch (error) {
      if (error !== stopped && !(error instanceof ProviderError)) throw error;
      return { events, hasFailed: error !== stopped };
    }
    return { events, hasFailed: false };
  }

  function message({ wire, model }: Recording, events: ModelEvent[]): Message {
    return messageOf(events, caseOf(wire).create(upstream).id, model);
  }
});

function goOn(): Message {
  return userMessage("Go on.");
}
