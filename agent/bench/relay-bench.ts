/** A session of node a, followed at node b: how far behind a viewer there is, what many of them cost, and a stop meanwhile. */
import { startCluster } from "../test/cluster-scene";
import { lacksPostgres, sharedPostgres } from "../test/postgres";
import { startUpstream } from "./latency-subjects";
import { outsideMs } from "./outside-clock";
import { cpuMs, printFigures, printValue } from "./statistics";
import { timedViewer } from "./timed-chat";

const crowds = [1, 100, 1000];
/** Of the crowd, those whose events are read and timed. */
const timed = 20;
const measureMs = 5000;

export async function benchRelay(): Promise<void> {
  if (lacksPostgres !== "") return printValue("left out", lacksPostgres);
  await using upstream = await startUpstream();
  await using cluster = await startCluster(await sharedPostgres(), {
    names: ["a", "b"],
    environment: { OPENAI_COMPATIBLE_BASE_URL: upstream.url },
  });
  const [a, b] = [cluster.node("a").rein, cluster.node("b").rein];
  for (const count of crowds) {
    const chat = a.chat({ message: "pace", provider: "openai-chat", model: "bench" });
    await chat.until(({ type }) => type === "part-delta");
    const path = `/api/sessions/${chat.sessionId}/events`;
    const leaving = new AbortController();
    const open = () => b.fetch(path, { signal: leaving.signal });
    const viewers = await Promise.all(
      Array.from({ length: Math.min(count, timed) }, async () => timedViewer(await open())),
    );
    for (let others = viewers.length; others < count; others++) void drain(await open());
    const before = { at: outsideMs(), a: cpuMs(a.pid), b: cpuMs(b.pid) };
    await Bun.sleep(measureMs);
    const share = (busy: number) => `${((busy / (outsideMs() - before.at)) * 100).toFixed(0)} %`;
    const delays = viewers.flatMap((one) => one.delays);
    printFigures(`${count} viewers: event on a to a viewer on b`, delays);
    printValue(
      "a, b: of a core",
      `${share(cpuMs(a.pid) - before.a)}, ${share(cpuMs(b.pid) - before.b)}`,
    );
    const asked = outsideMs();
    await b.stop(chat.sessionId);
    printValue("a stop at b meanwhile", `${(outsideMs() - asked).toFixed(1)} ms`);
    leaving.abort();
  }
}

async function drain(response: Response): Promise<void> {
  const reader = response.body!.getReader();
  try {
    while (!(await reader.read()).done);
  } catch {
    // It has left.
  }
}
