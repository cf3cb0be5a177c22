/**
 * Many sessions that run at once on one server: how long a stop takes meanwhile, and how far behind what a viewer sees is.
 * The model service writes an event each 20 ms to every one of them, and is a process of its own.
 *
 *     bun run bench load
 *     REIN_BENCH_BASE=/path/of/another/checkout bun run bench load     that too
 *     REIN_BENCH_RUNS=100 REIN_BENCH_EACH=1 bun run bench load         so many sessions; a viewer for each
 */
import { join } from "node:path";
import { startTree, startUpstream, type Subject } from "./latency-subjects";
import { outsideMs } from "./outside-clock";
import { cpuMs, printFigures, printValue, residentMb } from "./statistics";
import { TimedChat } from "./timed-chat";

const runs = Number(process.env["REIN_BENCH_RUNS"] ?? 500);
const hasViewers = process.env["REIN_BENCH_EACH"] !== undefined;
const stops = Number(process.env["REIN_BENCH_STOPS"] ?? 200);
/** Between two stops. */
const restMs = 30;
const atOnce = 25;
/** After the last has begun. */
const restAfterMs = 2000;
/** In which all of them run, and nobody asks anything. */
const steadyMs = Number(process.env["REIN_BENCH_STEADY_MS"] ?? 4000);

type Upstream = Awaited<ReturnType<typeof startUpstream>>;

export async function benchLoad(): Promise<void> {
  const base = process.env["REIN_BENCH_BASE"];
  const trees = [join(import.meta.dir, "../.."), ...(base === undefined ? [] : [base])];
  for (const tree of trees) await measure(tree);
}

async function measure(tree: string): Promise<void> {
  await using upstream = await startUpstream();
  await using subject = await startTree(tree, upstream.url);
  const sessions: string[] = [];
  while (sessions.length < runs)
    sessions.push(
      ...(await Promise.all(Array.from({ length: atOnce }, () => begin(subject, undefined)))),
    );
  await Bun.sleep(restAfterMs);
  const steady = { at: outsideMs(), server: cpuMs(subject.pid) };
  await Bun.sleep(steadyMs);
  const steadyShare = (cpuMs(subject.pid) - steady.server) / (outsideMs() - steady.at);
  const watched = await watch(subject, sessions.at(-1)!);
  const before = { at: outsideMs(), server: cpuMs(subject.pid), upstream: cpuMs(upstream.pid) };
  const { closed, answered } = await stopMany(upstream, subject, sessions);
  const took = outsideMs() - before.at;
  watched.end();
  const share = (pid: number, busy: number) =>
    `${(((cpuMs(pid) - busy) / took) * 100).toFixed(0)} %`;
  printValue(
    `${runs} runs: server, of a core, without stops`,
    `${(steadyShare * 100).toFixed(0)} %, ${((steadyShare * 1e6) / (runs * 50)).toFixed(1)} µs an event`,
  );
  printFigures(`${runs} runs: stop to socket closed`, closed, "p99 50");
  printFigures(`${runs} runs: stop to its answer`, answered, "p99 50");
  printFigures(`${runs} runs: event to a viewer`, watched.delays, "p99 100");
  printValue(
    "events seen of those that were due",
    `${watched.delays.length} of ${Math.round(took / 20)}`,
  );
  printValue("server, of a core", share(subject.pid, before.server));
  printValue("model service, of a core", share(upstream.pid, before.upstream));
  printValue("memory of the server", `${residentMb(subject.pid).toFixed(0)} MB`);
}

/** A stop each few milliseconds; the session's next message follows, so that as many run. */
async function stopMany(upstream: Upstream, subject: Subject, sessions: string[]) {
  const [closed, answered]: [number[], number[]] = [[], []];
  for (let index = 0; index < stops; index++) {
    const sessionId = sessions[index % (sessions.length - 1)]!;
    const socket = upstream.next("closed", 1);
    const asked = outsideMs();
    const answer = subject.post(`/api/sessions/${sessionId}/stop`, {});
    closed.push((await socket)[0]! - asked);
    const { stopped } = (await (await answer).json()) as { stopped: boolean };
    if (!stopped) throw new Error("Nothing was running.");
    answered.push(outsideMs() - asked);
    await begin(subject, sessionId);
    await Bun.sleep(restMs);
  }
  return { closed, answered };
}

async function begin(subject: Subject, sessionId: string | undefined): Promise<string> {
  const body = { ...request, ...(sessionId !== undefined && { sessionId }) };
  const response = await subject.post("/api/chat", body);
  if (!response.ok) throw new Error(await response.text());
  const reader = response.body!.getReader();
  if (hasViewers) void drain(reader);
  else await reader.cancel();
  return response.headers.get("x-rein-session")!;
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

/** What a viewer of this session sees: how long after it was written each event has come. */
async function watch(subject: Subject, sessionId: string) {
  const response = await subject.get(`/api/sessions/${sessionId}/events`);
  const chat = new TimedChat(response);
  await chat.until("snapshot");
  const delays: number[] = [];
  let isOver = false;
  void (async () => {
    while (!isOver) {
      const event = await chat.until("part-delta");
      const written = /@([\d.]+)/.exec(event.delta ?? "")?.[1];
      if (written !== undefined) delays.push(event.at - Number(written));
    }
  })().catch(() => undefined);
  return { delays, end: () => void (isOver = true) };
}

const request = {
  provider: "openai-chat",
  model: "bench",
  permissions: "all",
  onDisconnect: "continue",
  message: "pace",
};
