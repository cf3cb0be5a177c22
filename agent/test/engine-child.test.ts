/** A program of an engine as a job: lines of any length up to a bound, and failures in words. */
import { expect, test } from "bun:test";
import { startChild } from "../server/engines/engine-child";
import type { EngineChild } from "../server/engines/engine";
import { neverAborts } from "../server/abort";
import { testJobs } from "./processes-bench";
import { within } from "./within";

const jobs = testJobs();

function start(script: string, signal = neverAborts): Promise<EngineChild> {
  const owner = { sessionId: "session" };
  const request = {
    name: "Engine",
    command: ["bash", "--norc", "-c", script],
    cwd: "/",
    env: {},
    owner,
  };
  return startChild(jobs, request, signal);
}

async function linesOf(child: EngineChild): Promise<string[]> {
  return within("the end of the lines", Array.fromAsync(child.lines));
}

test("each line that is written is answered, and the lines end with the input", async () => {
  const child = await start(
    'while read -r line; do echo "got $line"; done; echo last >&2; printf end',
  );
  const answers = child.lines[Symbol.asyncIterator]();
  for (const word of ["one", "two", "three"]) {
    child.write(word);
    expect(await answers.next()).toEqual({ done: false, value: `got ${word}` });
  }
  child.closeInput();
  expect(await answers.next()).toEqual({ done: false, value: "end" });
  expect(await answers.next()).toMatchObject({ done: true });
  expect(await child.ended).toMatchObject({ exitCode: 0, stopped: false, survivors: [] });
  expect(child.errorOutput()).toBe("last\n");
});

test("only LF ends a line: other line ends of Unicode stay in it", async () => {
  const text = "a\u2028b\u2029c\u0085d\re\vf\fg";
  const child = await start("cat");
  child.write(text);
  child.write("");
  child.write("next");
  child.closeInput();
  expect(await linesOf(child)).toEqual([text, "next"]);
});

test("a line of 10 MB passes both ways, in the middle of others", async () => {
  const child = await start("cat");
  const long = "ä".repeat(5_000_000);
  for (const line of ["before", long, "after"]) child.write(line);
  child.closeInput();
  const lines = await linesOf(child);
  expect(lines.map(({ length }) => length)).toEqual([6, 5_000_000, 5]);
  expect(lines[1] === long).toBe(true);
});

test("a line without an end fails in words, and ends the job", async () => {
  const child = await start("echo first; exec tr '\\0' x </dev/zero");
  const iterator = child.lines[Symbol.asyncIterator]();
  expect(await iterator.next()).toEqual({ done: false, value: "first" });
  // Not `rejects`: it runs the event loop inside of the callback that has read “first”, which then reads no more.
  const failure = iterator.next().catch((error: unknown) => error);
  expect(await within("the failure", failure)).toMatchObject({
    name: "EngineError",
    code: "engine-wire",
    message: "Engine wrote more than Rein can take, and was stopped.",
  });
  expect(await within("its end", child.ended)).toMatchObject({ stopped: true, survivors: [] });
});

test("lines that nothing reads are bounded, short ones too", async () => {
  const child = await start("yes");
  expect(await within("its end", child.ended)).toMatchObject({ stopped: true, survivors: [] });
  let count = 0;
  const read = async () => {
    for await (const _ of child.lines) count++;
  };
  expect(within("the failure", read())).rejects.toMatchObject({ code: "engine-wire" });
  // So many at most, with what comes at once while this process is late.
  expect(count).toBeLessThan(12_000_000);
});

test("empty lines without end are a flood, though nothing of them is kept", async () => {
  const child = await start("exec tr '\\0' '\\n' </dev/zero");
  expect(await within("its end", child.ended)).toMatchObject({ stopped: true, survivors: [] });
  expect(linesOf(child)).rejects.toMatchObject({ code: "engine-wire" });
});

test("a program that does not read what it is sent fails in words, and its job ends", async () => {
  const child = await start("sleep 300");
  for (let n = 0; n < 40; n++) child.write("x".repeat(1_000_000));
  expect(await within("its end", child.ended)).toMatchObject({ stopped: true, survivors: [] });
  expect(linesOf(child)).rejects.toMatchObject({
    code: "engine-wire",
    message: "Engine does not read what Rein sends it, and was stopped.",
  });
});

test("what is written after the death is without effect, and the lines end", async () => {
  const child = await start("echo line; exit 3");
  await child.ended;
  for (let n = 0; n < 100; n++) child.write("x".repeat(1_000_000));
  child.closeInput();
  expect(await linesOf(child)).toEqual(["line"]);
  expect(await child.ended).toMatchObject({ exitCode: 3, stopped: false });
});

test("the last 64 kB of standard error are kept", async () => {
  const child = await start("yes error | head -n 200000 >&2; echo end >&2");
  await child.ended;
  const text = child.errorOutput();
  expect([text.length, text.slice(-10)]).toEqual([65_536, "error\nend\n"]);
});

test("a program killed from outside leaves nothing behind, and all of it is proven dead", async () => {
  const child = await start(
    "setsid -f sleep 300; (setsid sleep 300 &); echo ready; exec sleep 300",
  );
  await child.lines[Symbol.asyncIterator]().next();
  process.kill(child.pid, "SIGKILL");
  const end = await within("its end", child.ended);
  expect(end).toMatchObject({ stopped: false, ended: [], survivors: [], proof: "proven" });
  expect(end.leftBehind.map(({ command }) => command)).toEqual(["sleep 300", "sleep 300"]);
});

test("an abort before the start starts nothing; one after it ends the job", async () => {
  const reason = new Error("stopped");
  expect(start("sleep 300", AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const child = await start("sleep 300", controller.signal);
  controller.abort(reason);
  expect(await child.ended).toMatchObject({ stopped: true, survivors: [] });
  expect(await linesOf(child)).toEqual([]);
});
