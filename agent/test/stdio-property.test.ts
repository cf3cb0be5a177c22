/** Property test of `rein stdio`: after any lines and any end, nothing lives, each line was answered once, and the events tell the server's state. */
import { expect } from "bun:test";
import * as fc from "fast-check";
import { rmSync } from "node:fs";
import { escapes } from "./adversaries/escapes";
import { apiScene, chatCompletionsOnly, withoutChanges } from "./api-scene";
import { pidsWith } from "./machine-facts";
import { activeRun } from "../shared/session-lookup";
import { said } from "./control-api";
import { startStdio, type StdioProcess } from "./stdio-process";
import { newCookie, userLine } from "./stdio-scene";
import { nextTurn } from "./sweep/bounded-wait";
import { propertyTest } from "./sweep/property-test";
import { hang, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const { upstream, rein } = apiScene({
  environment: (one) => ({ ...chatCompletionsOnly(one), REIN_GRACE_MS: "50" }),
});

type Act = (real: Real) => unknown;
const act = (name: string, run: Act): { run: Act; toString: () => string } => ({
  run,
  toString: () => name,
});

const ends = ["input", "SIGTERM", "SIGKILL"] as const;
const quick = escapes.filter(({ terminal, afterExit }) => !terminal && !afterExit);

const garbage = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.json(),
  fc.constantFrom("{}", '{"type":"user"}', '{"type":"cancel_request","now":1}', "\0"),
);

const anyAct = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .boolean()
      .map((interrupt) => act(`user(${interrupt})`, (real) => real.user(interrupt))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("any", "last", "next"), fc.boolean())
      .map(([which, hard]) => act(`cancel(${which}, ${hard})`, (real) => real.cancel(which, hard))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("pause", "resume")
      .map((type) => act(type, (real) => real.send({ type }))),
  },
  { weight: 1, arbitrary: fc.constant(act("queue", (real) => real.queue())) },
  {
    weight: 2,
    arbitrary: garbage.map((line) => act(`bad(${JSON.stringify(line)})`, (real) => real.bad(line))),
  },
  { weight: 3, arbitrary: fc.constant(act("answered", (real) => real.answered())) },
  {
    weight: 3,
    arbitrary: fc.nat(60).map((count) =>
      act(`turns(${count})`, async () => {
        for (let turn = 0; turn < count; turn++) await nextTurn();
      }),
    ),
  },
  { weight: 2, arbitrary: fc.constant(act("busy", (real) => real.busy())) },
);

propertyTest(
  "after any lines and any end no process lives, each line was answered once, and the events tell the server’s state",
  { file: "stdio-property.test.ts", seed: 15, numRuns: 12, timeoutMs: 120_000 },
  fc.asyncProperty(
    fc.array(anyAct, { minLength: 1, maxLength: 14, size: "max" }),
    fc.constantFrom(...ends),
    fc.nat(quick.length - 1),
    async (acts, end, adversary) => {
      const cookie = newCookie();
      answerAlternately(quick[adversary]!.script(cookie));
      await using stdio = startStdio(rein);
      const real = new Real(stdio);
      await stdio.until(({ type }) => type === "ready");
      for (const one of acts) await one.run(real);
      if (end === "input") stdio.endInput();
      else stdio.kill(end);
      const code = await stdio.exited;
      if (end === "SIGKILL") await until(() => pidsWith(cookie).length === 0);
      expect(pidsWith(cookie)).toEqual([]);
      rmSync(`/tmp/${cookie}`, { force: true });
      if (end === "input") real.expectAnswered();
      if (end === "SIGKILL") return;
      await expectSameState(real);
      expect([0, 1, 130]).toContain(code);
    },
  ),
);

/** Requests for a model so far that are not answered. */
let hanging = 0;

/** Every third answer runs the command, every third never comes. */
function answerAlternately(command: string): void {
  let answers = 0;
  hanging = 0;
  upstream.reset();
  upstream.route(() => {
    const n = answers++ % 3;
    if (n === 1) hanging++;
    if (n === 1) return [hang];
    return n === 0
      ? [text("I run it."), toolCall("bash", { command })]
      : [text("This ", "is all.")];
  });
}

async function expectSameState({ stdio, sent }: Real): Promise<void> {
  const first = stdio.lines.find(({ type }) => type === "snapshot");
  if (first === undefined) return;
  const session = await rein.session(stdio.session.id);
  expect(withoutChanges(stdio.session)).toEqual(withoutChanges(session));
  expect(session.runs.filter(({ state }) => state !== "settled")).toEqual([]);
  const kept = session.queue.map((message) => message.text);
  const all = [...said(session), ...kept];
  // Each at most once, and nothing that a bad line said.
  expect(all.filter((words) => !sent.includes(words))).toEqual([]);
  expect(new Set(all).size).toBe(all.length);
}

class Real {
  readonly sent: string[] = [];
  readonly #ids: string[] = [];
  #runs = 0;
  #badLines = 0;

  constructor(readonly stdio: StdioProcess) {}

  send(line: object): void {
    const id = `line-${this.#ids.length}`;
    this.#ids.push(id);
    this.stdio.send({ ...line, id });
  }

  user(interrupt: boolean): void {
    const words = this.#words();
    this.send(
      userLine({
        runId: `${this.#prefix}-${this.#runs++}`,
        text: words,
        interrupt,
        permissions: "all",
      }),
    );
  }

  queue(): void {
    this.send({ type: "queue", text: this.#words() });
  }

  cancel(which: string, hard: boolean): void {
    const runId = `${this.#prefix}-${which === "last" ? this.#runs - 1 : this.#runs}`;
    this.send({ type: "cancel_request", hard, ...(which !== "any" && { runId }) });
  }

  bad(line: string): void {
    const written = line.replaceAll(/[\r\n]/g, " ").toWellFormed();
    if (written.trim() !== "") this.#badLines++;
    this.stdio.write(`${written}\n`);
  }

  /** Resolves when the last line is answered. */
  async answered(): Promise<void> {
    const id = this.#ids.at(-1);
    if (id !== undefined) await this.stdio.answer(id);
  }

  /** Resolves when the run waits for a command or for the model, is paused, or has ended. */
  async busy(): Promise<void> {
    await this.answered();
    const waits = () => {
      if (!this.stdio.lines.some(({ type }) => type === "snapshot")) return true;
      const run = activeRun(this.stdio.session);
      return run === undefined || run.pause !== undefined || hanging > 0 || this.#hasOutput();
    };
    await until(waits);
  }

  #hasOutput(): boolean {
    const parts = this.stdio.session.messages.at(-1)?.parts ?? [];
    return parts.some((part) => part.type === "tool-call" && part.output !== "");
  }

  expectAnswered(): void {
    const answers = this.stdio.lines.flatMap((line) =>
      "id" in line && line.id ? [String(line.id)] : [],
    );
    expect(answers.toSorted()).toEqual(this.#ids.toSorted());
    const errors = this.stdio.lines.filter(
      (line) => line.type === "error" && line.id === undefined,
    );
    expect(errors).toHaveLength(this.#badLines);
  }

  readonly #prefix = crypto.randomUUID();

  #words(): string {
    const words = `message ${this.sent.length}`;
    this.sent.push(words);
    return words;
  }
}
