/** How long a server needs to be ready after kill -9, compared with a start on the same sessions with nothing to settle. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionSummary } from "../shared/protocol";
import { writeLongSession } from "../test/long-session";
import { startRein } from "../test/rein";
import { makeGate, startUpstream, text, type Upstream } from "../test/upstream/upstream";
import { printFigures, printValue } from "./statistics";

const sessions = 200;
/** The number of further messages in one of the sessions. */
const running = 20;
const messages = 10_000;
const rounds = 9;

export async function benchRecover(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const [cut, settled] = [join(folder, "cut"), join(folder, "settled")];
  await leaveCut(cut);
  cpSync(cut, settled, { recursive: true });
  await timeStart(settled);
  const [recovering, plain]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const copy = join(folder, `round-${round}`);
    cpSync(cut, copy, { recursive: true });
    recovering.push(await timeStart(copy));
    plain.push(await timeStart(settled));
    rmSync(copy, { recursive: true });
  }
  printValue(
    "sessions, cut by kill -9, messages in one of these",
    `${sessions}, ${running}, ${messages}`,
  );
  printFigures("start to ready, all of them settled", recovering);
  printFigures("start to ready, nothing to settle", plain);
  rmSync(folder, { recursive: true, force: true });
}

/** A data directory whose server was killed while runs were active. */
async function leaveCut(dataDir: string): Promise<void> {
  const longId = writeLongSession(dataDir, tmpdir(), messages);
  const upstream = startUpstream();
  const rein = await startRein({ dataDir, environment: openaiChat(upstream) });
  const say = (sessionId?: string) =>
    rein.chat({
      message: "Say it",
      provider: "openai-chat",
      model: "m",
      onDisconnect: "continue",
      ...(sessionId !== undefined && { sessionId }),
    });
  upstream.route(() => [text("All of it.")]);
  for (let count = 1; count <= sessions - running; count++) await say().ended;
  upstream.route(() => [text("Part ", "of ", "it ", makeGate())]);
  for (let count = 1; count <= running; count++) {
    const chat = say(count === 1 ? longId : undefined);
    await chat.until((event) => event.type === "part-delta" && event.delta === "it ");
  }
  // The events so far are on disk once the list has been read.
  await rein.json("/api/sessions");
  rein.signal("SIGKILL");
  await rein.exited;
  await rein[Symbol.asyncDispose]();
  await upstream.close();
}

function openaiChat(upstream: Upstream): Record<string, string> {
  return { OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"] };
}

/** From the command to the printed address. */
async function timeStart(dataDir: string): Promise<number> {
  const begun = performance.now();
  await using rein = await startRein({ dataDir });
  const tookMs = performance.now() - begun;
  const { sessions } = await rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
  const found = sessions.filter(({ outcome }) => outcome === "stopped").length;
  if (found !== running) throw new Error(`${found} runs of ${running} were settled`);
  return tookMs;
}
