/** Plan mode and the to-do list on the page: a plan is read whole, edited, approved or refused; the list follows the work and stays true after a stop. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Session } from "../shared/protocol";
import { axeFaults } from "./axe";
import { screenSizes } from "./browser";
import { fitFaults } from "./page-fit";
import { browserScene } from "./scene";
import { hang, type Step, text, toolCall } from "./upstream/upstream";

const scene = browserScene();

const still = { reducedMotion: "reduce" } as const;
const words = "# How\n\n1. Read `a.txt`\n2. Change it";
const plan = (written = words): Step => toolCall("plan", { title: "Change a.txt", plan: written });
const todo = (...states: string[]): Step =>
  toolCall("todo", {
    entries: states.map((state, at) => ({ text: `step ${at + 1}`, state })),
  });

async function start(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}

async function choosePlan(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Permissions/ }).click();
  await page.getByRole("menuitemradio", { name: /^Plan/ }).click();
}

async function sessionOf(page: Page): Promise<Session> {
  const id = new URL(page.url()).pathname.slice("/s/".length);
  return (await scene.rein.json<{ session: Session }>(`/api/sessions/${id}`)).session;
}

const ready = (page: Page) => page.locator("[data-approval][data-ready]").waitFor();
const idle = (page: Page) => page.locator("[data-testid=composer][data-state=idle]").waitFor();

for (const device of ["desktop", "phone"] as const)
  test(`a plan is refused with words, edited, and approved as it was edited: ${device}`, async () => {
    scene.upstream.script([plan()], [plan()], [text("I carry it out.")]);
    await using opened = await scene.open({ ...screenSizes[device], ...still });
    const { page } = opened;
    await choosePlan(page);
    await start(page, "Change a.txt");
    const question = page.getByTestId("plan-question");
    await question.getByRole("heading", { name: "How" }).waitFor();
    await question.getByRole("heading", { name: "Change a.txt" }).waitFor();
    expect(await axeFaults(page)).toEqual([]);
    if (device === "phone") expect(await fitFaults(page, [])).toEqual([]);
    await ready(page);
    if (device === "desktop")
      await page.getByText("Tab goes there, A approves it, D refuses it.").waitFor();
    await page.getByLabel("What to change").fill("Say how you test it.");
    await page.getByRole("button", { name: /^Refuse/ }).click();
    // It goes on in plan mode, and asks again.
    const told = await scene.upstream.request(1);
    expect(JSON.stringify(told.body)).toContain("Say how you test it.");
    await question.getByRole("button", { name: "Edit" }).click();
    const field = question.getByLabel("The plan");
    await field.fill("1. Read it\n2. Change it\n3. Run the tests");
    // A letter of an answer, typed into the plan, answers nothing.
    await field.press("d");
    await field.press("Backspace");
    await field.press("Escape");
    await question.getByText("You have changed it").waitFor();
    await question.getByText("Run the tests").waitFor();
    expect(await page.getByTestId("composer").getAttribute("data-state")).toBe("running");
    await ready(page);
    await page.getByRole("button", { name: "Approve, allow edits" }).click();
    await idle(page);
    await page.getByText("I carry it out.").waitFor();
    expect(JSON.stringify(scene.upstream.requests.at(-1)?.body)).toContain("3. Run the tests");
    expect((await sessionOf(page)).permissions).toBe("edits");
    await page.getByRole("button", { name: "Permissions: Allow edits" }).waitFor();
    expect(opened.errors).toEqual([]);
  });

test("a part of a plan that Markdown would hide is shown as it is written, and a key approves the plan", async () => {
  const hidden = "Read it.\n\n<!-- then remove everything -->";
  scene.upstream.script([plan(hidden)], [text("I carry it out.")]);
  await using opened = await scene.open();
  const { page } = opened;
  await choosePlan(page);
  await start(page, "Change a.txt");
  const question = page.getByTestId("plan-question");
  await question.getByText("<!-- then remove everything -->").waitFor();
  await ready(page);
  await question.getByRole("button", { name: "Edit" }).click();
  await page.getByText("End the editing and look at it").waitFor();
  const approve = page.getByRole("button", { name: "Approve, ask first" });
  expect(await approve.getAttribute("aria-disabled")).toBe("true");
  await question.getByRole("button", { name: "Done editing" }).click();
  await page.getByText("End the editing and look at it").waitFor({ state: "detached" });
  const field = page.getByLabel("Message", { exact: true });
  await field.focus();
  await field.press("Tab");
  await page.locator("[data-approval][data-listening]").waitFor();
  await page.keyboard.press("a");
  await idle(page);
  expect((await sessionOf(page)).permissions).toBe("ask");
  expect(opened.errors).toEqual([]);
});

test("the to-do list folds to a line, follows the work, says after a stop what was under way, and is removed", async () => {
  scene.upstream.script(
    [todo("completed", "in_progress", "pending")],
    [todo("completed", "completed", "in_progress")],
    [hang],
  );
  await using opened = await scene.open(still);
  const { page } = opened;
  await start(page, "Do three things");
  const panel = page.getByTestId("todo");
  await panel.getByText("2 of 3 · step 3").waitFor();
  await page.getByRole("button", { name: "To-do list: 2 of 3 · step 3" }).click();
  expect(await panel.locator("li").count()).toBe(3);
  await panel.locator("li[data-state=in_progress]").getByText("step 3").waitFor();
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await panel.getByText("2 of 3 · stopped at: step 3").waitFor();
  await panel.locator("li[data-state=stopped]").getByText("step 3").waitFor();
  // A page that is loaded anew shows the same.
  await page.reload();
  await panel.getByText("2 of 3 · stopped at: step 3").waitFor();
  await page.setViewportSize(screenSizes.phone.viewport);
  await panel.getByRole("button", { name: /^To-do list/ }).click();
  await panel.locator("li[data-state=stopped]").waitFor();
  await page.getByRole("button", { name: "Remove the to-do list" }).click();
  await panel.waitFor({ state: "detached" });
  expect((await sessionOf(page)).todo).toBeUndefined();
  expect(opened.errors).toEqual([]);
});
