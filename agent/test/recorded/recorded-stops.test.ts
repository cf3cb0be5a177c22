/** After a stop at any point of a recorded answer, and after all of it, the next request is one that the services accept. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../../shared/protocol";
import {
  broken,
  callsIn,
  finished,
  interrupted,
  providerCases,
  userMessage,
} from "../provider-wires";
import { plain } from "./framings";
import { type Judge, readEvents, startJudge } from "./judge";
import { sealsOf, trustSeals } from "./recorded-seals";
import {
  absence,
  isPresent,
  type Recording,
  type RecordedWire,
  recordings,
  streamOf,
} from "./recordings";
import { type Replay, startReplay } from "./replay";

const stops = 5;

// Each test reads all recordings.
setDefaultTimeout(60_000);

if (!isPresent) test.skip(absence, () => {});

describe.skipIf(!isPresent)("the next request is accepted", () => {
  let replay: Replay;
  let judge: Judge;
  let all: Recording[];
  beforeAll(() => {
    replay = startReplay();
    judge = startJudge();
    all = recordings();
    all.forEach(trustSeals);
  });
  afterAll(async () => {
    replay[Symbol.dispose]();
    await judge[Symbol.asyncDispose]();
  });

  test("by the same model, after a stop at five points of each recorded answer", async () => {
    const refused = await refusals(async (one) => {
      const messages = await stoppedAnswers(one);
      return messages.map((message) => judge.refusal(one, message, goOn()));
    });
    expect(refused).toEqual([]);
  });

  test("by a model of another wire, after a stop at five points of each recorded answer", async () => {
    const refused = await refusals(async (one, number) => {
      const others = cases.filter(({ wire }) => wire !== one.wire);
      const messages = await stoppedAnswers(one);
      return messages.map((message, at) => {
        const other = others[(number + at) % others.length]!;
        return judge.refusal(other, message, goOn());
      });
    });
    expect(refused).toEqual([]);
  });

  test("by every wire, after the whole answer with its tools run", async () => {
    const refused = await refusals(async (one) => {
      const whole = await wholeAnswer(one);
      const asks = callsIn(whole()).length > 0 && whole().outcome === "done";
      return [
        ...(asks ? [judge.refusal(one, whole())] : []),
        ...cases.map((reader) =>
          judge.refusal(reader.wire === one.wire ? one : reader, whole(), goOn()),
        ),
      ];
    });
    expect(refused).toEqual([]);
  });

  test("with all that the service needs back, unchanged", async () => {
    const lost: string[] = [];
    for (const one of all) {
      const whole = await wholeAnswer(one);
      if (whole().outcome !== "done" || one.name === withoutOutput) continue;
      const body = await judge.sent(one, whole(), goOn());
      for (const seal of sealsOf(one))
        if (!body.includes(JSON.stringify(seal).slice(1, -1)))
          lost.push(`${one.name}: ${seal.slice(0, 40)}`);
    }
    expect(lost).toEqual([]);
  });

  async function refusals(
    of: (one: Recording, number: number) => Promise<Promise<string | undefined>[]>,
  ): Promise<string[]> {
    const found = all.map(async (one, number) => {
      const whys = await Promise.all(await of(one, number));
      return whys.flatMap((why) => (why === undefined ? [] : `${one.name}: ${why}`));
    });
    return (await Promise.all(found)).flat();
  }

  async function stoppedAnswers(one: Recording): Promise<Message[]> {
    const { length } = (await read(one)).events;
    const points = Array.from({ length: stops }, (_, at) =>
      Math.floor((at * (length - 1)) / (stops - 1)),
    );
    const answers = await Promise.all(points.map((point) => read(one, point)));
    return answers.map(({ events }) => interrupted(judge.message(one, events)));
  }

  /** Anew with each call. */
  async function wholeAnswer(one: Recording): Promise<() => Message> {
    const { events, hasFailed } = await read(one);
    return () => (hasFailed ? broken : finished)(judge.message(one, events));
  }

  function read(one: Recording, stopAt?: number) {
    return readEvents(replay.provider(one, streamOf(one), plain), one.model, stopAt);
  }
});

/** Its program goes back only with its output, and then the reasoning before it stands alone, which OpenAI refuses. */
const withoutOutput = "openai--responses_programmatic-tool-calling.1";

const cases = providerCases.map(({ wire, models }) => ({
  wire: wire as RecordedWire,
  model: models[0]!,
}));

function goOn(): Message {
  return userMessage("Go on.");
}
