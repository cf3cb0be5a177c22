/**
 * What a stop takes, seen from outside: the server, the model service and this client are processes of their own, on one
 * monotonic clock, and a thread of this process sleeps in the kernel until the command's processes have exited.
 *
 *     bun run bench latency                       this tree, and the bare way (Bun, Hono, an SDK) as the floor
 *     REIN_BENCH_BASE=/path/of/another/checkout bun run bench latency     that too, in alternating rounds
 *
 * closed    from the stop's request to the close of the upstream's socket, as the upstream sees it
 * death     from the stop's request to the exit of the last process of the command; `polite` without its grace of 250 ms
 * stopped   from there to the run's end at the client
 * first     the same for the first stop of a server, of its first message, 2.5 s after its start
 */
import { join } from "node:path";
import { CommandWatch } from "./command-watch";
import { startBare, startTree, startUpstream, type Subject } from "./latency-subjects";
import { outsideMs } from "./outside-clock";
import { printFigures } from "./statistics";
import { TimedChat } from "./timed-chat";

const rounds = 12;
/** A server's first stop comes after this much idle time, in which it compiles its supervisor. */
const idleMs = 2500;
/** From the beginning of the answer, or of the command, to the stop. */
const restMs = 100;
const warmUps = 5;
const graceMs = 250;

const commands: Record<string, string> = {
  plain: "echo on; sleep 60; true",
  /** Ignores SIGTERM: no grace is due. */
  stubborn: "trap '' TERM; echo on; sleep 60; true",
  /** Handles SIGTERM, and goes on. */
  polite: "trap : TERM; echo on; while :; do sleep 60 & wait; done",
};

/** How often each kind is measured on a warm server. */
const times: Record<string, number> = {
  hold: 10,
  plain: 10,
  stubborn: 10,
  polite: 3,
  subagents: 10,
  flood: 2,
};

const aims: Record<string, string> = {
  "hold: closed": "p50 2, p99 5",
  "plain: death": "p50 5, p99 15",
  "stubborn: death": "10",
  "polite: death": "10",
  "subagents: closed": "p50 4",
  "flood: tokens after": "0",
};

/** Samples by the name of their figure. */
type Samples = Map<string, number[]>;

/** A program to measure, and the kinds of stops that it knows. */
interface Side {
  name: string;
  start: () => Promise<Subject>;
  kinds: string[];
  samples: Samples;
}

/** What is the same for all sides. */
interface Bench {
  upstream: Awaited<ReturnType<typeof startUpstream>>;
  commandWatch: CommandWatch;
}

export async function benchLatency(): Promise<void> {
  await using upstream = await startUpstream();
  using commandWatch = new CommandWatch();
  const sides = sidesOf(upstream.url);
  for (let round = 0; round < rounds; round++)
    for (const side of sides) {
      console.error(`  round ${round + 1} of ${rounds}: ${side.name}`);
      await measure({ upstream, commandWatch }, side, round);
    }
  for (const side of sides) printSamples(side);
}

function sidesOf(upstream: string): Side[] {
  const tree = (name: string, path: string): Side => ({
    name,
    start: () => startTree(path, upstream),
    kinds: Object.keys(times),
    samples: new Map(),
  });
  const bare: Side = {
    name: "the bare way",
    start: () => startBare(upstream),
    kinds: ["hold", "plain", "flood"],
    samples: new Map(),
  };
  const base = process.env["REIN_BENCH_BASE"];
  const sides = [bare, tree("Rein", join(import.meta.dir, "../.."))];
  return base === undefined ? sides : [...sides, tree(base, base)];
}

function printSamples({ name: side, samples }: Side): void {
  console.log(`  ${side}`);
  for (const [name, values] of [...samples].toSorted(([a], [b]) => a.localeCompare(b)))
    printFigures(name, values, aims[name] ?? (name.endsWith("stopped") ? "10" : ""));
}

/** One server from its start: its first stop, and warm ones of each kind. */
async function measure(bench: Bench, { start, kinds, samples }: Side, round: number) {
  await using subject = await start();
  await Bun.sleep(idleMs);
  await stopOne(bench, subject, round % 2 === 0 ? "hold" : "plain", samples, "first ");
  for (let again = 0; again < warmUps; again++)
    for (const kind of ["hold", "plain"]) await stopOne(bench, subject, kind, new Map(), "");
  for (const kind of kinds)
    for (let again = 0; again < times[kind]!; again++)
      await stopOne(bench, subject, kind, samples, "");
}

/** A message, a stop once its work is under way, and what is seen of it. */
async function stopOne(
  { upstream, commandWatch }: Bench,
  subject: Subject,
  kind: string,
  samples: Samples,
  prefix: string,
): Promise<void> {
  const note = (what: string, value: number) => {
    const name = `${prefix}${kind}: ${what}`;
    samples.set(name, [...(samples.get(name) ?? []), value]);
  };
  const command = commands[kind];
  const sockets = kind === "subagents" ? 2 : command === undefined ? 1 : 0;
  const opened = sockets === 0 ? undefined : upstream.next("open", sockets);
  const message = command === undefined ? kind : `run ${command}`;
  const chat = new TimedChat(await subject.post("/api/chat", { ...request, message }));
  const { session } = await chat.until("snapshot");
  let died: Promise<number> | undefined;
  if (opened === undefined) {
    await chat.until("part-delta", "output");
    ({ died } = await commandWatch.watch(subject.pid));
  } else await opened;
  await Bun.sleep(restMs);
  const closed = upstream.next("closed", sockets);
  const asked = outsideMs();
  const answer = subject.post(`/api/sessions/${session!.id}/stop`, {});
  const end = await chat.until("run-end");
  await (await answer).text();
  if (sockets > 0) note("closed", (await closed).at(-1)! - asked);
  const last = died === undefined ? asked : await died;
  if (died !== undefined) note("death", last - asked - (kind === "polite" ? graceMs : 0));
  note("stopped", end.at - last);
  if (kind === "flood") note("tokens after", chat.tokensAfterStop);
  await chat.ended;
}

const request = {
  provider: "openai-chat",
  model: "bench",
  permissions: "all",
  onDisconnect: "continue",
};
