/**
 * Drives real engines by the gate against the scripted upstream, and prints what each does and what its model is told. HOME should be
 * an empty directory that is not below the temporary ones: their shells read the files there.
 * `bun agent/test/real-engines/drive-engine.ts <directory of their programs> [id…]`
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createEngines } from "../../server/engines/engines";
import { startChild } from "../../server/engines/engine-child";
import type {
  Engine,
  EngineAnswer,
  EngineChild,
  EngineConversation,
  EngineEnd,
  EngineEvent,
  EngineQuestion,
} from "../../server/engines/engine";
import { startGateScene } from "../gate-scene";
import { testJobs } from "../processes-bench";
import { makeGate, reasoning, startUpstream, text, type Step } from "../upstream/upstream";
import { until, within } from "../within";
import { engineRows, type EngineRow, rowName } from "./engine-rows";

const [programs = "", ...ids] = process.argv.slice(2);
const upstream = startUpstream({ countsTokens: true });
const answers: Step[][] = [];
// Titles and the like have no tools: they get any text.
upstream.route(({ body }) => {
  if (process.env["DRIVE_LOG"])
    console.log(
      "REQ",
      hasTools(body),
      (body["tools"] as { name?: string }[] | undefined)?.map(({ name }) => name).join(),
      JSON.stringify(
        ((body["messages"] ?? body["input"] ?? body["contents"] ?? []) as unknown[]).at(-1),
      ).slice(0, 600),
    );
  return hasTools(body) ? answers.shift() : [text("A title")];
});
const gates = startGateScene(upstream.url);
const jobs = testJobs();
// Not among the temporary files: Codex puts its helpers nowhere below those.
const directory = mkdtempSync(join(homedir(), ".rein-real-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
const engines = createEngines({
  jobs,
  settings: () => ({
    paths: Object.fromEntries(engineRows.map(({ id, program }) => [id, join(programs, program)])),
    own: {},
  }),
  searchPath: process.env["PATH"] ?? "",
});

for (const row of engineRows) if (ids.length === 0 || ids.includes(rowName(row))) await drive(row);
await gates[Symbol.asyncDispose]();
await upstream.close();
process.exit(0);

async function drive(row: EngineRow): Promise<void> {
  const engine = engines.find(row.id)!;
  const look = await engine.look(AbortSignal.timeout(20_000));
  say(`\n=== ${engine.name}`, look);
  const scene = new Scene(row, engine);
  try {
    await scene.open();
    await scene.stream();
    await scene.tool({ allow: true });
    await scene.tool({ allow: false, message: "Not today" });
    await scene.stopInText();
    await scene.stopInText(true);
    // Without the kill Gemini CLI is refused with 400 from then on.
    await scene.stopInTool(true);
    if (row.id !== "gemini-cli") await scene.stopInTool();
    await scene.restart();
    await scene.next();
  } catch (error) {
    console.log("FAILED", error, scene.conversation?.child.errorOutput().slice(-2_000));
  } finally {
    await scene.conversation?.child.stop("hard");
  }
}

class Scene {
  conversation: EngineConversation | undefined;
  answer: EngineAnswer = { allow: true };
  questions: EngineQuestion[] = [];
  readonly cwd: string;
  readonly home: string;

  constructor(
    readonly row: EngineRow,
    readonly engine: Engine,
  ) {
    this.cwd = join(directory, rowName(row), "work");
    this.home = join(directory, rowName(row), "home");
    for (const path of [this.cwd, this.home]) mkdirSync(path, { recursive: true });
  }

  async open(conversationId?: string): Promise<void> {
    const { row, cwd, home } = this;
    const began = performance.now();
    const opening = this.engine.open(
      {
        cwd,
        home,
        model: row.model,
        ...(conversationId !== undefined && { conversationId }),
        gate: gates.open(row.provider).address,
        start: async (command, env, signal) => {
          const owner = { sessionId: row.id };
          return spied(await startChild(jobs, { name: row.id, command, cwd, env, owner }, signal));
        },
        ask: (question) => {
          this.questions.push(question);
          return Promise.resolve(this.answer);
        },
      },
      AbortSignal.timeout(120_000),
    );
    this.conversation = await opening;
    say("opened", { ms: Math.round(performance.now() - began), id: this.conversation.id });
  }

  async turn(
    message: string,
    ...steps: Step[][]
  ): Promise<{ events: EngineEvent[]; end: EngineEnd }> {
    answers.push(...steps);
    const { events, ended } = this.begin(message);
    return { end: await within(`the end of “${message}”`, ended), events };
  }

  begin(message: string): { events: EngineEvent[]; ended: Promise<EngineEnd> } {
    const events: EngineEvent[] = [];
    const read = async (): Promise<EngineEnd> => {
      const turn = this.conversation!.turn(message);
      for (;;) {
        const { done, value } = await turn.next();
        if (done) return value;
        events.push(value);
      }
    };
    return { events, ended: read() };
  }

  async stream(): Promise<void> {
    const { events, end } = await this.turn("FIRST", [
      reasoning("Let me ", "think."),
      text("Hello ", "there."),
    ]);
    say("stream", end, summary(events));
    await this.next();
  }

  async tool(answer: EngineAnswer): Promise<void> {
    this.answer = answer;
    this.questions = [];
    const command = "echo one > made; sleep 1; cat made";
    const { events, end } = await this.turn(
      "TOOL",
      [text("I run it."), this.row.shell(command)],
      [text("It ran.")],
    );
    say(answer.allow ? "tool, allowed" : "tool, denied", end, summary(events), this.questions);
    this.answer = { allow: true };
    answers.length = 0;
  }

  async stopInText(kills = false): Promise<void> {
    const gate = makeGate();
    const words = Array.from({ length: 30 }, (_, index) => `w${index} `);
    answers.push([text(...words, gate, "never")]);
    const turn = this.begin("STOP IN TEXT");
    await within("the gate", gate.reached);
    await until(() => textOf(turn.events).includes("w29"), "the text");
    const asked = upstream.requests.at(-1)!;
    const began = performance.now();
    const closed = asked.ended.then((by) => `${by} after ${ms(began)}`);
    this.conversation!.interrupt();
    const end = await within("idle", turn.ended);
    say(
      `stop in text${kills ? ", killed" : ""}`,
      end,
      `idle after ${ms(began)}`,
      `closed by ${await closed}`,
    );
    if (kills) await this.restart();
    await this.next();
  }

  async stopInTool(kills = false): Promise<void> {
    answers.push([this.row.shell("echo cut-output; sleep 100")]);
    const turn = this.begin("STOP IN TOOL");
    await until(() => sleepsOf(this.conversation!.child.pid), "the sleep");
    const began = performance.now();
    this.conversation!.interrupt();
    const end = await within("idle", turn.ended);
    say(
      `stop in a tool${kills ? ", killed" : ""}`,
      end,
      `idle after ${ms(began)}`,
      summary(turn.events),
    );
    if (kills) await this.restart();
    await this.next();
  }

  async restart(): Promise<void> {
    const { id, child } = this.conversation!;
    const began = performance.now();
    const { survivors, ended } = await child.stop("hard");
    say("killed", {
      ms: ms(began),
      survivors,
      ended: ended.map(({ command }) => command.slice(0, 60)),
    });
    await this.open(id);
  }

  /** What its model is told in the next turn. */
  async next(): Promise<void> {
    const before = upstream.requests.length;
    const { events, end } = await this.turn("NEXT", [text("The next.")]);
    const asked = upstream.requests.slice(before).filter(({ body }) => hasTools(body));
    say(
      "next",
      end,
      textOf(events),
      asked.map(({ refusal }) => refusal ?? "ok"),
    );
    const { body } = asked.at(-1) ?? {};
    const history = body && (body["messages"] ?? body["contents"] ?? body["input"]);
    for (const message of ((history ?? []) as object[]).slice(-7))
      console.log(
        "   ",
        JSON.stringify(message)
          .replaceAll(/<(system-reminder|environment_context)>.*?<\/\1>/gs, "…")
          .slice(0, 420),
      );
  }
}

/** With DRIVE_LOG=wire all that it says and is told is printed. */
function spied(child: EngineChild): EngineChild {
  if (process.env["DRIVE_LOG"] !== "wire") return child;
  async function* lines() {
    for await (const line of child.lines) {
      console.log("<", line.slice(0, 2_000));
      yield line;
    }
  }
  const write = (line: string) => {
    console.log(">", line.slice(0, 2_000));
    child.write(line);
  };
  return { ...child, pid: child.pid, lines: lines(), write };
}

function hasTools(body: Record<string, unknown>): boolean {
  return Array.isArray(body["tools"]) && body["tools"].length > 0;
}

function ms(began: number): string {
  return `${(performance.now() - began).toFixed(1)} ms`;
}

function textOf(events: EngineEvent[]): string {
  return events.map((one) => (one.type === "text" ? one.delta : "")).join("");
}

/** Deltas of one part in one line. */
function summary(events: EngineEvent[]): unknown[] {
  const lines: { type: string; key?: string; delta?: string }[] = [];
  for (const event of events) {
    const last = lines.at(-1);
    if ("delta" in event && last?.type === event.type && last.key === event.key)
      last.delta += event.delta;
    else lines.push({ ...event });
  }
  return lines;
}

/** Whether a sleep runs below the process. */
function sleepsOf(pid: number): boolean {
  const { stdout } = Bun.spawnSync(["pgrep", "-f", "sleep 100"]);
  return pid > 0 && stdout.toString().trim() !== "";
}

function say(...facts: unknown[]): void {
  console.log(
    facts
      .map((one) => (typeof one === "string" ? one : Bun.inspect(one, { depth: 6, colors: false })))
      .join("  "),
  );
}
