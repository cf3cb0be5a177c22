/** The page is accessible: axe reports no violation in what it shows, in the light and in the dark theme. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { desktop, launchBrowser, openPage, phone } from "./browser";
import { type Rein, startRein } from "./rein";
import { samples } from "./sample-files";
import {
  makeGate,
  reasoning,
  startUpstream,
  text,
  toolCall,
  type Upstream,
} from "./upstream/upstream";

let browser: Browser;
let upstream: Upstream;
let rein: Rein;
beforeAll(async () => {
  browser = await launchBrowser();
  upstream = startUpstream();
  rein = await startRein({
    environment: {
      ANTHROPIC_API_KEY: "scripted-key",
      ANTHROPIC_BASE_URL: upstream.baseUrls.anthropic,
    },
  });
});
afterAll(async () => {
  await browser.close();
  await rein[Symbol.asyncDispose]();
  await upstream.close();
});

const answer =
  "# A title\n\nSome `code`, a [link](https://example.test).\n\n- [x] done\n\n```ts\n1\n```\n";

test("axe finds no violation in the empty page, models, settings, permissions, commands, menus, keyboard help and the page of stops", async () => {
  await using opened = await open(desktop);
  const { page } = opened;
  await expectNoFault(page, "an empty page");
  await page.getByRole("button", { name: /^Model/ }).click();
  await page.getByRole("option").first().waitFor();
  await expectNoFault(page, "the models");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByTestId("settings").waitFor();
  await expectNoFault(page, "the settings");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Permissions/ }).click();
  await page.getByRole("menuitem", { name: /^Rules/ }).click();
  await page.getByTestId("permissions").waitFor();
  await page.getByLabel("Command or path").fill("git push");
  await page.getByRole("button", { name: "Add rule" }).click();
  await page.getByRole("button", { name: "Remove" }).waitFor();
  await expectNoFault(page, "the permissions");
  await page.getByRole("button", { name: "Remove" }).click();
  await page.keyboard.press("Escape");
  await page.getByLabel("Message").fill("/");
  await page.getByRole("listbox").waitFor();
  await expectNoFault(page, "the commands");
  await page.getByLabel("Message").fill("");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menu").waitFor();
  await expectNoFault(page, "a menu");
  await page.keyboard.press("Escape");
  await page.getByLabel("Message").press("?");
  await page.getByTestId("help").waitFor();
  await expectNoFault(page, "the keys");
  await page.goto(`${rein.url}/stops`);
  await page.getByRole("dialog", { name: "Stops" }).waitFor();
  await expectNoFault(page, "the stops");
});

test.each([
  ["a desktop", desktop],
  ["a phone", phone],
])(
  "on %s axe finds no violation in a working run, a waiting approval and a receipt",
  async (_on, viewport) => {
    await using opened = await open(viewport);
    const { page } = opened;
    const gate = makeGate();
    const call = toolCall("bash", { command: "seq 1 50; sleep 1000" });
    upstream.script([reasoning("So."), text(answer), gate, call]);
    const picture = { name: "a.png", mimeType: "image/png", buffer: samples["image/png"] };
    const drawing = { ...picture, name: "b.svg", buffer: Buffer.from("<svg/>") };
    await page.locator("input[type=file]").setInputFiles([picture, drawing]);
    await page.locator("[data-testid=attached-file] img").waitFor();
    await page.getByTestId("attached").getByText("Only PNG").waitFor();
    await expectNoFault(page, "attached files");
    await page.getByLabel("Message").fill("Go");
    await page.getByTestId("send").click();
    await page.locator(".hljs-number").waitFor();
    await expectNoFault(page, "a run at work");
    gate.open();
    await page.getByTestId("approval").waitFor();
    await expectNoFault(page, "a question");
    await page.getByRole("button", { name: "Allow once" }).click();
    await page.getByText("earlier lines").waitFor();
    await expectNoFault(page, "a tool at work");
    await page.keyboard.press("Escape");
    await page.getByTestId("open-receipt").first().click();
    await page.getByRole("heading", { name: "Processes proven dead" }).waitFor();
    await expectNoFault(page, "a receipt");
    const content = `\u202ea\u200b  \n${"b\n".repeat(300)}`;
    upstream.script([toolCall("write", { path: "a/\rb", content }, { pieceLength: 500 })]);
    await page.getByLabel("Message").fill("Go on");
    await page.getByTestId("send").click();
    await page.getByText("before you allow it").waitFor();
    await expectNoFault(page, "a folded question with marks");
    await page.keyboard.press("Escape");
    await page.getByTestId("receipt").nth(1).waitFor();
  },
);

test("after a suggestion is sent by keyboard, the focus is in the message field", async () => {
  await using demo = await startRein();
  await using opened = await openPage(browser, demo);
  const { page } = opened;
  await page.getByTestId("suggestion").first().press("Enter");
  await untilFocused(page, "Message");
});

test("a stop by keyboard keeps the focus, and Enter on a subagent's Stop does not open its window", async () => {
  await using opened = await open(desktop);
  const { page } = opened;
  const sentOut = { role: "simple", title: "alpha", task: "Be alpha." };
  upstream.route(({ body }) => {
    const messages = JSON.stringify(body.messages);
    const isSubagent = messages.includes("Be alpha.") && !messages.includes("Do it");
    return isSubagent ? [text("Alpha has ", makeGate())] : undefined;
  });
  upstream.script([toolCall("subagent", sentOut)], [text("Then ", makeGate())]);
  await page.getByLabel("Message").fill("Do it");
  await page.getByLabel("Message").press("Enter");
  await page.getByText("Alpha has").waitFor();
  await page.getByRole("button", { name: "Open subagent alpha" }).press("Enter");
  await untilFocused(page, "Close");
  await page.keyboard.press("Escape");
  await untilFocused(page, "Open subagent alpha");
  await page.getByRole("button", { name: "Stop subagent alpha" }).press("Enter");
  await untilFocused(page, "Open subagent alpha");
  await page.getByText("Then").waitFor();
  await page.getByTestId("stop").press("Enter");
  await page.getByTestId("receipt").waitFor();
  await untilFocused(page, "Message");
  expect(opened.errors).toEqual([]);
});

async function untilFocused(page: Page, label: string): Promise<void> {
  await page.locator(`:focus[aria-label="${label}"]`).waitFor();
}

/** Without animations: contrast is to be measured on the final colours. */
function open(viewport: { width: number; height: number }) {
  return openPage(browser, rein, { viewport, reducedMotion: "reduce" });
}

/** An accessible name such as “Stop (Esc)” need not contain the key symbol that the button shows. */
const ofAll = { rules: { "label-content-name-mismatch": { enabled: false } } };
/** The rules whose result depends on the theme. */
const ofColours = { runOnly: ["color-contrast"] };

async function expectNoFault(page: Page, where: string): Promise<void> {
  await page.evaluate(axe);
  for (const [colorScheme, options] of [
    ["light", ofAll],
    ["dark", ofColours],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    const call = `axe.run(document, ${JSON.stringify(options)})`;
    const { violations } = await page.evaluate<AxeResults>(call);
    const faults = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
    expect({ where, colorScheme, faults }).toEqual({ where, colorScheme, faults: [] });
  }
}

const axe = await Bun.file(Bun.resolveSync("axe-core/axe.min.js", import.meta.dir)).text();
