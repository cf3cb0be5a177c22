/** Background processes are shown, read, pinned and stopped in a real Chromium, in every tab at once. */
import { expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { play, scriptedAgent } from "./agents/agent-script";
import { openPage, phone } from "./browser";
import { isAlive, untilFile } from "./machine-facts";
import type { EngineInfo } from "../shared/protocol";
import type { Chat } from "./rein";
import { browserScene } from "./scene";
import { hang, type Step, text, toolCall } from "./upstream/upstream";

const scene = browserScene();

/** Prints a line, prints another when the file `go` exists, and listens on a port. */
const server = `exec ${process.execPath} -e '
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("served") });
  console.log("ready");
  while (!(await Bun.file("go").exists())) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log("and going on");'`;

test("a background server is shown with its pid, port and live output, and one click stops it", async () => {
  const chat = await runs(
    [toolCall("bash", { command: server, background: true })],
    [text("It runs.")],
  );
  const [{ pid } = { pid: 0 }] = await processes(chat);
  await using opened = await show(chat);
  const { page } = opened;
  const row = await openPanel(page);
  await row.getByText(`pid ${pid}`).waitFor();
  await row.getByText("ready", { exact: true }).waitFor();
  const port = (await row.getByRole("link").textContent())!.replace("port ", "");
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("served");
  await row.getByRole("button", { name: /bun/ }).click();
  await Bun.write(`${scene.rein.cwd}/go`, "");
  await row.getByTestId("process-output").getByText("and going on").waitFor();
  await row.getByRole("button", { name: "Stop p1" }).click();
  await row.getByText("Stopped by user").waitFor();
  expect(isAlive(pid)).toBe(false);
  await page.getByTestId("processes-chip").waitFor({ state: "hidden" });
  expect(opened.errors).toEqual([]);
});

test("a background process appears at once in every tab, and Escape closes the panel before it stops the run", async () => {
  const chat = await runs([text("Ready.")]);
  // Here the panel lies over the conversation.
  await using one = await show(chat, { viewport: { width: 1000, height: 800 } });
  await using other = await show(chat);
  scene.upstream.script(
    [toolCall("bash", { command: "exec sleep 300", background: true })],
    [hang],
  );
  send(chat);
  for (const { page } of [one, other]) {
    await page.getByTestId("processes-chip").getByText("1 process").waitFor();
    await openPanel(page);
  }
  const [{ pid } = { pid: 0 }] = await processes(chat);
  await scene.upstream.request(2);
  await one.page.keyboard.press("Escape");
  await one.page.getByTestId("processes").waitFor({ state: "hidden" });
  expect(isAlive(pid)).toBe(true);
  await one.page.keyboard.press("Escape");
  await other.page.getByTestId("process").getByText("Stopped by user").waitFor();
  expect(isAlive(pid)).toBe(false);
  await one.page
    .getByTestId("receipt")
    .getByText(/1 process/)
    .waitFor();
});

test("a pinned process outlives the stop of its run, and Stop all ends it together with the running calls", async () => {
  const chat = await runs([text("Ready.")]);
  await using opened = await show(chat);
  const { page } = opened;
  scene.upstream.script(
    [toolCall("bash", { command: "exec sleep 300", background: true })],
    [hang],
  );
  const first = send(chat);
  const row = await openPanel(page);
  await row.getByRole("button", { name: "Pin p1" }).click();
  await row.getByRole("button", { name: "Pin p1", pressed: true }).waitFor();
  await scene.upstream.request(2);
  await page.getByTestId("stop").click();
  await first.ended;
  const [{ pid } = { pid: 0 }] = await processes(chat);
  expect(isAlive(pid)).toBe(true);

  scene.upstream.script(
    [toolCall("bash", { command: "sleep 301 & echo $! > new; mv new pid; wait" })],
    [text("On.")],
  );
  const second = send(chat);
  await page.getByTestId("foreground-process").getByText("sleep 301").waitFor();
  await untilFile(`${scene.rein.cwd}/pid`);
  await page.getByRole("button", { name: "Stop all" }).click();
  await row.getByText("Stopped by user").waitFor();
  await second.ended;
  expect(isAlive(pid)).toBe(false);
  expect(isAlive(Number(await Bun.file(`${scene.rein.cwd}/pid`).text()))).toBe(false);
});

test("a stop that cannot be delivered is told, and delivered by itself", async () => {
  const chat = await runs(
    [toolCall("bash", { command: "exec sleep 300", background: true })],
    [text("It runs.")],
  );
  const [{ pid } = { pid: 0 }] = await processes(chat);
  await using opened = await show(chat);
  const { page } = opened;
  const row = await openPanel(page);
  await page.route("**/processes/p1/stop", (route) => route.abort());
  await row.getByRole("button", { name: "Stop p1" }).click();
  const notice = page.getByTestId("notice");
  await notice.getByText("not delivered yet").waitFor();
  expect(await notice.getAttribute("role")).toBe("alert");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("dialog").filter({ has: notice }).waitFor();
  // The sheet draws it anew, and it is not read aloud again.
  expect(await notice.getAttribute("role")).toBe(null);
  await page.keyboard.press("Escape");
  await openPanel(page);
  expect(isAlive(pid)).toBe(true);
  await page.unroute("**/processes/p1/stop");
  await row.getByText("Stopped by user").waitFor();
  expect(isAlive(pid)).toBe(false);
  await notice.waitFor({ state: "detached" });
});

test("on a phone the panel opens by touch, and nothing is wider than the screen", async () => {
  const chat = await runs(
    [toolCall("bash", { command: server, background: true })],
    [text("It runs.")],
  );
  await using opened = await show(chat, { viewport: phone, hasTouch: true, isMobile: true });
  const { page } = opened;
  await page.getByTestId("processes-chip").tap();
  const row = page.getByTestId("process");
  const stop = await row.getByRole("button", { name: "Stop p1" }).boundingBox();
  expect(stop!.x + stop!.width).toBeLessThanOrEqual(phone.width);
  const panel = page.getByTestId("processes");
  expect(await panel.evaluate((one) => one.scrollWidth <= one.clientWidth)).toBe(true);
  await row.getByRole("button", { name: "Stop p1" }).tap();
  await row.getByText("Stopped by user").waitFor();
});

async function runs(...answers: Step[][]): Promise<Chat> {
  scene.upstream.script(...answers);
  const chat = scene.rein.chat({ ...model, message: "Do it", onDisconnect: "continue" });
  await chat.ended;
  return chat;
}

const model = {
  provider: "anthropic",
  model: "claude-scripted",
  permissions: "all",
} as const;

function send({ sessionId }: Chat): Chat {
  return scene.rein.chat({ ...model, sessionId, message: "Go on", onDisconnect: "continue" });
}

async function processes({ sessionId }: Chat) {
  return (await scene.rein.session(sessionId)).processes ?? [];
}

/** Opens the session's page in another tab. */
test("an engine is shown with each command that lives in its job, and one click ends the command alone", async () => {
  const { rein } = scene;
  const own = { "own-scripted": scriptedAgent() };
  const settings = JSON.stringify({ engines: { own } });
  await rein.json("/api/settings", { method: "PUT", body: settings });
  const command = "(setsid sleep 321 >/dev/null 2>&1 &); echo begun";
  const message = play({ tool: { id: "one", command } });
  const chat = rein.chat({ engine: "own-scripted", message, permissions: "all" });
  await chat.ended;
  await using opened = await show(chat);
  const { page } = opened;
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Processes" }).click();
  const rows = page.getByTestId("engine-process");
  await rows.filter({ hasText: "Scripted" }).waitFor();
  const left = rows.filter({ hasText: "sleep 321" });
  const pid = Number(/pid (\d+)/.exec(await left.innerText())![1]);
  expect(await page.getByRole("button", { name: /^Pin/ }).count()).toBe(0);
  await left.getByRole("button", { name: "Stop sleep 321" }).click();
  await left.waitFor({ state: "hidden" });
  expect(isAlive(pid)).toBe(false);
  await rows.filter({ hasText: "Scripted" }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("an entry of a menu keeps the focus when another comes before it, as once the engines are known", async () => {
  const { rein } = scene;
  const own = { "own-scripted": scriptedAgent() };
  await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ engines: { own } }) });
  const chat = rein.chat({ engine: "own-scripted", message: play({ text: "Hello." }) });
  await chat.ended;
  await using opened = await scene.open();
  const { page } = opened;
  const held = Promise.withResolvers<void>();
  await page.route("**/api/engines", async (route) => {
    await held.promise;
    const response = await route.fetch();
    const engines = (await response.json()) as EngineInfo[];
    const json = engines.map((one) => ({ ...one, gives: { ...one.gives, sumsUp: true } }));
    await route.fulfill({ response, json });
  });
  await page.goto(`${rein.url}/s/${chat.sessionId}`);
  await page.getByTestId("run-footer").waitFor();
  await page.getByRole("button", { name: "More", exact: true }).press("Enter");
  const focused = page.locator("[role=menuitem]:focus");
  await focused.waitFor();
  await page.keyboard.press("p");
  await focused.filter({ hasText: "Processes" }).waitFor();
  held.resolve();
  await page.getByRole("menuitem", { name: "Summarize" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByTestId("processes").waitFor();
  expect(opened.errors).toEqual([]);
});

async function show({ sessionId }: Chat, options: Parameters<typeof openPage>[2] = {}) {
  const opened = await scene.open(options);
  await opened.page.goto(`${scene.rein.url}/s/${sessionId}`);
  return opened;
}

async function openPanel(page: Page): Promise<Locator> {
  await page.getByTestId("processes-chip").click();
  const row = page.getByTestId("process");
  await row.waitFor();
  return row;
}
