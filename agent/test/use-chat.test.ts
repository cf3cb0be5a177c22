/** The AI SDK's `useChat` in a page of a real Chromium: its `stop()` ends everything in Rein, and a reload shows the run again. */
import { beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { uiStreamType } from "../server/http/ui-stream/ui-follow";
import { escapes } from "./adversaries/escapes";
import { pidsWith } from "./machine-facts";
import type { Chat } from "./rein";
import { browserScene } from "./scene";
import { makeGate, type Step, text, toolCall } from "./upstream/upstream";
import type { UseChatPage } from "./use-chat-page";

const scene = browserScene();

let script: string;
beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "use-chat-page.ts")],
    target: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  script = await built.outputs[0]!.text();
});

test("stop() in the middle of a tool ends its processes, the text stays, and the next message is answered", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const { id } = await openChat(page);
  const chosen = escapes.filter((one) => !one.terminal && !one.afterExit).slice(0, 5);
  for (const adversary of chosen) {
    const cookie = newCookie();
    const command = `echo ${cookie}; ${adversary.script(cookie)}`;
    answer([text(`About ${cookie}.`), toolCall("bash", { command })]);
    await send(page, "Do it");
    await output(page, `${cookie}\\\\nready`);
    const viewer = await follow(id);
    await page.getByRole("button", { name: "Stop" }).click();
    await viewer.until(({ type }) => type === "run-end");
    viewer.hangUp();
    expect([adversary.name, pidsWith(cookie)]).toEqual([adversary.name, []]);
    answer([text(`Back from ${cookie}.`)]);
    await send(page, "Go on");
    await page.getByText(`Back from ${cookie}.`).waitFor();
    await page.getByText(`About ${cookie}.`).waitFor();
  }
  const { runs } = await scene.rein.session(id);
  expect(runs.map(({ outcome }) => outcome)).toEqual(chosen.flatMap(() => ["stopped", "done"]));
  expect(runs.map(({ stop }) => stop?.by)).toEqual(chosen.flatMap(() => ["disconnect", undefined]));
  expect(runs.flatMap(({ receipt }) => receipt?.survivors ?? [])).toEqual([]);
  expect(opened.errors).toEqual([]);
});

test("a reload shows the run again as it goes on, and stop() then ends it", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const { id } = await openChat(page, { resumes: true });
  const cookie = newCookie();
  answer([text("I begin."), toolCall("bash", { command: escapes[0]!.script(cookie) })]);
  await send(page, "Do it");
  await output(page, "ready");
  await page.reload();
  await page.getByText("I begin.").waitFor();
  await output(page, "ready");
  expect(pidsWith(cookie).length).toBeGreaterThan(0);
  const viewer = await follow(id);
  await page.getByRole("button", { name: "Stop" }).click();
  await viewer.until(({ type }) => type === "run-end");
  viewer.hangUp();
  expect(pidsWith(cookie)).toEqual([]);
  await page.getByText("I begin.").waitFor();
  answer([text("Back again.")]);
  await send(page, "Go on");
  await page.getByText("Back again.").waitFor();
  const { runs } = await scene.rein.session(id);
  expect(runs.map(({ stop }) => stop?.by)).toEqual(["user", undefined]);
  expect(opened.errors).toEqual([]);
});

test("stop() in the same tick as the message stops it, though the run outlives its page", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const { id } = await openChat(page, { resumes: true });
  answer([text("Never said.", makeGate())]);
  await page.locator("input").fill("Do it");
  await page.evaluate(() => {
    document.querySelector("form")!.requestSubmit();
    setTimeout(() => document.querySelector("button")!.click());
  });
  await page.locator("output", { hasText: "ready" }).waitFor();
  answer([text("Here.")]);
  await send(page, "Go on");
  await page.getByText("Here.").waitFor();
  const { runs } = await scene.rein.session(id);
  expect(runs.at(-1)?.outcome).toBe("done");
  expect(runs.slice(0, -1).every(({ outcome }) => outcome === "stopped")).toBe(true);
});

test("a reply to an approval continues the message", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await openChat(page, { body: { permissions: "ask" } });
  scene.upstream.script([toolCall("bash", { command: "touch made" })], [text("Made.")]);
  await send(page, "Do it");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("Made.").waitFor();
  expect(existsSync(join(scene.rein.cwd, "made"))).toBe(true);
  expect(opened.errors).toEqual([]);
});

/** A page of this server's origin: it accepts no requests from another. */
async function openChat(page: Page, options: Partial<UseChatPage> = {}): Promise<UseChatPage> {
  const { rein } = scene;
  const settings: UseChatPage = {
    id: crypto.randomUUID(),
    headers: { Authorization: `Bearer ${rein.token}`, Accept: uiStreamType },
    resumes: false,
    ...options,
    body: { permissions: "all", ...options.body },
  };
  const html = `<!doctype html><body></body><script>window.useChatPage = ${JSON.stringify(settings)}</script><script type="module" src="/use-chat.js"></script>`;
  await page.route(`${rein.url}/use-chat`, (route) =>
    route.fulfill({ contentType: "text/html", body: html }),
  );
  await page.route(`${rein.url}/use-chat.js`, (route) =>
    route.fulfill({ contentType: "text/javascript", body: script }),
  );
  await page.goto(`${rein.url}/use-chat`);
  return settings;
}

async function follow(id: string): Promise<Chat> {
  const viewer = scene.rein.follow(id);
  await viewer.until(({ type }) => type === "snapshot");
  return viewer;
}

function answer(steps: Step[]): void {
  scene.upstream.reset();
  scene.upstream.script(steps);
}

async function send(page: Page, words: string): Promise<void> {
  await page.locator("input").fill(words);
  await page.locator("input").press("Enter");
}

/** The output of a call has this. */
async function output(page: Page, words: string): Promise<void> {
  await page.getByText(new RegExp(`"output": "${words}`)).waitFor();
}

function newCookie(): string {
  return String(Math.trunc(Math.random() * 1e9) + 1e9);
}
