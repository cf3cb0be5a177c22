/** How quickly the terminal face answers a key: a letter and a stop beside a stream, its start, and its memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildTerminal } from "../terminal/build-terminal";
import { commandEnvironment, commandProgram } from "../test/command-line";
import { writeLongSession } from "../test/long-session";
import { type Rein, startRein } from "../test/rein";
import { markdown, startStreamingService } from "./streaming-service";
import { now, printFigures, printValue, residentMb } from "./statistics";

const starts = 10;
const letters = 100;
const stops = 30;
/** Answers far longer than the bench takes: each is stopped. */
const characters = 1_000_000;
/** Of the session that the answers are written in. */
const messages = 1_000;
const messageCharacters = 2_500;
/** A letter is typed about every so often, at no fixed place between two frames. */
const restMs = 37;

export async function benchTerminal(): Promise<void> {
  buildTerminal();
  using service = startStreamingService(characters);
  const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const sessionId = writeLongSession(dataDir, tmpdir(), messages, markdown(messageCharacters));
  {
    await using rein = await startRein({
      dataDir,
      environment: { OPENAI_COMPATIBLE_BASE_URL: service.url },
    });
    await benchFace(rein, sessionId);
  }
  rmSync(dataDir, { recursive: true, force: true });
}

async function benchFace(rein: Rein, sessionId: string): Promise<void> {
  const painted: number[] = [];
  for (let round = 0; round < starts; round++) {
    const begun = now();
    await using face = startFace(rein);
    painted.push((await face.seen(/Ready/)) - begun);
  }
  printFigures("start to the first screen painted", painted);
  {
    await using empty = startFace(rein);
    await empty.seen(/Ready/);
    printValue("memory without a message", `${Math.round(residentMb(empty.pid))} MB`);
  }
  const begun = now();
  await using face = startFace(rein, "--session", sessionId);
  const opened = await face.seen(/stays/);
  printValue("start to the newest of 1,000 messages painted", `${Math.round(opened - begun)} ms`);
  printValue("memory with this session", `${Math.round(residentMb(face.pid))} MB`);
  await benchKeys(face);
  printValue("memory after these answers", `${Math.round(residentMb(face.pid))} MB`);
}

async function benchKeys(face: Face): Promise<void> {
  const typed: number[] = [];
  const stopped: number[] = [];
  for (let round = 0; round < stops; round++) {
    await face.press("Go");
    await face.press("\r", /Working/);
    await face.seen(/[a-z]{3}/);
    for (let count = 0; count < letters / stops; count++) {
      await Bun.sleep(restMs);
      // No letters of the stream, and two of them: the same one would not be painted where it was still to be removed.
      const letter = count % 2 === 0 ? "ß" : "þ";
      typed.push(await face.press(letter, new RegExp(letter)));
      await face.press("\x7f");
    }
    stopped.push(await face.press("\x03", /Stopping|Ready/));
    await face.seen(/Ready|stopped in/);
    await Bun.sleep(restMs);
  }
  printFigures("letter to painted, while an answer streams", typed, "p95 under 50 ms");
  printFigures("Ctrl+C to “Stopping…” or “stopped” painted", stopped, "p95 under 50 ms");
}

interface Face extends AsyncDisposable {
  pid: number;
  /** Writes the key. With `shown`, resolves with the milliseconds until bytes that match have been written to the terminal. */
  press: (key: string, shown?: RegExp) => Promise<number>;
  /** Resolves with the moment when bytes that match had been written, since the last key or the start. */
  seen: (shown: RegExp) => Promise<number>;
}

function startFace(rein: Rein, ...args: string[]): Face {
  const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const decoder = new TextDecoder();
  let written = "";
  let look = () => {};
  const child = Bun.spawn([process.execPath, commandProgram, "--data-dir", dataDir, ...args], {
    cwd: rein.cwd,
    env: { ...process.env, ...commandEnvironment(rein), TERM: "xterm-256color" },
    terminal: {
      cols: 120,
      rows: 40,
      data(_, bytes) {
        written += decoder.decode(bytes, { stream: true });
        look();
      },
    },
  });

  function seen(shown: RegExp): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    look = () => {
      if (shown.test(written)) resolve(now());
    };
    look();
    return promise;
  }

  return {
    pid: child.pid,
    seen,
    async press(key, shown) {
      written = "";
      const pressed = now();
      child.terminal?.write(key);
      return shown === undefined ? 0 : (await seen(shown)) - pressed;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      child.terminal?.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
