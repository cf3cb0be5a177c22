/** In a real Chromium: a stop, its receipt, undo and redo of its file changes, retry, and the page of stops. */
import { afterAll, beforeEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { chatCompletionsOnly } from "./api-scene";
import { phone } from "./browser";
import { untilFile } from "./machine-facts";
import { browserScene } from "./scene";
import { temporaryDirectory } from "./temporary-directory";
import { filesIn } from "./undo-scene";
import { makeGate, text, toolCall } from "./upstream/upstream";

// Programs write into HOME, and the tests compare the files of the working directory.
const home = temporaryDirectory();
afterAll(() => home[Symbol.dispose]());
const scene = browserScene((upstream) => ({
  HOME: home.path,
  ...chatCompletionsOnly(upstream),
  OPENAI_COMPATIBLE_API_KEY: "scripted-key",
}));
let cwd: string;
beforeEach(() => {
  cwd = scene.rein.cwd;
});

const command = "sed -i s/one/ONE/ a.txt; rm b.txt; echo new > 'c d.txt'; touch begun; sleep 1000";

test("after a stop the receipt lists the changed files, undo restores them, and redo applies the changes again", async () => {
  writeFileSync(join(cwd, "a.txt"), "one\n");
  writeFileSync(join(cwd, "b.txt"), "kept\n");
  const before = filesIn(cwd);
  await using opened = await scene.open();
  const { page } = opened;
  await stopInCommand(page);
  const after = filesIn(cwd);

  const receipt = page.getByTestId("receipt");
  const line = receipt.getByTestId("open-receipt");
  await receipt.getByText("4 files changed").waitFor();
  expect(await line.textContent()).toMatch(
    /^Stopped in \d+ m?s while a command ran · \d+ process(es)? ended$/,
  );
  await line.click();
  await receipt.getByText(/from the browser .* while running a tool\./).waitFor();
  await receipt.getByRole("heading", { name: "Processes proven dead" }).waitFor();
  const files = receipt.getByTestId("changed-file");
  await files.nth(3).waitFor();
  expect(await files.allTextContents()).toEqual([
    "changed a.txt",
    "deleted b.txt",
    "new begun",
    "new c d.txt",
  ]);
  await files.first().locator("summary").click();
  await files.first().getByText("+ONE").waitFor();

  await receipt.getByRole("button", { name: "Undo changes" }).click();
  await receipt.getByText(/, undone at/).waitFor();
  expect(filesIn(cwd)).toEqual(before);
  await page.reload();
  await page.getByRole("button", { name: "Redo changes" }).click();
  await page.getByTestId("toast").getByText("Redone: 4 files").waitFor();
  expect(filesIn(cwd)).toEqual(after);
  await page.getByRole("button", { name: "Undo changes" }).click();
  await page.getByTestId("toast").getByText("Undone: 4 files").waitFor();
  expect(await page.getByTestId("toast").count()).toBe(1);
  await page.getByRole("button", { name: "New session" }).click();
  await page.getByTestId("toast").waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

test("undo asks about a file that was changed since the run, and leaves it when the person chooses so", async () => {
  writeFileSync(join(cwd, "a.txt"), "one\n");
  writeFileSync(join(cwd, "b.txt"), "kept\n");
  await using opened = await scene.open({ viewport: phone });
  const { page } = opened;
  await stopInCommand(page);
  writeFileSync(join(cwd, "a.txt"), "mine now\n");
  await page.getByRole("button", { name: "Undo changes" }).click();
  const question = page.getByTestId("undo-question");
  await question.getByText("a.txt").waitFor();
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("mine now\n");

  await page.getByRole("button", { name: "Undo changes" }).click();
  await question.getByRole("button", { name: "Undo" }).click();
  await page.getByText(/, undone at/).waitFor();
  expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("mine now\n");
  expect(readFileSync(join(cwd, "b.txt"), "utf8")).toBe("kept\n");
});

for (const way of ["/undo", "an edit"])
  test(`${way} asks about a file that was changed since the run, and continues with the answer`, async () => {
    writeFileSync(join(cwd, "a.txt"), "one\n");
    writeFileSync(join(cwd, "b.txt"), "kept\n");
    await using opened = await scene.open();
    const { page } = opened;
    await stopInCommand(page, "Say it better");
    writeFileSync(join(cwd, "a.txt"), "mine now\n");
    scene.upstream.script([text("In verse, then.")]);
    if (way === "/undo") await send(page, "/undo");
    else await sendEdited(page, "Say it in verse");
    const question = page.getByTestId("undo-question");
    await question.getByRole("radio", { name: "Overwrite" }).check();
    expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("mine now\n");
    await question.getByRole("button", { name: "Undo", exact: true }).click();
    await page.getByText(way === "/undo" ? /, undone/ : "In verse, then.").waitFor();
    expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe("one\n");
    expect(scene.upstream.requests.length).toBe(way === "an edit" ? 2 : 1);
  });

test("a run that ended by itself shows its changes, and they can be undone", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([toolCall("write", { path: "made.txt", content: "x" })], [text("Done.")]);
  await send(page, "Write it");
  await page.getByRole("button", { name: "Allow once" }).click();
  const changes = page.getByTestId("run-footer");
  await changes.getByText("1 file changed").waitFor();

  // A run that is at work there forbids it, and its session is a click away.
  scene.upstream.script([toolCall("bash", { command: "sleep 1000" })]);
  const other = scene.rein.chat({
    message: "Work",
    provider: "openai-chat",
    model: "scripted",
    permissions: "all",
    onDisconnect: "continue",
  });
  await other.until((event) => event.type === "tool-start");
  await changes.getByRole("button", { name: "Undo changes" }).click();
  await page.getByTestId("notice").getByRole("link", { name: "Show that session" }).click();
  await page.waitForURL(`**/s/${other.sessionId}`);
  await page.goBack();
  await scene.rein.stop(other.sessionId);
  await other.ended;

  await changes.getByRole("button", { name: "Undo changes" }).click();
  await changes.getByText(/, undone at/).waitFor();
  expect(filesIn(cwd)).toEqual({});
  // The refusals are no errors of the page.
  expect(opened.errors.filter((one) => !one.includes("409 (Conflict)"))).toEqual([]);
});

test("a stopped run can be continued, or its message edited and sent again with its changes undone", async () => {
  writeFileSync(join(cwd, "a.txt"), "one\n");
  writeFileSync(join(cwd, "b.txt"), "kept\n");
  const before = filesIn(cwd);
  await using opened = await scene.open();
  const { page } = opened;
  await stopInCommand(page);
  scene.upstream.script([text("A few words ", makeGate())]);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("A few words").waitFor();
  expect(JSON.stringify(scene.upstream.requests.at(-1)!.body)).toContain(
    "The previous run was stopped",
  );
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Retry", exact: true }).nth(1).waitFor();
  // What only the first run changed is not undone by an edit of the last.
  await page.getByRole("button", { name: "Edit", exact: true }).last().click();
  await page.getByTestId("message-edit").waitFor();
  expect(await page.getByRole("checkbox").count()).toBe(0);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Undo changes" }).click();
  await page.getByText(/, undone at/).waitFor();
  await stopInCommand(page, "Say it better");
  scene.upstream.script([text("In verse, then.")]);
  await sendEdited(page, "Say it in verse");
  await page.getByText("In verse, then.").waitFor();
  expect(filesIn(cwd)).toEqual(before);
  expect(JSON.stringify(scene.upstream.requests.at(-1)!.body)).toContain("Say it in verse");
});

test("the page of stops lists stops, filters them by each choice that it offers, and links to their sessions", async () => {
  writeFileSync(join(cwd, "a.txt"), "one\n");
  writeFileSync(join(cwd, "b.txt"), "kept\n");
  await using opened = await scene.open();
  const { page } = opened;
  await stopInCommand(page, "Tidy up");
  await page.getByRole("button", { name: "Stops" }).click();
  const rows = page.getByTestId("stop-row");
  await rows.first().getByText("Tidy up").waitFor();
  expect(await rows.first().textContent()).toContain("4 files changed");
  const choices = await page.locator("form select").all();
  expect(choices).toHaveLength(3);
  for (const choice of choices) {
    const chosen = await choice.inputValue();
    const values = await choice
      .locator("option")
      .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
    for (const value of [...values.filter((one) => one !== chosen), chosen]) {
      const answered = page.waitForResponse((response) => response.url().includes("/api/stops?"));
      await choice.selectOption(value);
      expect([value, (await answered).status()]).toEqual([value, 200]);
    }
  }
  await page.getByLabel("During").selectOption("text");
  await page.getByText("No stops found.").waitFor();
  await page.getByLabel("During").selectOption("");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  expect((await download).suggestedFilename()).toBe("stops.csv");
  await page.reload();
  await rows.first().getByRole("link").click();
  await page.getByTestId("receipt").waitFor();
  expect(new URL(page.url()).pathname).toStartWith("/s/");
  expect(opened.errors).toEqual([]);
});

/** Sends a message whose run changes files and is stopped during its command. */
async function stopInCommand(page: Page, message = "Do it"): Promise<void> {
  scene.upstream.script([toolCall("bash", { command })]);
  await send(page, message);
  await page.getByRole("button", { name: "Allow once" }).click();
  await untilFile(join(cwd, "begun"));
  await page.keyboard.press("Escape");
  await page.getByTestId("send").waitFor();
  await page.getByRole("button", { name: "Undo changes" }).last().waitFor();
}

/** In the place of the last message, with its changes undone. */
async function sendEdited(page: Page, text: string): Promise<void> {
  await page.getByRole("button", { name: "Edit", exact: true }).last().click();
  await page.getByLabel("Edited text").fill(text);
  await page.getByLabel(/^Undo its file changes first/).check();
  await page.getByLabel("Edited text").press("Enter");
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}
