/** The screens of runs at work: what they show, wait for and are told, and how they end when they are stopped. */
import { makeGate, reasoning, text, toolCall } from "../upstream/upstream";
import { close, newSession, say, screen, type Screen, type Stage, stopRun, variant } from "./stage";

const answer = [
  "# A title\n\nSome `code`, a [link](https://example.test), **bold** and *italic* text that is long enough to be wrapped on every screen that there is.",
  "- [x] done\n- [ ] to do\n  - a nested one\n\n> A quotation.",
  "| Name | Size | Note |\n|:--|--:|:-:|\n| alpha | 1,024 | first |\n| beta | 20 | second |",
  "```ts\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n```",
].join("\n\n");

export async function* runAtWork(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  upstream.script([
    reasoning("The user wants an example. "),
    text(answer, makeGate()),
    toolCall("bash", { command: "seq 1 50; exec sleep 1000" }),
  ]);
  await say(stage, "Show me everything you can draw");
  await page.locator(".hljs-number, .hljs-keyword").first().waitFor();
  yield screen("working");
  await page.getByLabel("Message", { exact: true }).fill("And then the tests, please");
  yield screen("ways-to-send");
  await page.getByTestId("ways").getByRole("button").first().click();
  await page.getByTestId("queued").first().waitFor();
  await page.getByLabel("Message", { exact: true }).fill("And the papers");
  await page.getByTestId("ways").getByRole("button").first().click();
  await page.getByTestId("queued").nth(1).waitFor();
  yield screen("queued");
  await page.getByTestId("queued-text").first().click();
  const field = page.getByLabel("Edit the queued message");
  await field.waitFor();
  yield screen("queue-edit");
  await field.blur();
  await page.getByRole("button", { name: "Nudge" }).click();
  await page.getByTestId("nudge").waitFor();
  yield screen("nudge");
  await close(stage);
  await page.getByTestId("pause").click();
  await page.locator("[data-testid=pause][data-state=pausing]").waitFor();
  await page.getByTestId("pause").click();
  await page.locator("[data-testid=pause][data-state=paused]").waitFor();
  yield variant("paused");
  await stopRun(stage);
  yield screen("stopped-while-paused");
}

export async function* approvals(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  upstream.script([
    text("I look at the numbers first."),
    toolCall("bash", { command: "seq 1 50; exec sleep 1000" }),
  ]);
  await newSession(stage);
  await say(stage, "Count to fifty");
  await page.locator("[data-testid=approval][data-ready]").waitFor();
  yield screen("approval");
  await page.getByRole("button", { name: /^Allow once/ }).click();
  await page.getByText("earlier lines").waitFor();
  yield screen("tool-at-work");
  await stopRun(stage);
  await page.getByTestId("open-receipt").first().click();
  await page.getByRole("heading", { name: /^Processes/ }).waitFor();
  yield screen("receipt-open");
  const content = `\u202ea\u200b  \n${"b\n".repeat(300)}`;
  upstream.script([toolCall("write", { path: "a/\rb", content }, { pieceLength: 500 })]);
  await say(stage, "Write it down");
  await page.getByText("before you allow it").waitFor();
  yield screen("approval-folded");
  await stopRun(stage);
}

export async function* subagents(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  const gates = [makeGate(), makeGate()];
  upstream.route(({ body }) => {
    const said = JSON.stringify(body["messages"]);
    if (said.includes("Send them out")) return undefined;
    if (said.includes("Be alpha.")) return [text("Alpha has read eleven files ", gates[0]!)];
    return said.includes("Be beta.") ? [text("Beta is counting ", gates[1]!)] : undefined;
  });
  const sent = (role: string, title: string) =>
    toolCall("subagent", { role, title, task: `Be ${title}.` });
  upstream.script([text("Two at once."), sent("simple", "alpha"), sent("researcher", "beta")]);
  await newSession(stage);
  await say(stage, "Send them out");
  await page.getByText("Beta is counting").waitFor();
  await page.getByText("Alpha has read").waitFor();
  yield screen("subagents");
  await page.getByRole("button", { name: "Open subagent alpha" }).click();
  await page.getByTestId("subagent-window").waitFor();
  yield screen("subagent-window");
  await close(stage);
  await stopRun(stage);
  yield screen("subagents-stopped");
  upstream.route(() => undefined);
}
