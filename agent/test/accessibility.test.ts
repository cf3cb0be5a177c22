/** The page is accessible: axe reports no violation in what it shows on a desktop, in both themes, and a keyboard keeps its focus. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { desktop, launchBrowser, openPage, screenSizes } from "./browser";
import { type Rein, startRein } from "./rein";
import { allScreensMs, faultyScreens } from "./screen-faults";
import { makeGate, startUpstream, text, toolCall, type Upstream } from "./upstream/upstream";

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

test(
  "axe finds no violation in any screen, light and dark, and the accessibility tree tells every control from the others, on a desktop",
  async () => {
    expect(await faultyScreens(browser, screenSizes.desktop)).toEqual([]);
  },
  allScreensMs,
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
  await page.getByLabel("Message", { exact: true }).fill("Do it");
  await page.getByLabel("Message", { exact: true }).press("Enter");
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
