/** One stop of an engine in mid-turn and the message after it: by Rein, or by the engine's own interrupt without Rein. */
import { isAlive, commandOf, pidsWith } from "../machine-facts";
import { makeGate, text, type UpstreamRequest } from "../upstream/upstream";
import { until, within } from "../within";
import { type EngineLab, EngineScene, historyOf } from "./engine-lab";
import { type EngineRow, rowName } from "./engine-rows";
import { isRunning, makeCookie, type StopKind } from "./stop-kinds";

export interface Sample {
  engine: string;
  by: "Rein" | "itself";
  kind: string;
  /** Milliseconds from the stop. Of the model's socket, by the upstream's clock; absent where none was open. */
  closedMs?: number;
  /** Until it says that it is idle. */
  idleMs?: number;
  /** Rein's: until the answer of the stop, with the proof. */
  endedMs?: number;
  /** From the next message to its answer's first word. Absent: it failed. */
  firstWordMs?: number;
  /** From the first message of another session at about that time to its answer's first word; of one stop in ten. */
  newSessionMs?: number;
  /** Requests that reached the model between the stop and the next message. */
  askedAfter: number;
  /** Processes of the command that live when it says idle; 1 s later. */
  aliveAtIdle: number;
  survivors: number;
  /** How often its model reads the cut text or the command's output in the next request. */
  told?: number;
  faults: string[];
}

/** What a command has written until now is what the engine could tell its model: one that shows nothing has so long to read it. */
export const readsOutputMs = 300;

/** The words of the answer that is cut; the last is one that nothing else has. */
export function wordsOf(cookie: string): string[] {
  return Array.from({ length: 30 }, (_, index) => `w${index}-${cookie} `);
}

/** What the person has seen of the turn, once: to be found in what the model is told. */
export function shownOf(kind: StopKind, cookie: string): string {
  return kind.command ? `out-${cookie}` : `w29-${cookie}`;
}

export function count(history: string, what: string): number {
  return history.split(what).length - 1;
}

/** `idleSeconds`: the person reads before the next message is sent. */
export async function stopByRein(
  scene: EngineScene,
  kind: StopKind,
  idleSeconds = 0,
): Promise<Sample> {
  const { row, lab } = scene;
  const cookie = makeCookie();
  const sample: Sample = {
    engine: rowName(row),
    by: "Rein",
    kind: kind.name,
    askedAfter: 0,
    aliveAtIdle: 0,
    survivors: 0,
    faults: [],
  };
  const { faults } = sample;
  const { requests } = lab.upstream.server;
  const open = await beginTurn(scene, kind, cookie);
  const asked = requests.length;
  const began = performance.now();
  const closing = open?.ended.then((by) => {
    if (by === "client") sample.closedMs = performance.now() - began;
    else faults.push("the answer ended by itself");
  });
  const answer = await scene.stop();
  sample.endedMs = performance.now() - began;
  const left = pidsWith(cookie);
  sample.survivors = left.length;
  for (const pid of left) faults.push(`survives: ${commandOf(pid)}`);
  if (!answer.stopped || answer.receipt === null) {
    faults.push(`no receipt: ${JSON.stringify(answer)}`);
    return sample;
  }
  const { receipt } = answer;
  if (receipt.engine?.idleMs !== undefined) sample.idleMs = receipt.engine.idleMs;
  if (receipt.proof !== "proven") faults.push(`proof: ${receipt.proof}`);
  if (receipt.survivors.length > 0) faults.push("the receipt names survivors");
  // A second is what it is given: on a busy machine opencode needs more.
  if (receipt.engine?.waited === "nothing") faults.push("its word was not waited for");
  for (const { pid, command } of receipt.engine?.processes ?? [])
    if (isAlive(pid)) faults.push(`the engine survives: ${command}`);
  const named = receipt.processes.map(({ command }) => command);
  await closing;
  if (idleSeconds > 0) await Bun.sleep(idleSeconds * 1000);
  sample.askedAfter = requests.length - asked;
  if (sample.askedAfter > 0) faults.push("asked the model after the stop");
  await sayNext(scene, sample, shownOf(kind, cookie), named);
  return sample;
}

/** Resolves in mid-turn: with the open request, where the text is what is stopped. */
export async function beginTurn(
  scene: EngineScene,
  kind: StopKind,
  cookie: string,
): Promise<UpstreamRequest | undefined> {
  const gate = makeGate();
  scene.script(
    kind.command
      ? [scene.row.shell(kind.command(cookie))]
      : [text(...wordsOf(cookie), gate, "never")],
  );
  const chat = scene.send("CUT");
  void chat.ended.catch(() => {});
  await scene.begun(chat);
  if (kind.command) {
    const isLive = scene.lab.info(scene.row).gives.toolOutput === "live";
    const isShown = () =>
      !isLive || JSON.stringify(chat.session.messages).includes(`out-${cookie}`);
    await until(
      () => (isRunning(kind, cookie) && isShown()) || hasEnded(chat),
      `the command of ${kind.name}`,
    );
    if (hasEnded(chat)) throw new Error(`The turn ended: ${lastError(chat.session)}`);
    if (!isLive) await Bun.sleep(readsOutputMs);
    return undefined;
  }
  await within("the text", Promise.race([gate.reached, chat.ended]));
  await until(
    () => JSON.stringify(chat.session.messages).includes(`w29-${cookie}`) || hasEnded(chat),
  );
  if (hasEnded(chat)) throw new Error(`The turn ended: ${lastError(chat.session)}`);
  return scene.asked().at(-1);
}

function hasEnded({ events }: { events: { type: string }[] }): boolean {
  return events.some(({ type }) => type === "run-end");
}

export function lastError({
  messages,
}: {
  messages: { error?: unknown; outcome?: string }[];
}): string {
  const last = messages.at(-1);
  return `${last?.outcome}, ${JSON.stringify(last?.error)}`;
}

/** Milliseconds from the first message of a new session to its answer's first word. */
export async function newSessionMs(lab: EngineLab, row: EngineRow): Promise<number> {
  const scene = new EngineScene(lab, row);
  scene.script([text("Hello.")]);
  const began = performance.now();
  const chat = scene.send("FIRST");
  await chat.until(({ type }) => type === "part-delta" || type === "run-end");
  const ms = performance.now() - began;
  await scene.begun(chat);
  await chat.ended;
  if (chat.session.runs.at(-1)?.outcome !== "done") throw new Error(lastError(chat.session));
  await lab.rein.fetch(`/api/sessions/${scene.id}`, { method: "DELETE" });
  return ms;
}

async function sayNext(
  scene: EngineScene,
  sample: Sample,
  shown: string,
  ended: string[],
): Promise<void> {
  const { faults } = sample;
  const earlier = scene.asked().length;
  scene.script([text("The next.")]);
  const began = performance.now();
  const chat = scene.send("NEXT");
  await chat.until(({ type }) => type === "part-delta" || type === "run-end");
  sample.firstWordMs = performance.now() - began;
  await chat.ended;
  if (chat.session.runs.at(-1)?.outcome !== "done") {
    delete sample.firstWordMs;
    faults.push(`the next message failed: ${lastError(chat.session)}`);
  }
  const asked = scene.asked().slice(earlier);
  for (const { refusal } of asked) if (refusal) faults.push(`refused: ${refusal}`);
  const [request] = asked;
  if (request === undefined) return;
  const history = historyOf(request.body);
  sample.told = count(history, shown);
  const { toolOutput, keeps } = scene.lab.info(scene.row).gives;
  const wasIdle = sample.idleMs !== undefined;
  // What an engine neither shows nor keeps cannot be told to its model.
  const isKnown = sample.kind === "text" || toolOutput === "live" || (keeps.output && wasIdle);
  // Ended before it was idle, it may have kept what Rein then tells too.
  const isTold = wasIdle ? sample.told === (isKnown ? 1 : 0) : !isKnown || sample.told > 0;
  if (!isTold) faults.push(`“${shown}” is told ${sample.told} times`);
  if (!history.includes("CUT")) faults.push("the cut message is not told");
  if (!history.includes("Nothing started in that run is running any more"))
    faults.push("it is not told that nothing runs");
  if (ended.length > 0 && !history.includes("Processes that were ended"))
    faults.push("it is not told what was ended");
  if (faults.length > 0) faults.push(`its model is told: …${history.slice(-2_000)}`);
}
