/** Every screen of the page, one after the other in one page: for pictures, axe, sizes and names. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Opened, openPage } from "./browser";
import { type Chat, type Rein, startRein } from "./rein";
import { samples } from "./sample-files";
import { anthropicOn } from "./scene";
import {
  failure,
  makeGate,
  reasoning,
  startUpstream,
  text,
  toolCall,
  type Upstream,
  usage,
} from "./upstream/upstream";

interface Stage {
  /** On `rein`, signed in, on the empty page. */
  page: Page;
  rein: Rein;
  /** The only service that `rein` has. */
  upstream: Upstream;
}

export interface Walk extends AsyncDisposable, Pick<Opened, "page" | "errors"> {
  screens: AsyncGenerator<string>;
}

/** On a server of its own, so that each walk sees the same. */
export async function walkScreens(browser: Browser, options: BrowserContextOptions): Promise<Walk> {
  await using stack = new AsyncDisposableStack();
  const upstream = startUpstream();
  stack.defer(() => upstream.close());
  const rein = stack.use(await startRein({ environment: anthropicOn(upstream) }));
  const { page, errors } = stack.use(
    await openPage(browser, rein, { ...options, reducedMotion: "reduce" }),
  );
  const owned = stack.move();
  return {
    page,
    errors,
    screens: screens({ page, rein, upstream }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Yields the name of the screen that the page shows now; the caller looks at it, and leaves it as it is. */
async function* screens(stage: Stage): AsyncGenerator<string> {
  yield* emptyPage(stage);
  yield* panels(stage);
  yield* runAtWork(stage);
  yield* approvals(stage);
  yield* subagents(stage);
  yield* settledRuns(stage);
  yield* failures(stage);
  yield* processes(stage);
  yield* sessions(stage);
}

async function* emptyPage({ page }: Stage): AsyncGenerator<string> {
  await headerButton(page, /^Model: Claude/).waitFor();
  yield "empty";
  await headerButton(page, /^Model/).click();
  await page.getByRole("option").first().waitFor();
  yield "models";
  await page.keyboard.press("Escape");
  for (const [name, label] of [
    ["permissions-menu", /^Permissions/],
    ["directory", /^Working directory/],
    ["more", /^More/],
  ] as const) {
    await headerButton(page, label).click();
    await page.getByRole("menu").or(page.getByRole("dialog")).first().waitFor();
    yield name;
    await page.keyboard.press("Escape");
  }
  await page.getByLabel("Message", { exact: true }).fill("/");
  await page.getByRole("listbox").waitFor();
  yield "commands";
  await page.getByLabel("Message", { exact: true }).fill("");
  const picture = { name: "a.png", mimeType: "image/png", buffer: samples["image/png"] };
  const drawing = { ...picture, name: "b.svg", buffer: Buffer.from("<svg/>") };
  await page.locator("input[type=file]").setInputFiles([picture, drawing]);
  await page.locator("[data-testid=attached-file] img").waitFor();
  await page.getByTestId("attached").getByText("Only PNG").waitFor();
  yield "attached-files";
  for (const name of ["a.png", "b.svg"])
    await page
      .getByTestId("attached")
      .getByRole("button", { name: `Remove ${name}` })
      .click();
}

async function* panels({ page, rein }: Stage): AsyncGenerator<string> {
  await openSettings(page);
  yield "settings";
  for (const details of await page.getByTestId("settings").locator("details").all())
    await details.evaluate((one: HTMLDetailsElement) => (one.open = true));
  yield "settings-open";
  await page.keyboard.press("Escape");
  const rule = { effect: "deny", rule: { kind: "command", match: "prefix", command: "git push" } };
  await post(rein, "/api/rules", rule);
  await headerButton(page, /^Permissions/).click();
  await page.getByRole("menuitem", { name: /^Rules/ }).click();
  await page.getByTestId("permissions").waitFor();
  yield "permissions";
  await page.keyboard.press("Escape");
  await page.getByLabel("Message", { exact: true }).press("?");
  await page.getByTestId("help").waitFor();
  yield "help";
  await page.keyboard.press("Escape");
}

const answer = [
  "# A title\n\nSome `code`, a [link](https://example.test), **bold** and *italic* text that is long enough to be wrapped on every screen that there is.",
  "- [x] done\n- [ ] to do\n  - a nested one\n\n> A quotation.",
  "| Name | Size | Note |\n|:--|--:|:-:|\n| alpha | 1,024 | first |\n| beta | 20 | second |",
  "```ts\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n```",
].join("\n\n");

async function* runAtWork({ page, upstream, rein }: Stage): AsyncGenerator<string> {
  const gate = makeGate();
  upstream.script([
    reasoning("The user wants an example. "),
    text(answer, gate),
    toolCall("bash", { command: "seq 1 50; exec sleep 1000" }),
  ]);
  await say({ page, rein, upstream }, "Show me everything you can draw");
  await page.locator(".hljs-number, .hljs-keyword").first().waitFor();
  yield "working";
  await page.getByLabel("Message", { exact: true }).fill("And then the tests, please");
  yield "ways-to-send";
  await page.getByTestId("ways").getByRole("button").first().click();
  await page.getByTestId("queued").first().waitFor();
  yield "queued";
  await page.getByRole("button", { name: "Nudge" }).click();
  await page.getByTestId("nudge").waitFor();
  yield "nudge";
  await page.keyboard.press("Escape");
  await page.getByTestId("pause").click();
  await page.locator("[data-testid=pause][data-state=pausing]").waitFor();
  await page.getByTestId("pause").click();
  await page.locator("[data-testid=pause][data-state=paused]").waitFor();
  yield "paused";
  await stopRun(page);
  yield "stopped-while-paused";
}

async function* approvals({ page, upstream, rein }: Stage): AsyncGenerator<string> {
  upstream.script([
    text("I look at the numbers first."),
    toolCall("bash", { command: "seq 1 50; exec sleep 1000" }),
  ]);
  await newSession(page);
  await say({ page, rein, upstream }, "Count to fifty");
  await page.locator("[data-testid=approval][data-ready]").waitFor();
  yield "approval";
  await page.getByRole("button", { name: /^Allow once/ }).click();
  await page.getByText("earlier lines").waitFor();
  yield "tool-at-work";
  await stopRun(page);
  await page.getByTestId("open-receipt").first().click();
  await page.getByRole("heading", { name: /^Processes/ }).waitFor();
  yield "receipt-open";
  const content = `\u202ea\u200b  \n${"b\n".repeat(300)}`;
  upstream.script([toolCall("write", { path: "a/\rb", content }, { pieceLength: 500 })]);
  await say({ page, rein, upstream }, "Write it down");
  await page.getByText("before you allow it").waitFor();
  yield "approval-folded";
  await stopRun(page);
}

async function* subagents({ page, upstream, rein }: Stage): AsyncGenerator<string> {
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
  await newSession(page);
  await say({ page, rein, upstream }, "Send them out");
  await page.getByText("Beta is counting").waitFor();
  await page.getByText("Alpha has read").waitFor();
  yield "subagents";
  await page.getByRole("button", { name: "Open subagent alpha" }).click();
  await page.getByTestId("subagent-window").waitFor();
  yield "subagent-window";
  await page.keyboard.press("Escape");
  await stopRun(page);
  yield "subagents-stopped";
  upstream.route(() => undefined);
}

async function* settledRuns(stage: Stage): AsyncGenerator<string> {
  const { page, upstream, rein } = stage;
  writeFileSync(join(rein.cwd, "notes.txt"), "one\ntwo\nthree\n");
  upstream.script(
    [
      toolCall("edit", { path: "notes.txt", oldText: "two", newText: "2" }),
      toolCall("write", { path: "made.txt", content: "new\n" }),
    ],
    [text("Both files are written."), usage(12_400, 310)],
  );
  await newSession(page);
  await headerButton(page, /^Permissions/).click();
  await page.getByRole("menuitemradio", { name: /Allow everything/ }).click();
  await say(stage, "Change the notes");
  await page.getByText("Both files are written.").waitFor();
  await page.getByTestId("open-files").waitFor();
  yield "done";
  await page.getByTestId("open-files").click();
  await page.getByTestId("changed-file").first().waitFor();
  yield "changes-open";
  await page.getByTestId("open-details").click();
  yield "run-details";
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menu").waitFor();
  yield "answer-menu";
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByTestId("message-edit").waitFor();
  yield "edit";
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Undo/ }).first().click();
  await page.getByText(/, undone/).waitFor();
  yield "undone";
}

async function* failures(stage: Stage): AsyncGenerator<string> {
  const { page, upstream } = stage;
  await newSession(page);
  upstream.script([failure("authentication")]);
  await say(stage, "Try it with that key");
  await page.getByTestId("failure").waitFor();
  yield "failed";
  upstream.script([failure("rate-limit", { headers: { "retry-after": "300" } })]);
  await say(stage, "Try it again");
  await page.getByTestId("retry").waitFor();
  yield "retry-countdown";
  await stopRun(page);
  await page.context().setOffline(true);
  // The open stream would go on: only a new one fails.
  await page.goBack();
  await page.getByTestId("connection").waitFor();
  yield "connection-lost";
  await page.context().setOffline(false);
  await page.getByTestId("connection").waitFor({ state: "hidden" });
}

async function* processes({ page, upstream, rein }: Stage): AsyncGenerator<string> {
  upstream.script(
    [toolCall("bash", { command: "echo ready; exec sleep 1000", background: true })],
    [text("It runs in the background.")],
  );
  const chat = rein.chat({
    message: "Start it",
    provider: "anthropic",
    model: "scripted",
    permissions: "all",
  });
  await chat.ended;
  await show(page, rein, chat);
  await page.getByTestId("processes-chip").click();
  await page.getByTestId("processes").getByText("ready").first().waitFor();
  yield "processes";
  await page.keyboard.press("Escape");
  await post(rein, "/api/stop", {});
}

async function* sessions({ page, rein }: Stage): AsyncGenerator<string> {
  await page.goto(`${rein.url}/stops`);
  await page.getByTestId("stops").getByRole("listitem").first().waitFor();
  yield "stops";
  await page.keyboard.press("Escape");
  await openSidebar(page);
  await page.getByRole("navigation", { name: "Sessions" }).getByRole("link").first().waitFor();
  yield "sessions";
  await page
    .getByRole("button", { name: /^More for/ })
    .first()
    .click();
  await page.getByRole("menu").waitFor();
  yield "session-menu";
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page
    .getByRole("dialog", { name: /Delete/ })
    .or(page.getByRole("alertdialog"))
    .waitFor();
  yield "delete-question";
  await page.keyboard.press("Escape");
  await page.evaluate(() => localStorage.clear());
  await page.goto(rein.url);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  yield "sign-in";
}

function headerButton(page: Page, name: RegExp) {
  return page.locator("main header").getByRole("button", { name });
}

async function openSidebar(page: Page): Promise<void> {
  const button = headerButton(page, /^Sessions/);
  if (await button.isVisible()) await button.click();
}

async function openSettings(page: Page): Promise<void> {
  await openSidebar(page);
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByTestId("settings").waitFor();
}

async function newSession(page: Page): Promise<void> {
  await openSidebar(page);
  await page.getByRole("button", { name: "New session" }).click();
  await page.getByRole("heading", { name: "New session" }).waitFor();
}

async function say({ page }: Stage, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}

async function stopRun(page: Page): Promise<void> {
  const receipts = await page.getByTestId("receipt").count();
  await page.getByTestId("stop").click();
  await page.getByTestId("receipt").nth(receipts).waitFor();
}

async function show(page: Page, rein: Rein, chat: Chat): Promise<void> {
  await page.goto(`${rein.url}/s/${chat.sessionId}`);
  await page.getByTestId("message").first().waitFor();
}

async function post(rein: Rein, path: string, body: unknown): Promise<void> {
  const answer = await rein.fetch(path, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
}
