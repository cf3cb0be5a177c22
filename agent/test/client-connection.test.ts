/** A session has one stream at a time. The page shows when it has none, and no message is lost. */
import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type Rein, startRein } from "./rein";
import { anthropicOn, browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();
const undelivered = "Stop of “One” not delivered yet";

test("a message that cannot be delivered returns to the input, before the text that was typed since", async () => {
  await using opened = await scene.open();
  const { page, context } = opened;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await context.route("**/api/chat*", async (route) => {
    await released;
    await route.abort();
  });
  await send(page, "Do it");
  await page.getByLabel("Message", { exact: true }).fill("and more");
  release();
  await page.getByText("The message was not sent").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Do it\n\nand more");
  expect(await page.getByTestId("send").isEnabled()).toBe(true);
});

test("a message that the server refuses returns to the input, with the reason", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const gone = realpathSync(mkdtempSync(join(tmpdir(), "rein-gone-")));
  await page.getByRole("button", { name: /^Working directory/ }).click();
  await page.getByRole("combobox", { name: "Search, or type a path" }).fill(gone);
  await page.keyboard.press("Enter");
  await page.getByTestId("folders").waitFor({ state: "detached" });
  rmSync(gone, { recursive: true });
  await send(page, "Do it");
  await page.getByTestId("toast").getByText(gone).waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Do it");
});

test("after a restart of the server the page reconnects and continues", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("The first answer.")], [text("The second answer.")]);
  await send(page, "One");
  await idle(page);
  scene.rein.signal("SIGTERM");
  await scene.rein.exited;
  await page.getByTestId("connection").waitFor();
  await using again = await startAgain();
  expect(again.url).toBe(scene.rein.url);
  await page.getByTestId("connection").waitFor({ state: "hidden" });
  await send(page, "Two");
  await page.getByText("The second answer.").waitFor();
  expect(await page.getByText("The first answer.").count()).toBe(1);
});

test("the notice of a stop that was not delivered disappears when a crash has ended its run", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("Half ", makeGate())]);
  await send(page, "One");
  await page.getByText("Half").waitFor();
  scene.rein.signal("SIGKILL");
  await scene.rein.exited;
  await page.keyboard.press("Escape");
  await page.getByText(undelivered).waitFor();
  expect(await page.getByTestId("connection").textContent()).toContain("as soon as it can be");
  await using _again = await startAgain();
  await page.getByTestId("receipt").getByText("server crashed").waitFor();
  await page.getByText(undelivered).waitFor({ state: "hidden" });
});

test("a stop is delivered when a server that did not answer goes on, and until then the page does not say that it stops", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("Half ", makeGate())]);
  await send(page, "One");
  await page.getByText("Half").waitFor();
  scene.rein.signal("SIGSTOP");
  try {
    await page.keyboard.press("Escape");
    await page.getByText(undelivered).waitFor();
    await page.locator("[data-testid=composer][data-state=running]").waitFor();
    expect(await page.getByTestId("stop").getAttribute("aria-label")).toBe("Stop now (Esc)");
  } finally {
    scene.rein.signal("SIGCONT");
  }
  await page.getByTestId("receipt").waitFor();
  await page.getByText(undelivered).waitFor({ state: "hidden" });
  expect(await scene.upstream.requests[0]!.ended).toBe("client");
});

test("a second Escape that does not reach the server is told, until the run has ended", async () => {
  await using opened = await scene.open();
  const { page, context } = opened;
  scene.upstream.script([text("Half ", makeGate())]);
  await send(page, "One");
  await page.getByText("Half").waitFor();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await context.route("**/stop", async (route) => {
    if (route.request().postDataJSON().hard === true) return route.abort();
    await released;
    await route.continue();
  });
  await page.keyboard.press("Escape");
  await page.locator("[data-testid=composer][data-state=stopping]").waitFor();
  await page.keyboard.press("Escape");
  const notice = page.getByText("Stop at once of “One” not delivered yet");
  await notice.waitFor();
  release();
  await page.getByTestId("receipt").waitFor();
  await notice.waitFor({ state: "hidden" });
});

test("a hidden tab closes its event stream, and shows the missed events when it is visible again", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("The first answer.")], [text("Said meanwhile.")]);
  await send(page, "One");
  await idle(page);
  const closed = page.waitForEvent("requestfailed", (request) => request.url().includes("/events"));
  await setHidden(page, true);
  await closed;
  const elsewhere = scene.rein.chat({ message: "Two", sessionId: page.url().split("/").at(-1)! });
  await elsewhere.ended;
  expect(await page.getByText("Said meanwhile.").count()).toBe(0);
  await setHidden(page, false);
  await page.getByText("Said meanwhile.").waitFor();
});

test("a hidden tab keeps the stream of its own run", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const gate = makeGate();
  scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
  await send(page, "One");
  await page.getByText("The answer is").waitFor();
  await setHidden(page, true);
  gate.open();
  await page.getByText("forty-two.").waitFor({ state: "attached" });
  await idle(page);
});

test("Stop is delivered while six working tabs hold all six of the browser's connections", async () => {
  await using opened = await scene.open();
  scene.upstream.route(() => [text("The answer is ", makeGate())]);
  let page = opened.page;
  for (let tabs = 1; tabs <= 6; tabs++) {
    if (tabs > 1) page = await opened.context.newPage();
    await page.goto(scene.rein.url);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
  }
  await page.getByTestId("stop").click();
  await page.getByTestId("receipt").waitFor();
  expect(await scene.upstream.requests[5]!.ended).toBe("client");
});

/** Starts another server with the data directory and the port of the one that has exited. */
function startAgain(): Promise<Rein> {
  const { dataDir, token, url } = scene.rein;
  const address = { REIN_TOKEN: token, PORT: new URL(url).port };
  return startRein({ dataDir, environment: { ...anthropicOn(scene.upstream), ...address } });
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByLabel("Message", { exact: true }).press("Enter");
}

function idle(page: Page): Promise<void> {
  return page.locator("[data-testid=composer][data-state=idle]").waitFor({ state: "attached" });
}

/** A headless browser never hides a tab. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}
