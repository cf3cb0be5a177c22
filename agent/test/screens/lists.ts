/** The screens about all sessions: processes, stops, the list of sessions with what each waits for, and sign-in. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failure, text, toolCall } from "../upstream/upstream";
import {
  clear,
  close,
  headerButton,
  openSettings,
  openSidebar,
  screen,
  type Screen,
  scripted,
  send,
  show,
  type Stage,
  variant,
} from "./stage";

export async function* processes(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream, rein } = stage;
  upstream.script(
    [toolCall("bash", { command: "echo ready; exec sleep 1000", background: true })],
    [text("It runs in the background.")],
  );
  const chat = rein.chat({ message: "Start it", ...scripted, permissions: "all" });
  await chat.ended;
  await show(stage, chat);
  await page.getByTestId("processes-chip").click();
  await page.getByTestId("processes").getByText("ready").first().waitFor();
  yield screen("processes");
  await page.getByRole("button", { name: "Close the side panel" }).click();
}

/** The question about a project's servers, and one of the settings that was tried. */
export async function* mcpServers(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream, rein } = stage;
  const cwd = join(rein.cwd, "with servers");
  const tickets = {
    command: "node",
    args: ["server.js", "--port", "1"],
    env: { MODE: "a\u202Eb" },
  };
  const far = { url: "https://mcp.example.test/v1", headers: { "X-Team": "blue" } };
  mkdirSync(cwd);
  writeFileSync(join(cwd, ".mcp.json"), JSON.stringify({ mcpServers: { tickets, far } }));
  upstream.script([text("Hello.")]);
  const chat = rein.chat({ message: "Use the servers", ...scripted, cwd });
  await chat.ended;
  await show(stage, chat);
  await page.getByTestId("project-notice").getByRole("button").click();
  await page.getByTestId("mcp-far").waitFor();
  yield screen("mcp-question");
  await close(stage);
  const script = join(import.meta.dir, "../agents/scripted-mcp-server.ts");
  const server = { type: "stdio", command: process.execPath, args: [script] };
  const put = (change: object | null) =>
    send(stage, "PUT", "/api/settings", { mcp: { servers: { words: change } } });
  await put({ server });
  await openSettings(stage);
  const row = page.getByTestId("mcp-own-words");
  await row.locator("summary").first().click();
  await row.getByRole("button", { name: "Test" }).click();
  await row.getByText("2 tools").click();
  yield screen("mcp-settings");
  await close(stage);
  await put(null);
}

async function openPalette(stage: Stage, typed: string): Promise<void> {
  const drawer = stage.page.getByRole("button", { name: "Close sessions" });
  if (await drawer.isVisible()) await drawer.click();
  await headerButton(stage.page, /^More/).click();
  await stage.page.getByRole("menuitem", { name: "Find anything" }).click();
  const palette = stage.page.getByTestId("palette");
  await palette.getByRole("combobox").fill(typed);
  await palette.locator("mark").first().waitFor();
}

/** In a second project one session has failed, and one waits for an answer. */
export async function* everySession(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream, rein } = stage;
  const cwd = join(rein.cwd, "another project");
  mkdirSync(cwd);
  upstream.script([failure("authentication")]);
  await rein.chat({ message: "Look into it", ...scripted, cwd }).ended;
  upstream.script([toolCall("bash", { command: "ls" })]);
  const waiting = rein.chat({ message: "List it", ...scripted, cwd });
  await headerButton(page, /^More/).click();
  const atWork = page.getByRole("group", { name: "What Stop everything stops" });
  await atWork.getByText("List it").waitFor();
  await atWork.getByText("1 process").waitFor();
  yield screen("stop-everything");
  await close(stage);
  await openSidebar(stage);
  const list = page.getByRole("navigation", { name: "Sessions" });
  await list.getByRole("link", { name: /Waits for your answer/ }).waitFor();
  await list.getByRole("link", { name: /The last run failed/ }).waitFor();
  yield screen("sessions");
  await page.getByLabel("Search sessions").fill("it");
  await list.getByRole("heading", { name: "In messages" }).waitFor();
  yield screen("sessions-found");
  await page.getByLabel("Search sessions").fill("no such session");
  await list.getByText("Nothing found.").waitFor();
  yield variant("sessions-not-found");
  await clear(page.getByLabel("Search sessions"));
  await page
    .getByRole("button", { name: /^More for/ })
    .first()
    .click();
  await page.getByRole("menu").waitFor();
  yield screen("session-menu");
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: /Delete/ }).waitFor();
  yield screen("delete-question");
  await close(stage);
  await openPalette(stage, "it");
  yield screen("palette");
  // Beside it.
  await page.mouse.click(3, 3);
  await page.getByTestId("palette").waitFor({ state: "detached" });
  await send(stage, "POST", "/api/stop", {});
  await waiting.ended;
  await page.goto(`${rein.url}/stops`);
  await page.getByTestId("stops").getByRole("listitem").first().waitFor();
  yield screen("stops");
  await page.evaluate(() => localStorage.clear());
  await page.goto(rein.url);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  yield screen("sign-in");
}
