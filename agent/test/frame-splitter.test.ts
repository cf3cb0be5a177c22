/** The events of another node are passed on as they were sent, however they are cut on their way. */
import { expect, spyOn, test } from "bun:test";
import { FrameSplitter, type PassedFrame } from "../server/cluster/frame-splitter";

const delta = 'id: 7\ndata: {"type":"part-delta","text":"a\\n\\nb"}\n\n';
const shared = 'id: 8\ndata: {"type":"session-update","patch":{"people":[]}}\n\n';
const stream = Buffer.from(`: heartbeat\n\n${delta}data: {"type":"list-changed"}\n\n${shared}`);

test("wherever a stream is cut, the frames with a number come whole and in order", () => {
  for (let at = 0; at <= stream.length; at++)
    expect(shown(split(stream.subarray(0, at), stream.subarray(at)))).toEqual([delta, shared]);
  const bytes = Array.from(stream, (byte) => Uint8Array.of(byte));
  const found = split(...bytes);
  expect(shown(found)).toEqual([delta, shared]);
  expect(found.map(({ seq, owned }) => [seq, owned])).toEqual([
    [7, undefined],
    [8, { people: [] }],
  ]);
});

test("an event that comes in many pieces is put together once", () => {
  const long = Buffer.from(`id: 9\ndata: {"text":"${"x".repeat(8_000_000)}"}\n\n`);
  const pieces: Buffer[] = [];
  for (let at = 0; at < long.length; at += 64_000) pieces.push(long.subarray(at, at + 64_000));
  using concat = spyOn(Buffer, "concat");
  expect(split(...pieces).map(({ frame }) => frame.length)).toEqual([long.length]);
  const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
  expect(copied).toBeLessThanOrEqual(long.length);
});

function split(...pieces: Uint8Array[]): PassedFrame[] {
  const splitter = new FrameSplitter();
  return pieces.flatMap((piece) => splitter.add(piece));
}

function shown(found: PassedFrame[]): string[] {
  return found.map(({ frame }) => Buffer.from(frame).toString());
}
