/** The commands that serve one conversation, as faces of the sweep: `rein stdio` and `rein -p`. */
import { tmpdir } from "node:os";
import { isOutcome, type Outcome } from "../../shared/protocol";
import { commandEnvironment, spawnCommand } from "../command-line";
import { startStdio, type StdioProcess } from "../stdio-process";
import type { Face } from "./faces";
import type { ScenarioRunner } from "./scenario-runner";

/** `rein stdio`, for this conversation alone. */
export function openStdio(end: (stdio: StdioProcess) => Promise<Outcome | undefined>) {
  return ({ fixture, request }: ScenarioRunner): Face => {
    // Elsewhere, so that it is not taken for a process of the run.
    const stdio = startStdio({ ...fixture.address, cwd: tmpdir() });
    const { message: text, onDisconnect: _always, ...choices } = request();
    stdio.send({ type: "user", text, cwd: fixture.cwd, ...choices });
    return {
      ended: Promise.race([stdio.until(({ type }) => type === "run-end"), stdio.exited]),
      stop: () => end(stdio),
      close: () => stdio[Symbol.asyncDispose](),
    };
  };
}

export async function cancelByLine(stdio: StdioProcess): Promise<Outcome | undefined> {
  stdio.send({ type: "cancel_request", id: "cancel" });
  const answer = await stdio.answer("cancel");
  if (answer.type !== "cancel_response") throw new Error(JSON.stringify(answer));
  stdio.endInput();
  await stdio.exited;
  const answers = stdio.lines.filter((line) => "id" in line && line.id === "cancel");
  if (answers.length !== 1) throw new Error(`${answers.length} answers of one cancel_request`);
  return answer.stopped && answer.outcome && isOutcome(answer.outcome) ? answer.outcome : undefined;
}

export async function endInput(stdio: StdioProcess): Promise<Outcome | undefined> {
  stdio.endInput();
  return outcomeOf(await stdio.exited);
}

export async function kill(stdio: StdioProcess): Promise<undefined> {
  stdio.kill("SIGKILL");
  await stdio.exited;
}

/** `rein -p`, which a SIGINT stops. */
export function openPrint({ fixture, request }: ScenarioRunner): Face {
  const { message, provider, model, permissions } = request();
  const args = ["-p", "--provider", provider!, "--model", model!, "--permissions", permissions!];
  const command = spawnCommand([...args, "--cwd", fixture.cwd, message!], {
    cwd: tmpdir(),
    environment: commandEnvironment(fixture.address),
  });
  return {
    ended: command.exited,
    async stop() {
      command.signal("SIGINT");
      return outcomeOf(await command.exited);
    },
    close: async () => command[Symbol.asyncDispose](),
  };
}

function outcomeOf(exitCode: number): Outcome | undefined {
  return ({ 0: "done", 1: "failed", 130: "stopped" } as const)[exitCode];
}
