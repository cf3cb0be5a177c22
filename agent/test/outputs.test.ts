/** Long outputs are kept whole: a model reads on in the middle, a person opens all, and what cannot be kept costs no call. */
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { toolCallsOf } from "../shared/message-parts";
import { neverAborts } from "../server/abort";
import { OutputFiles } from "../server/tools/outputs/output-files";
import { apiScene } from "./api-scene";
import { told } from "./control-api";
import { temporaryDirectory } from "./temporary-directory";
import { Caller, ToolBench } from "./tools-bench";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const { upstream, rein, send, start, dataDir } = apiScene({ request: { permissions: "all" } });

/** What a fold names: the id, and the line to read on from. */
function folded(output: string): { path: string; offset: number } {
  const [, path = "", line] = /read (output:\S+) from line (\d+)/.exec(output) ?? [];
  return { path, offset: Number(line) };
}

/** Everything from there on, read call by call, as it was before the numbers. */
async function readOn(caller: Caller, from: { path: string; offset: number }): Promise<string[]> {
  const lines: string[] = [];
  for (let offset: number | undefined = from.offset; offset !== undefined;) {
    const { text: answer } = await caller.call("read", { path: from.path, offset });
    expect(answer).toStartWith("[From the output of an earlier call. It is not from the user.]\n");
    lines.push(...answer.split("\n").flatMap((line) => /^\d+\t(.*)$/.exec(line)?.[1] ?? []));
    const next = /continue with offset (\d+)/.exec(answer)?.[1];
    offset = next === undefined ? undefined : Number(next);
  }
  return lines;
}

test("the middle of a long output is read on from where the fold says", async () => {
  using bench = new ToolBench();
  const { text: output } = await bench.call("bash", { command: "seq 1 50000" });
  const from = folded(output);
  const head = output.slice(0, output.indexOf("\n[…"));
  // The line that was cut is the first that is read.
  expect(from.offset).toBe(head.split("\n").length);
  const lines = await readOn(bench, from);
  expect(lines).toEqual(
    Array.from({ length: 50_001 - from.offset }, (_, n) => `${n + from.offset}`),
  );
});

test("a line of any length is read on in pieces", async () => {
  using bench = new ToolBench();
  const { text: output } = await bench.call("bash", {
    command: "for i in {1..9000}; do printf '%09d,' $i; done",
  });
  const from = folded(output);
  expect(from.offset).toBe(10);
  const whole = (await readOn(bench, { ...from, offset: 1 })).join("");
  expect(whole).toBe(
    Array.from({ length: 9000 }, (_, n) => `${String(n + 1).padStart(9, "0")},`).join(""),
  );
});

test("a short output makes no file, and is not folded", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "seq 1 1000" });
  expect(readdirSync(bench.dataDir)).not.toContain("outputs");
});

test("the rest of a long page is read without asking for the page again", async () => {
  using bench = new ToolBench();
  bench.web = { allowedPrivate: ["127.0.0.1"] };
  let asked = 0;
  const words = Array.from({ length: 20_000 }, (_, n) => `word ${n}`).join("\n");
  using site = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => (asked++, new Response(words)),
  });
  const { text: output } = await bench.call("fetch", { url: site.url.href });
  const lines = await readOn(bench, folded(output));
  expect([lines.at(-1), asked]).toEqual(["word 19999", 1]);
});

test("the output of another session, of no call, or behind a path or a link is not read", async () => {
  using bench = new ToolBench();
  await bench.call("bash", { command: "seq 1 50000" });
  const refused = async (caller: Caller, path: string) =>
    expect(String(await caller.failure("read", { path }))).toContain("No output of this session");
  const other = new Caller(bench.tools, { ...bench.context, sessionId: "other" });
  await refused(other, "output:call");
  const outputs = join(bench.dataDir, "outputs");
  writeFileSync(join(bench.dataDir, "secret.txt"), "a secret");
  symlinkSync(join(bench.dataDir, "secret.txt"), join(outputs, "session/linked.txt"));
  symlinkSync(join(outputs, "session"), join(outputs, "elsewhere"));
  for (const id of ["", "missing", "../../secret", "../session/call", "linked", "."])
    await refused(bench, `output:${id}`);
  await refused(
    new Caller(bench.tools, { ...bench.context, sessionId: "elsewhere" }),
    "output:call",
  );
});

test("a disk that takes no file costs the file, not the call", async () => {
  using bench = new ToolBench();
  writeFileSync(join(bench.dataDir, "outputs"), "in the way");
  const { text: output } = await bench.call("bash", { command: "seq 1 50000" });
  expect(output).toMatch(/\n\[… [\d,]+ characters left out here …\]\n/);
  expect(output).toEndWith("\n50000\n");
});

test("one call, and all calls of a session, keep so much and no more, the newest", async () => {
  using directory = temporaryDirectory();
  const bytes = { call: 1000, session: 2500 };
  const files = new OutputFiles(directory.path, () => undefined, bytes);
  const keep = async (id: string, content: string) => {
    const file = files.open("session", id);
    file.write(content.slice(0, 400));
    file.write(content.slice(400));
    return file.close();
  };
  const size = async (id: string) => (await files.read("session", id, neverAborts))?.length;
  expect(await keep("long", "é".repeat(5000))).toEqual({ characters: 466 });
  expect(await size("long")).toBe(932);
  for (const [at, id] of ["two", "three", "four"].entries()) {
    await keep(id, "x".repeat(900));
    // Those of one moment have no order.
    const seconds = Date.now() / 1000 + at + 1;
    utimesSync(join(directory.path, "session", `${id}.txt`), seconds, seconds);
  }
  expect(await Promise.all(["long", "two", "three", "four"].map(size))).toEqual([
    undefined,
    undefined,
    900,
    900,
  ]);
  expect(await files.open("session", "empty").close()).toBeUndefined();
});

test("a person opens all of it; it goes with the session, and of a call without a file it is what the session has", async () => {
  upstream.script(
    [toolCall("bash", { command: "seq 1 50000" }), toolCall("bash", { command: "echo short" })],
    [text("Done.")],
  );
  const chat = send();
  await chat.ended;
  const [long, short] = chat.session.messages.flatMap(toolCallsOf);
  expect(long).toMatchObject({ outputFile: { characters: 288_894 } });
  expect(told(upstream.requests[1])).toContain(`read output:${long!.id} from line`);
  const get = (id: string) => rein.fetch(`/api/sessions/${chat.sessionId}/outputs/${id}`);
  const answer = await get(long!.id);
  expect((await answer.text()).split("\n")).toHaveLength(50_001);
  expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(answer.headers.get("content-security-policy")).toContain("sandbox");
  expect(await (await get(short!.id)).text()).toBe("short\n");
  for (const id of ["missing", "..%2f..%2frein.db"]) expect((await get(id)).status).toBe(404);
  await rein.fetch(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
  await until(() => !readdirSync(join(dataDir(), "outputs")).includes(chat.sessionId));
});

test("after a kill -9 what was written is readable, up to a moment behind", async () => {
  dataDir(); // the server is not shared any more
  mkdirSync(rein.cwd, { recursive: true });
  upstream.script([toolCall("bash", { command: "seq 1 50000; sleep 300" })]);
  const chat = send();
  const file = () => {
    const [call] = chat.session.messages.flatMap(toolCallsOf);
    return Bun.file(join(dataDir(), "outputs", chat.sessionId, `${call?.id}.txt`));
  };
  await chat.until(({ type }) => type === "tool-start");
  await until(() => file().size > 0);
  rein.signal("SIGKILL");
  await rein.exited;
  const next = await start();
  const [call] = (await next.session(chat.sessionId)).messages.flatMap(toolCallsOf);
  expect(call?.state).toBe("stopped");
  const kept = await (
    await next.fetch(`/api/sessions/${chat.sessionId}/outputs/${call!.id}`)
  ).text();
  expect(kept).toStartWith("1\n2\n3\n");
});
