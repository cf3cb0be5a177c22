/** Every recorded answer of a real service is read as its service's documentation says, however its events are framed. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { ask } from "../provider-wires";
import { accumulate } from "./accumulate";
import { type Answer, readAnswer } from "./answer";
import { explained } from "./explained";
import { type Framing, framings } from "./framings";
import {
  absence,
  damaged,
  fileNames,
  isJson,
  isOther,
  isPresent,
  linesOf,
  otherWires,
  type Recording,
  recordings,
  streamOf,
} from "./recordings";
import { type Replay, startReplay } from "./replay";

const live = new AbortController().signal;

// Each test reads all recordings.
setDefaultTimeout(60_000);

if (!isPresent) test.skip(absence, () => {});

describe.skipIf(!isPresent)("recorded answers", () => {
  let replay: Replay;
  let all: Recording[];
  beforeAll(() => {
    replay = startReplay();
    all = recordings();
  });
  afterAll(() => replay[Symbol.dispose]());

  test("are all replayed, but for the files that are named with a reason", () => {
    const names = fileNames();
    expect(names).toHaveLength(125);
    expect(names.filter((name) => !isOther(name))).toHaveLength(112);
    expect(all).toHaveLength(139);
    for (const prefix of Object.keys(otherWires))
      expect(names.some((name) => name.startsWith(prefix))).toBe(true);
  });

  test("are whole, but for the files whose damage is named", () => {
    const isDamaged = (name: string) => !linesOf(name).every(isJson);
    expect(fileNames().filter(isDamaged)).toEqual(Object.keys(damaged));
  });

  test("differ from what Rein makes of them only where that is explained", () => {
    for (const name of Object.keys(explained)) {
      const recording = all.find((one) => one.name === name)!;
      expect(expected(recording)).not.toEqual(accumulate(recording));
    }
  });

  test.each(framings)("are read right with $name", async (framing) => {
    const ours = all.filter(({ wire }) => (framing.only ?? wire) === wire);
    const pairs = ours.map(async (one) => [one.name, await read(one, framing)] as const);
    const got = Object.fromEntries(await Promise.all(pairs));
    // Only what differs is compared once more, so that a failure shows no more than that.
    const wrong = ours.filter((one) => !Bun.deepEquals(got[one.name], expected(one)));
    const pick = (answer: (one: Recording) => Answer) =>
      Object.fromEntries(wrong.map((one) => [one.name, answer(one)]));
    expect(pick((one) => got[one.name]!)).toEqual(pick(expected));
  });

  /** Only Gemini sends calls without an id. */
  function read(one: Recording, framing: Framing): Promise<Answer> {
    const stream = replay.provider(one, streamOf(one), framing).stream(ask(one.model), live);
    return readAnswer(stream, one.wire !== "gemini");
  }
});

function expected(recording: Recording): Answer {
  const answer = accumulate(recording);
  explained[recording.name]?.change(answer);
  return answer;
}
