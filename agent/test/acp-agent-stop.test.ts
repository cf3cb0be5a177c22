/** `rein acp`: a cancel is Rein's stop, answered when everything has settled; an editor that is gone stops what it started. */
import { expect, test } from "bun:test";
import type { Receipt } from "../shared/protocol";
import { editorScene, failureOf, startEditor } from "./acp-editor";
import { apiScene, everyWire } from "./api-scene";
import { pidsWith } from "./machine-facts";
import { SeededRandom } from "./seeded-random";
import { hang, makeGate, reasoning, type Step, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const scene = apiScene({
  environment: everyWire,
  settings: { provider: "openai-chat", model: "local-model" },
});
const { upstream } = scene;
const editors = editorScene(scene);

type Meta = { rein: { receipt: Receipt; runId: string } };

/** Daemons that a signal to a process group does not reach, and the command itself. */
const hideaways = (cookie: string): Step =>
  toolCall("bash", {
    command: `(setsid sleep 300.${cookie} &) >/dev/null 2>&1; env -i setsid sleep 300.${cookie} & echo ready; sleep 300.${cookie}`,
  });

let count = 0;
const newCookie = () => `${process.pid}${++count}${Date.now() % 1e6}`;

const cancels = Number(process.env["REIN_CANCELS"] ?? 40);

/** What the model does when the cancel comes, and the update that shows that it has come so far. */
const moments: Record<string, (cookie: string) => { script: Step[]; shown: string }> = {
  reasoning: () => ({ script: [reasoning("One ", "two ", makeGate())], shown: "One" }),
  text: () => ({ script: [text("Three ", makeGate())], shown: "Three" }),
  "tool-input": () => ({
    script: [text("Four."), toolCall("bash", ['{"command":"echo ', makeGate()])],
    shown: '"tool_call"',
  }),
  tool: (cookie) => ({ script: [text("Five."), hideaways(cookie)], shown: "```\\nready" }),
};

test(`${cancels} cancels at random moments: "cancelled" is answered when nothing of the run is left`, async () => {
  const seed = Number(process.env["REIN_SEED"] ?? Date.now() % 1e6);
  const random = new SeededRandom(seed);
  const editor = await editors.open();
  const faults: string[] = [];
  const points = new Set<string>();
  const { sessionId } = await editor.newSession();
  await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
  for (let i = 0; i < cancels; i++) {
    const cookie = newCookie();
    const name = random.pick(Object.keys(moments));
    const { script, shown } = moments[name]!(cookie);
    editor.updates.length = 0;
    upstream.reset();
    upstream.script(script);
    const prompt = editor.prompt(sessionId, "Go");
    const isShown = () => JSON.stringify(editor.updates).includes(shown) || undefined;
    const early = random.below(4);
    const isEarly = () => editor.updates.length >= early || isShown();
    if (random.chance(0.7)) await editor.until(isShown, shown);
    else if (early > 0) await editor.until(isEarly, `${early} updates`);
    await editor.cancel(sessionId);
    if (random.chance(0.2)) await editor.cancel(sessionId);
    const { stopReason, _meta } = await prompt;
    const left = pidsWith(`300.${cookie}`);
    const receipt = (_meta as Meta | undefined)?.rein.receipt;
    if (receipt?.stop) points.add(receipt.stop.point);
    const isTold = receipt === undefined || editor.text(sessionId).includes("Stopped in ");
    if (stopReason !== "cancelled" || left.length > 0 || !isTold)
      faults.push(`${i} ${name}: ${stopReason}, ${left.length} left, told: ${isTold}`);
  }
  expect({ seed, faults }).toEqual({ seed, faults: [] });
  expect(points.size).toBeGreaterThan(1);
});

test("the answer of a cancelled prompt has the receipt, and its line is the last text", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
  const cookie = newCookie();
  upstream.script([hideaways(cookie)]);
  const prompt = editor.prompt(sessionId, "Go");
  await editor.until(() => pidsWith(`300.${cookie}`).length >= 3 || undefined, "its processes");
  await editor.untilUpdate((one) => JSON.stringify(one).includes("ready"));
  await editor.cancel(sessionId);
  const { stopReason, _meta } = await prompt;
  expect(pidsWith(`300.${cookie}`)).toEqual([]);
  expect(stopReason).toBe("cancelled");
  const { receipt } = (_meta as Meta).rein;
  expect(receipt).toMatchObject({
    stop: { by: "user", from: "editor", point: "tool" },
    survivors: [],
  });
  expect(editor.text(sessionId)).toMatch(
    /\n\nStopped in .+ while a command ran · \d+ processes ended$/,
  );
});

test("a cancel before the run has begun wins, and the next prompt is answered", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.route(({ body }) =>
    JSON.stringify(body).includes("Again") ? [text("Answered.")] : [text("Never."), hang],
  );
  const prompt = editor.prompt(sessionId, "Go");
  await editor.cancel(sessionId);
  const next = editor.prompt(sessionId, "Again");
  expect(await prompt).toMatchObject({ stopReason: "cancelled" });
  expect(await next).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toEndWith("Answered.");
});

test("a prompt right behind a cancel waits until the run has settled; one beside an open prompt is refused", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("Begun."), hang], [text("Next.")]);
  const first = editor.prompt(sessionId, "Go");
  await editor.until(() => editor.text(sessionId) || undefined, "its text");
  expect(await failureOf(editor.prompt(sessionId, "Beside"))).toContain("A prompt is open");
  await editor.cancel(sessionId);
  const second = editor.prompt(sessionId, "Behind");
  expect(await first).toMatchObject({ stopReason: "cancelled" });
  expect(await second).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toMatch(/Begun\.\n\nStopped.*Next\.$/s);
});

test("a stop in the page ends the prompt as cancelled, and a cancelled request stops the run", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("Begun."), hang], [text("Again."), hang]);
  const first = editor.prompt(sessionId, "Go");
  await editor.until(() => editor.text(sessionId) || undefined, "its text");
  await scene.rein.stop(sessionId);
  expect(await first).toMatchObject({ stopReason: "cancelled" });
  const request = new AbortController();
  const second = editor.agent.request(
    "session/prompt",
    { sessionId, prompt: [{ type: "text", text: "Go on" }] },
    { cancellationSignal: request.signal },
  );
  await editor.until(() => editor.text(sessionId).includes("Again.") || undefined, "its text");
  request.abort();
  expect(await second).toMatchObject({ stopReason: "cancelled" });
  const { runs } = await scene.rein.session(sessionId);
  expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "stopped"]);
});

test("a subagent's work is on its card, and its question is asked under its own call", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const gate = makeGate();
  upstream.script(
    [toolCall("subagent", { role: "simple", title: "alpha", task: "Do it" })],
    [text("I begin. "), toolCall("bash", { command: "echo deep" })],
    [text("Almost. ", gate)],
  );
  const prompt = editor.prompt(sessionId, "Send one");
  const question = await editor.untilAsked();
  question.choose("allow_once");
  const card = () => {
    const [found] = editor.updates.flatMap(({ update }) =>
      update.sessionUpdate === "tool_call" && update.name === "subagent" ? [update] : [],
    );
    return found && JSON.stringify(editor.card(sessionId, found.toolCallId));
  };
  await editor.until(() => card()?.includes("Almost.") || undefined, "the subagent's text");
  expect(card()).toContain("I begin.");
  expect(card()).toContain("echo deep (done)");
  expect(editor.card(sessionId, question.toolCall.toolCallId)).toMatchObject({
    status: "completed",
  });
  await editor.cancel(sessionId);
  expect(await prompt).toMatchObject({ stopReason: "cancelled" });
  expect(editor.text(sessionId)).toContain("1 subagent stopped");
});

test.each(["a killed agent", "a closed input", "a closed output", "a closed input and output"])(
  "%s leaves no process of its run",
  async (how) => {
    const editor = await startEditor(scene.rein);
    const { sessionId } = await editor.newSession();
    await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
    const cookie = newCookie();
    upstream.script([hideaways(cookie)]);
    const prompt = editor.prompt(sessionId, "Go").catch(() => undefined);
    await editor.untilUpdate((one) => JSON.stringify(one).includes("```\\nready"));
    if (how === "a killed agent") editor.child.kill("SIGKILL");
    if (how.includes("output")) await editor.closeOutput();
    if (how.includes("input")) void editor.child.stdin.end();
    await until(() => pidsWith(`300.${cookie}`).length === 0);
    await editor.child.exited;
    await prompt;
    const run = (await scene.rein.session(sessionId)).runs.at(-1);
    expect(run?.stop).toMatchObject(
      how === "a killed agent" ? { by: "disconnect" } : { by: "user", from: "editor" },
    );
    await editor[Symbol.asyncDispose]();
  },
);

test("what the page has started goes on when an editor that shows it is closed, and still asks", async () => {
  await using editor = await startEditor(scene.rein);
  upstream.script([text("One.")], [toolCall("bash", { command: "echo hi" })], [text("Done.")]);
  const { sessionId } = await editor.newSession();
  await editor.prompt(sessionId, "First");
  const chat = scene.send("Second", { sessionId });
  const question = await editor.untilAsked();
  await editor.child.stdin.end();
  expect(await editor.child.exited).toBe(0);
  const { rein } = question.toolCall._meta as { rein: { approvalId: string; digest: string } };
  expect((await scene.rein.session(sessionId)).runs.at(-1)?.state).toBe("waiting");
  await scene.post(`/api/approvals/${rein.approvalId}`, { decision: "once", digest: rein.digest });
  await chat.ended;
  expect(chat.session.runs.at(-1)?.outcome).toBe("done");
});

test("two sessions of an editor run beside each other; a cancel stops one", async () => {
  const editor = await editors.open();
  const [one, other] = [await editor.newSession(), await editor.newSession()];
  const gate = makeGate();
  upstream.route(({ body }) =>
    JSON.stringify(body).includes("the one message") ? [text("A"), hang] : [text("B", gate, "C")],
  );
  const first = editor.prompt(one.sessionId, "the one message");
  const second = editor.prompt(other.sessionId, "another");
  await editor.until(
    () => (editor.text(one.sessionId) && editor.text(other.sessionId)) || undefined,
    "both texts",
  );
  await editor.cancel(one.sessionId);
  expect(await first).toMatchObject({ stopReason: "cancelled" });
  gate.open();
  expect(await second).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(other.sessionId)).toBe("BC");
});
