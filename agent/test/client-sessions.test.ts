/** Sessions in the page: switching between them loses nothing and stops nothing. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { browserScene } from "./scene";
import { makeGate, text, toolCall } from "./upstream/upstream";

const scene = browserScene();

for (const choice of ["Keep working", "Stop"])
  test(`a run continues while another session is shown (when the page closes: ${choice})`, async () => {
    await using opened = await scene.open();
    const { page } = opened;
    const gate = makeGate();
    scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
    await page.getByRole("button", { name: "Settings" }).click();
    const ending = page.getByRole("radiogroup", { name: "When I close the page" });
    await ending.getByRole("radio", { name: choice }).check();
    await page.keyboard.press("Escape");
    await send(page, "Long work");
    await page.getByText("The answer is").waitFor();
    await page.getByRole("button", { name: "New session" }).click();
    await page.getByText("The answer is").waitFor({ state: "detached" });
    await page.getByRole("link", { name: /Long work.*Working/ }).click();
    await page.getByText("The answer is").waitFor();
    expect(await page.getByTestId("stop").isEnabled()).toBe(true);
    gate.open();
    await page.getByText("forty-two.").waitFor();
    expect(await page.getByTestId("receipt").count()).toBe(0);
  });

test("the empty page offers what fits the directory, and puts it in front of what is typed", async () => {
  writeFileSync(join(scene.rein.cwd, "go.mod"), "module x\n");
  await using opened = await scene.open();
  const { page } = opened;
  const offered = page.getByTestId("suggestion");
  await offered.first().waitFor();
  expect(await offered.locator("strong").allTextContents()).toEqual([
    "Explain this project",
    "Fix a failing test",
    "Find a bug",
  ]);
  await offered.nth(1).click();
  const field = page.getByLabel("Message", { exact: true });
  expect(await field.inputValue()).toBe("Run the tests. If one fails, find out why and fix it.");
  expect(await field.evaluate((one) => one === document.activeElement)).toBe(true);
  await offered.nth(2).click();
  const other = "Look for a bug in this project, explain it and suggest a fix. Change nothing.";
  expect(await field.inputValue()).toBe(other);
  await field.fill("half a thought");
  await offered.nth(2).click();
  expect(await field.inputValue()).toBe(`${other}\n\nhalf a thought`);
  expect(scene.upstream.requests).toEqual([]);
  expect(opened.errors).toEqual([]);
});

test("the browser's Back button leads to the session shown before", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("First answer.")], [text("Second answer.")]);
  await send(page, "One");
  await page.getByText("First answer.").waitFor();
  await page.getByRole("button", { name: "New session" }).click();
  await send(page, "Two");
  await page.getByText("Second answer.").waitFor();
  await page.getByRole("link", { name: "One" }).click();
  await page.getByText("First answer.").waitFor();
  await page.goBack();
  await page.getByText("Second answer.").waitFor();
  expect(await page.getByText("First answer.").count()).toBe(0);
});

test("the text of the message field is kept per session, also across a reload", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("First answer.")]);
  await send(page, "One");
  await page.getByText("First answer.").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("half a thought");
  await page.getByRole("button", { name: "New session" }).click();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("");
  await page.getByRole("link", { name: "One" }).click();
  await page.getByText("First answer.").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a thought");
  await page.reload();
  await page.getByText("First answer.").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a thought");
});

test("a session is renamed in the side bar, found by its name, and deleted, which is taken back or not", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("First answer.")]);
  await send(page, "One");
  await page.getByText("First answer.").waitFor();
  await page.getByRole("link", { name: "One" }).hover();
  await page.getByRole("button", { name: "More for One" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("The first");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The first" }).waitFor();
  await page.getByLabel("Search sessions").fill("nothing like it");
  await page.getByText("Nothing found.").waitFor();
  await page.getByLabel("Search sessions").fill("FIRST");
  await page.getByRole("link", { name: "The first" }).hover();
  await page.getByRole("button", { name: "More for The first" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByText("An agent whose Stop is real.").waitFor();
  await page.getByTestId("toast").getByRole("button", { name: "Undo" }).click();
  await page.getByText("First answer.").waitFor();
  await page.getByRole("link", { name: "The first" }).hover();
  await page.getByRole("button", { name: "More for The first" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("link", { name: "The first" }).waitFor({ state: "detached" });
  await page.getByText("An agent whose Stop is real.").waitFor();
  expect((await scene.rein.json<{ sessions: unknown[] }>("/api/sessions")).sessions).toEqual([]);
});

test("the list groups sessions by project with their times, folds them for good, finds projects, and stays quick with 1,000 sessions", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const day = 24 * 60 * 60 * 1000;
  const rows = Array.from({ length: 1000 }, (_, at) => ({
    id: `s${at}`,
    title: `Session ${at}`,
    cwd: `/home/me/project-${at % 3}`,
    state: at === 1 ? "running" : "idle",
    updatedAt: Date.now() - at * day,
  }));
  await page.route("**/api/sessions?*", (route) => route.fulfill({ json: { sessions: rows } }));
  await page.reload();
  const list = page.getByRole("navigation", { name: "Sessions" });
  await list.getByRole("link", { name: "Session 0", exact: false }).first().waitFor();
  expect(await list.getByRole("heading").allTextContents()).toEqual([
    "project-0",
    "project-1",
    "project-2",
  ]);
  expect(await list.getByRole("link").count()).toBe(24);
  const today = list.getByRole("link", { name: /^Session 0 / }).locator("time");
  expect(await today.getAttribute("title")).toContain(String(new Date().getFullYear()));
  expect(await today.locator("[aria-hidden]").textContent()).toMatch(/^(now|\d+m)$/);
  await list.getByRole("button", { name: "Show 50 more" }).first().click();
  expect(await list.getByRole("link").count()).toBe(74);

  const heading = list.getByRole("button", { name: "project-1" });
  expect(await heading.getAttribute("title")).toBe("/home/me/project-1");
  await heading.focus();
  await page.keyboard.press("Enter");
  await list.getByRole("button", { name: "project-1 Working", expanded: false }).waitFor();
  await page.reload();
  await list.getByRole("button", { name: "project-1 Working", expanded: false }).waitFor();
  expect(await list.getByRole("link", { name: /^Session 1 / }).count()).toBe(0);
  await page.getByLabel("Search sessions").fill("project-1");
  await list.getByRole("link", { name: /^Session 1 / }).waitFor();
  expect(await list.getByRole("link").count()).toBe(50);
  await page.getByLabel("Search sessions").fill("session 999");
  expect(await list.getByRole("link").count()).toBe(1);
});

test("the page stays at the end of the conversation until the reader scrolls up, and returns there with their next message", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const [first, second] = [makeGate(), makeGate()];
  const lines = (name: string) =>
    Array.from({ length: 80 }, (_, i) => `${name} ${i}.\n\n`).join("");
  scene.upstream.script([text(lines("A"), first, lines("B"), second, lines("C"))]);
  await send(page, "Go");
  await page.getByText("A 79.").waitFor();
  first.open();
  await page.getByText("B 79.").waitFor();
  await page.waitForFunction(() => {
    const { scrollTop, scrollHeight, clientHeight } = document.querySelector(
      "[data-testid=conversation]",
    )!;
    return scrollHeight - clientHeight - scrollTop < 2;
  });
  await page.getByText("B 79.").hover();
  await page.mouse.wheel(0, -900);
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await jump.waitFor();
  const scrollTop = () => page.getByTestId("conversation").evaluate((element) => element.scrollTop);
  const before = await scrollTop();
  second.open();
  await page.getByText("C 79.").waitFor({ state: "attached" });
  expect(await scrollTop()).toBe(before);
  await jump.click();
  await jump.waitFor({ state: "detached" });
  expect(await page.getByText("C 79.").isVisible()).toBe(true);
  // A message of their own they see at once.
  await page.getByTestId("send").waitFor();
  await page.getByText("C 79.").hover();
  await page.mouse.wheel(0, -900);
  await jump.waitFor();
  scene.upstream.script([text("Done.")]);
  await send(page, "On");
  await jump.waitFor({ state: "detached" });
});

test("an approval can be answered with the keyboard alone, and the message of a denial is sent to the model", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script(
    [toolCall("bash", { command: "touch allowed" })],
    [toolCall("bash", { command: "touch denied" })],
    [text("Then not.")],
  );
  await send(page, "Do it");
  const ready = page.locator("[data-testid=approval][data-ready]");
  await ready.waitFor();
  await page.getByRole("button", { name: "Allow once" }).focus();
  await page.locator("[data-testid=approval][data-listening]").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("form", { name: /touch denied/ }).waitFor();
  await ready.waitFor();
  await page.getByLabel("Reason for denying").fill("use another name");
  await page.keyboard.press("Enter");
  await page.getByText("Then not.").waitFor();
  expect(JSON.stringify(scene.upstream.requests[2]!.body)).toContain("use another name");
  expect(await Bun.file(`${scene.rein.cwd}/allowed`).exists()).toBe(true);
  expect(await Bun.file(`${scene.rein.cwd}/denied`).exists()).toBe(false);
});

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByLabel("Message", { exact: true }).press("Enter");
}
