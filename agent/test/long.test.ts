/** A session of ten thousand messages: a page gets the newest messages, and earlier ones on request. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyEarlier } from "../shared/apply";
import type { EarlierMessages, Message } from "../shared/protocol";
import { launchBrowser, openPage } from "./browser";
import { writeLongSession } from "./long-session";
import { type Rein, startRein } from "./rein";
import { violationsOf } from "./sweep/invariants";
import { makeGate, startUpstream, text, type Upstream } from "./upstream/upstream";

const count = 10_000;

let upstream: Upstream;
let rein: Rein;
let dataDir: string;
let id: string;
beforeAll(async () => {
  upstream = startUpstream();
  dataDir = mkdtempSync(join(tmpdir(), "rein-long-"));
  id = writeLongSession(dataDir, tmpdir(), count);
  rein = await startRein({
    dataDir,
    environment: { OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"] },
  });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test("a page gets the newest messages, and the number of earlier ones", async () => {
  const viewer = rein.follow(id);
  await viewer.until((event) => event.type === "snapshot");
  viewer.hangUp();
  expect(viewer.session.messages).toHaveLength(100);
  expect(viewer.session.earlier).toBe(count - 100);
  expect(viewer.session.messages.at(-1)).toMatchObject({ id: `message-${count}` });
  expect(JSON.stringify(viewer.session).length).toBeLessThan(200_000);
  expect(violationsOf(viewer.session)).toEqual([]);
});

test("paging back returns every message once, in order, with its run", async () => {
  const viewer = rein.follow(id);
  await viewer.until((event) => event.type === "snapshot");
  viewer.hangUp();
  const { session } = viewer;
  while (session.earlier !== undefined) {
    const before = session.messages[0]!.id;
    const path = `/api/sessions/${id}/messages?before=${before}&limit=1000`;
    applyEarlier(session, await rein.json<EarlierMessages>(path));
  }
  expect(violationsOf(session)).toEqual([]);
  const whole = await rein.session(id);
  expect(session.messages).toEqual(whole.messages);
  expect(session.runs).toEqual(whole.runs);
});

test("earlier messages that do not precede the shown ones are ignored", async () => {
  const viewer = rein.follow(id);
  await viewer.until((event) => event.type === "snapshot");
  viewer.hangUp();
  const before = structuredClone(viewer.session);
  const path = `/api/sessions/${id}/messages?before=message-500`;
  applyEarlier(viewer.session, await rein.json<EarlierMessages>(path));
  expect(viewer.session).toEqual(before);
});

test("a request for the messages before an unknown message is refused", async () => {
  expect((await rein.fetch(`/api/sessions/${id}/messages?before=none`)).status).toBe(404);
  expect((await rein.fetch(`/api/sessions/${id}/messages`)).status).toBe(400);
});

test("in a browser the session opens at its end, and scrolling up loads earlier messages", async () => {
  const browser = await launchBrowser();
  const opened = await openPage(browser, rein);
  const { page } = opened;
  await page.goto(`${rein.url}/s/${id}`);
  await page.getByText(`Answer ${count}.`).waitFor();
  const drawn = () => page.getByTestId("message").count();
  expect(await drawn()).toBeLessThanOrEqual(200);
  const first = page.getByText(`Question ${count - 99}?`);
  await first.scrollIntoViewIfNeeded();
  await page.getByText(`Question ${count - 199}?`).waitFor({ state: "attached" });
  // The message in view has not moved out of it.
  expect(await first.isVisible()).toBe(true);
  expect(opened.errors).toEqual([]);
  await browser.close();
});

test("a long session runs, shows and stops like any other, and the model gets all of its messages", async () => {
  upstream.script([text("Part of ", makeGate())]);
  const chat = rein.chat({ sessionId: id, message: "And now?", onDisconnect: "continue" });
  await chat.until((event) => event.type === "part-delta");
  expect(await rein.stop(id)).toMatchObject({ stopped: true });
  await chat.ended;
  const sent = upstream.requests[0]!.body.messages as Message[];
  expect(sent.length).toBeGreaterThan(count);
  expect(JSON.stringify(sent.slice(0, 3))).toContain("Question 1?");
  const whole = await rein.session(id);
  expect(whole.messages).toHaveLength(count + 2);
  expect(whole.messages.at(-1)!.parts.map(({ type }) => type)).toEqual(["text", "interruption"]);
});
