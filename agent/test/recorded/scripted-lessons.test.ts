/** What recorded answers taught is kept by small streams of our own, so that a clone alone keeps each promise. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask, broken, finished, userMessage } from "../provider-wires";
import { accumulate } from "./accumulate";
import { readAnswer } from "./answer";
import { plain } from "./framings";
import { type Judge, readEvents, startJudge } from "./judge";
import type { Lesson } from "./lesson";
import { anthropicLessons } from "./lessons-anthropic";
import { chatLessons } from "./lessons-chat";
import { geminiLessons } from "./lessons-gemini";
import { responsesLessons } from "./lessons-responses";
import { sealsOf, trustSeals } from "./recorded-seals";
import { type RecordedWire, streamOf } from "./recordings";
import { caseOf, type Replay, startReplay } from "./replay";

const live = new AbortController().signal;

const lessons: Record<RecordedWire, Record<string, Lesson>> = {
  anthropic: anthropicLessons,
  openai: responsesLessons,
  "openai-chat": chatLessons,
  gemini: geminiLessons,
};

let replay: Replay;
let judge: Judge;
beforeAll(() => {
  replay = startReplay();
  judge = startJudge();
});
afterAll(async () => {
  replay[Symbol.dispose]();
  await judge[Symbol.asyncDispose]();
});

describe.each(Object.keys(lessons) as RecordedWire[])("on the wire of %s", (wire) => {
  test.each(Object.entries(lessons[wire]))("%s", async (_title, lesson) => {
    const model = caseOf(wire).models[0]!;
    const chunks = lesson.chunks.map((chunk) => JSON.stringify(chunk));
    const answer = { wire, model, chunks };
    const provider = replay.provider(answer, streamOf(answer), plain);
    const got = await readAnswer(provider.stream(ask(model), live), wire !== "gemini");
    expect(got).toEqual(lesson.answer);
    // The accumulation that recorded answers are compared with says the same.
    expect(accumulate(answer)).toEqual(lesson.answer);

    trustSeals(answer);
    const { events, hasFailed } = await readEvents(provider, model);
    const message = (hasFailed ? broken : finished)(judge.message(answer, events));
    expect(await judge.refusal(answer, message, userMessage("Go on."))).toBeUndefined();
    if (message.outcome !== "done") return;
    const sent = await judge.sent(answer, message, userMessage("Go on."));
    for (const seal of sealsOf(answer)) expect(sent).toContain(seal);
  });
});
