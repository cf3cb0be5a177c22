/** What an engine does while a question of it is open changes neither the question nor what its answer holds for. */
import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import type { EngineAnswer, EngineQuestion } from "../server/engines/engine";
import type { Approval } from "../shared/protocol";
import { engineScene, type Script } from "./engine-scene";
import { nextTurn } from "./within";

const never = new AbortController().signal;

function command(text: string, more: Partial<EngineQuestion> = {}): EngineQuestion {
  return {
    key: "k",
    name: "Bash",
    kind: "execute",
    input: { command: text },
    access: { kind: "command", command: text },
    ...more,
  };
}

/** A session that asks, in a turn of this script. */
function asking(script: Script) {
  const scene = engineScene(script);
  Object.assign(scene.session, { cwd: tmpdir(), permissions: "ask" });
  const run = scene.run("Hi");
  return {
    scene,
    run,
    /** The approval of that number. */
    asked: async (number = 0): Promise<Approval> => {
      const requests = () => scene.events.filter(({ type }) => type === "approval-request");
      await run.until(() => requests().length > number);
      return (requests()[number] as { approval: Approval }).approval;
    },
    allow: ({ id, digest }: Approval) => scene.approvals.reply(id, { decision: "once", digest }),
  };
}

test("a call that is asked about is shown and kept as it was asked, whatever is told of it", async () => {
  const changed = { type: "tool", key: "k", name: "Read", kind: "read", title: "A file" } as const;
  const { scene, run, asked, allow } = asking(async (turn) => {
    turn.event({ type: "tool", key: "k", name: "Bash", kind: "execute" });
    const answer = turn.ask(command("touch harmless"), never);
    await run.until(({ type }) => type === "approval-request");
    turn.event({ ...changed, input: { command: "touch evil" } });
    turn.say("Well");
    await answer;
    turn.event({ ...changed, input: { command: "touch worse" } });
    return { outcome: "done" };
  });
  const approval = await asked();
  await run.until(({ type }) => type === "part-delta");
  const shown = { name: "Bash", input: { command: "touch harmless" } };
  expect(scene.calls()).toMatchObject([{ ...shown, state: "waiting" }]);
  expect(scene.calls()[0]).not.toHaveProperty("title");
  expect(allow(approval)).toBe("accepted");
  await run.ended;
  expect(scene.calls()).toMatchObject([{ ...shown, approval: { digest: approval.digest } }]);
});

test("a question about something else in a call leaves the call what it is", async () => {
  const network = { name: "network", input: { host: "a.example" } };
  const { scene, run, asked, allow } = asking(async (turn) => {
    turn.event({ type: "tool", ...command("npm install") });
    turn.event({ type: "tool-start", key: "k" });
    await turn.ask(
      command("", { ...network, access: { kind: "tool", tool: "network", subject: "a.example" } }),
      never,
    );
    return { outcome: "done" };
  });
  const approval = await asked();
  expect(scene.calls()).toMatchObject([network]);
  allow(approval);
  await run.ended;
  expect(scene.calls()).toMatchObject([{ name: "Bash", input: { command: "npm install" } }]);
});

test("a second question about a call is refused while the first is open, and asked after it", async () => {
  const answers: EngineAnswer[] = [];
  const { scene, run, asked, allow } = asking(async (turn) => {
    const first = turn.ask(command("ls"), never);
    answers.push(await turn.ask(command("rm -rf x"), never), await first);
    answers.push(await turn.ask(command("ls -l"), never));
    return { outcome: "done" };
  });
  const first = await asked();
  expect(first.subject).toBe("ls");
  expect(scene.calls()).toMatchObject([{ input: { command: "ls" } }]);
  allow(first);
  const second = await asked(1);
  expect(second.subject).toBe("ls -l");
  allow(second);
  await run.ended;
  expect(answers).toMatchObject([
    { allow: false, message: expect.stringContaining("Another question") },
    { allow: true },
    { allow: true },
  ]);
});

test("a question goes with its call: after the end there is no reply, and the call stays ended", async () => {
  const answers: EngineAnswer[] = [];
  const { scene, run, asked, allow } = asking(async (turn) => {
    const answer = turn.ask(command("touch x"), never);
    await run.until(({ type }) => type === "approval-request");
    turn.event({ type: "tool-end", key: "k", outcome: "done", output: "It ran." });
    turn.say("It ran before.");
    answers.push(await answer);
    answers.push(await turn.ask(command("touch y"), never));
    return { outcome: "done" };
  });
  const approval = await asked();
  await run.until(({ type }) => type === "part-delta");
  await nextTurn();
  expect(allow(approval)).toBe("gone");
  // Nor is it asked about again.
  await Promise.race([run.ended, asked(1)]);
  const refused: EngineAnswer = {
    allow: false,
    message: "The call has ended, so nothing was run.",
  };
  expect(answers).toEqual([refused, refused]);
  expect(scene.calls()).toMatchObject([
    { state: "done", output: "It ran.", approval: { reply: { decision: "deny" } } },
  ]);
  expect(scene.session.runs[0]!.state).toBe("running");
});
