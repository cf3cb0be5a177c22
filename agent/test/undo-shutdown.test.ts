/** A server that ends while it compares what a run has changed either waits or leaves that to the next server. */
import { expect, test } from "bun:test";
import { chmodSync, closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Jobs } from "../server/processes/jobs";
import { Undo } from "../server/undo/undo";
import { testJobs } from "./processes-bench";
import { startRein } from "./rein";
import { beginRun, never, undoBench } from "./undo-bench";
import { makeGate, startUpstream, text, toolCall } from "./upstream/upstream";

const bench = undoBench();

test("settle waits for the comparison, and callers that wait for the changes have them before it resolves", async () => {
  const { undo, watch, gate, jobs } = await startRecording();
  const order: string[] = [];
  gate.hold((request, signal) => gate.opened.then(() => jobs.run(request, signal)));
  const ending = watch.end().then(({ state }) => order.push(state));
  const settled = undo.settle(never).then(() => order.push("settled"));
  gate.open();
  await Promise.all([ending, settled]);
  expect(order).toEqual(["known", "settled"]);
  undo.close();
});

test("a comparison that takes too long is abandoned, and the next server does it", async () => {
  const { dataDir, undo, watch, gate, jobs } = await startRecording();
  const late = new AbortController();
  const isHeld = new Promise<void>((resolve) => {
    gate.hold(async (request, signal) => {
      const job = await jobs.open({ ...request, command: ["sleep", "50"] }, signal);
      resolve();
      return job.ended;
    });
  });
  const ending = watch.end();
  await isHeld;
  const settled = undo.settle(late.signal);
  late.abort();
  await settled;
  expect(await ending).toMatchObject({ state: "pending" });
  undo.close();
  const next = new Undo(dataDir, jobs);
  const changes = await next.recover("run");
  expect(changes).toMatchObject({ state: "known", files: [{ kind: "created", path: "made" }] });
  next.close();
});

test("settle ends the first snapshot of a run that changed nothing, before it resolves", async () => {
  const jobs = testJobs();
  const order: string[] = [];
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const undo = bench.open(bench.directory(), {
    ...jobs,
    async run(request, signal) {
      const job = await jobs.open({ ...request, command: ["sleep", "50"] }, signal);
      begin();
      return job.ended.finally(() => order.push("git"));
    },
  });
  const watch = undo.begin({ id: "session", cwd: bench.directory() }, "run");
  await begun;
  expect(await watch.end()).toMatchObject({ state: "known", files: [] });
  await undo.settle(never);
  order.push("settled");
  expect(order).toEqual(["git", "settled"]);
});

test("a server that gets SIGTERM in the middle of a comparison logs no error, and no change is lost", async () => {
  const upstream = startUpstream();
  bench.defer(() => upstream.close());
  const dataDir = bench.directory();
  const bin = bench.directory();
  const git = join(bin, "git");
  const [gate, held] = [join(bin, "gate"), join(bin, "held")];
  const wait = `if [ -p ${gate} ]; then echo > ${held}; cat ${gate} > /dev/null; fi`;
  writeFileSync(git, `#!/bin/sh\n${wait}\nexec ${Bun.which("git")} "$@"\n`);
  chmodSync(git, 0o755);
  const environment = {
    OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"],
    PATH: `${bin}:${process.env.PATH}`,
  };
  const rein = await startRein({ dataDir, environment });
  bench.defer(() => rein[Symbol.asyncDispose]());
  const beforeLast = makeGate();
  upstream.script([toolCall("bash", { command: "echo new > made" })], [beforeLast, text("Done.")]);
  const chat = rein.chat({
    message: "Do it",
    provider: "openai-chat",
    model: "m",
    permissions: "all",
    onDisconnect: "continue",
  });
  await chat.until((event) => event.type === "tool-end");
  // Pipes, because the sandbox of git can write no file there.
  Bun.spawnSync(["mkfifo", held, gate]);
  const isHeld = Bun.spawn(["head", "-c1", held], { stdout: "ignore" }).exited;
  beforeLast.open();
  await chat.ended;
  expect(chat.session.runs[0]!.changes).toMatchObject({ state: "pending" });
  await isHeld;
  rein.signal("SIGTERM");
  expect(await rein.exited).toBe(0);
  // The random token and ids may contain such words.
  const random = [rein.printedAddress, chat.sessionId, chat.runId];
  const said = random.reduce((output, one) => output.replaceAll(one, ""), rein.output());
  expect(said).not.toMatch(/error|closed|could not|bug/i);

  openGate(gate);
  const second = await startRein({ dataDir, environment });
  bench.defer(() => second[Symbol.asyncDispose]());
  const viewer = second.follow(chat.sessionId);
  const changes = () => viewer.session.runs[0]?.changes;
  await viewer.until(() => changes()?.state === "known");
  expect(changes()!.files).toMatchObject([{ kind: "created", path: "made" }]);
  viewer.hangUp();
});

/** Records a run that has made a file; its next git calls wait at a gate. */
async function startRecording() {
  const dataDir = bench.directory();
  const cwd = bench.directory();
  const jobs = testJobs();
  let run: Jobs["run"] = (request, signal) => jobs.run(request, signal);
  const undo = new Undo(dataDir, { ...jobs, run: (request, signal) => run(request, signal) });
  const watch = await beginRun(undo, cwd, () => writeFileSync(join(cwd, "made"), "new"));
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const hold = (through: Jobs["run"]): void => void (run = through);
  return { dataDir, undo, watch, jobs, gate: { opened, open, hold } };
}

/** Releases every process that waits at the gate, and removes it. */
function openGate(path: string): void {
  const descriptor = openSync(path, "r+");
  rmSync(path);
  closeSync(descriptor);
}
