/** Eight tabs of one browser, which opens at most six connections to a server: all show live data, and each can stop at once. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const tabs = 8;

const scene = browserScene();

test("eight tabs with a run each can all stop their runs at once", async () => {
  scene.upstream.script(...Array.from({ length: tabs }, () => [text("A few words ", makeGate())]));
  await using opened = await openTabs();
  for (const page of opened.pages) {
    await send(page, "Do it");
    await page.getByText("A few words").waitFor();
  }
  expect(scene.upstream.requests.length).toBe(tabs);
  await Promise.all(opened.pages.map((page) => page.keyboard.press("Escape")));
  const ended = await Promise.all(scene.upstream.requests.map((request) => request.ended));
  expect(ended).toEqual(Array.from({ length: tabs }, () => "client"));
  for (const page of opened.pages) await page.getByTestId("receipt").waitFor();
  expect(opened.errors).toEqual([]);
});

test("stops of eight tabs that a server does not answer wait in all, and are all delivered once it does", async () => {
  scene.upstream.script(...Array.from({ length: tabs }, () => [text("A few words ", makeGate())]));
  await using opened = await openTabs();
  for (const page of opened.pages) {
    await send(page, "Do it");
    await page.getByText("A few words").waitFor();
  }
  process.kill(scene.rein.pid, "SIGSTOP");
  try {
    await Promise.all(opened.pages.map((page) => page.keyboard.press("Escape")));
    for (const page of opened.pages)
      await page
        .getByText("not delivered yet")
        .nth(tabs - 1)
        .waitFor();
  } finally {
    process.kill(scene.rein.pid, "SIGCONT");
  }
  const ended = await Promise.all(scene.upstream.requests.map((request) => request.ended));
  expect(ended).toEqual(Array.from({ length: tabs }, () => "client"));
  for (const page of opened.pages) await page.getByTestId("receipt").waitFor();
  expect(opened.errors).toEqual([]);
});

test("eight tabs on one session all show it live, and a stop from any tab is shown in all", async () => {
  const gate = makeGate();
  scene.upstream.script([text("One ", gate, "two ", makeGate())]);
  await using opened = await openTabs();
  const [first, ...others] = opened.pages as [Page, ...Page[]];
  await send(first, "Do it");
  await first.getByText("One").waitFor();
  for (const page of others) await page.goto(first.url());
  for (const page of others) await page.getByText("One").waitFor();
  gate.open();
  for (const page of opened.pages) await page.getByText("One two").waitFor();
  await others.at(-1)!.keyboard.press("Escape");
  expect(await scene.upstream.requests[0]!.ended).toBe("client");
  for (const page of opened.pages) await page.getByTestId("receipt").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a tab without a free connection for its stream gets the one that another tab releases", async () => {
  await using opened = await openTabs();
  const gate = makeGate();
  scene.upstream.script([text("One ", gate, "two.")]);
  const last = opened.pages.at(-1)!;
  await send(last, "Do it");
  await last.getByText("One").waitFor();
  for (const page of opened.pages.slice(0, -1)) await page.close();
  gate.open();
  await last.getByText("One two.").waitFor();
  const held = () => last.evaluate(async () => (await navigator.locks.query()).held!.length);
  await last.waitForFunction(async () => (await navigator.locks.query()).held!.length === 1);
  expect(await held()).toBe(1);
});

/** Eight pages in one context: headless, each of them is visible. */
async function openTabs() {
  const opened = await scene.open();
  const pages = [opened.page];
  while (pages.length < tabs) {
    const page = await opened.context.newPage();
    page.on("pageerror", (error) => opened.errors.push(String(error)));
    await page.goto(scene.rein.url);
    await page.getByTestId("composer").waitFor();
    pages.push(page);
  }
  return { ...opened, pages };
}

async function send(page: Page, message: string): Promise<void> {
  const field = page.getByLabel("Message", { exact: true });
  await field.fill(message);
  await field.press("Enter");
}
