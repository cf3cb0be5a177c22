/** The page by keyboard: Enter by the kind of the keyboard, and an approval without a mouse. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { phone } from "./browser";
import { browserScene } from "./scene";
import { makeGate, text, toolCall } from "./upstream/upstream";

const scene = browserScene();

test("on a touch screen Enter makes a new line on the screen keyboard, and sends on a hardware keyboard", async () => {
  await using opened = await scene.open({ viewport: phone, hasTouch: true, isMobile: true });
  const { page } = opened;
  scene.upstream.script([text("One ", makeGate())]);
  const input = page.getByLabel("Message", { exact: true });
  const hint = page.getByTestId("composer").getByText("Enter sends");
  await input.tap();
  await input.fill("First");
  await pressOnScreen(page, "Enter");
  expect(await input.inputValue()).toBe("First\n");
  expect(await hint.count()).toBe(0);
  await page.keyboard.type("line");
  expect(await input.inputValue()).toBe("First\nline");
  // A hardware keyboard has come: what is said of keys holds now.
  await hint.waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("One").first().waitFor();
  await input.fill("Second");
  const ways = page.getByTestId("ways");
  expect(await ways.locator("kbd").allTextContents()).toEqual([
    "Enter",
    "Ctrl Enter",
    "Ctrl Shift Enter",
  ]);
  await pressOnScreen(page, "Enter");
  expect(await input.inputValue()).toBe("Second\n");
  await ways.locator("kbd").first().waitFor({ state: "detached" });
  await input.press("Enter");
  await page.getByTestId("queued").waitFor();
  expect(opened.errors).toEqual([]);
});

test("Tab leads from the input to an approval, its keys answer it, and what is typed next is in the input", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const command = (name: string) => toolCall("bash", { command: `touch ${name}` });
  scene.upstream.script(
    [command("one")],
    [command("two")],
    [command("two")],
    [command("three")],
    [text("The end.")],
  );
  const input = page.getByLabel("Message", { exact: true });
  await input.fill("Go");
  await page.keyboard.press("Enter");
  await page.locator(ready).waitFor();
  await page.getByText("Tab goes there, A allows once, D denies.").waitFor();
  const announced = page.getByTestId("announcement");
  expect(await announced.textContent()).toContain("Rein wants to run this command: touch one.");
  // With the focus in the input, letters are letters.
  await page.keyboard.type("a d");
  await page.keyboard.press("Tab");
  await untilFocused(page, "Allow once");
  await page.keyboard.press("Shift+Tab");
  expect(await input.evaluate((field) => field === document.activeElement)).toBe(true);
  // Typed as the focus moves, or held down: no answer.
  const typed = await page.getByRole("button", { name: "Allow once" }).evaluate((button) => {
    const press = (key: string, repeat: boolean) => {
      const init = { key, code: key === "a" ? "KeyA" : key, repeat };
      return button.dispatchEvent(
        new KeyboardEvent("keydown", { ...init, bubbles: true, cancelable: true }),
      );
    };
    button.focus();
    return [press("a", false), press("a", false), press("Enter", false), press("Enter", true)];
  });
  expect(typed).toEqual([true, true, false, false]);
  await page.locator(listening).waitFor();
  expect(await page.getByTestId("approval").locator("fieldset:disabled").count()).toBe(0);
  await page.keyboard.press("a");
  await page.keyboard.type("raft");
  expect(await input.inputValue()).toBe("a draft");
  await page.getByRole("form", { name: /touch two/ }).waitFor();
  expect(existsSync(join(scene.rein.cwd, "one"))).toBe(true);
  await answerBy(page, "l");
  // The second command of the same words is not asked.
  await page.getByRole("form", { name: /touch three/ }).waitFor();
  await page.locator(ready).waitFor();
  await page.keyboard.press("Tab");
  for (const _of of ["Always", "More…", "the reason"]) await page.keyboard.press("Tab");
  await page.keyboard.type("deny it");
  await page.keyboard.press("Tab");
  await untilFocused(page, "Deny");
  await page.keyboard.press("Tab");
  await page.locator("[aria-label=Nudge]:focus").waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  await untilFocused(page, "Allow once");
  await page.getByLabel("Reason for denying").press("Enter");
  await page.keyboard.type("ed");
  await page.getByText("The end.").waitFor();
  expect(await input.inputValue()).toBe("a drafted");
  expect(JSON.stringify(scene.upstream.requests.at(-1)!.body)).toContain("deny it");
  expect(existsSync(join(scene.rein.cwd, "three"))).toBe(false);
  expect(opened.errors).toEqual([]);
});

test("of several approvals a key answers the one that has the focus; a folded one is opened first", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.route(({ body }) => {
    const messages = JSON.stringify(body.messages);
    const name = ["alpha", "beta"].find((one) => messages.includes(`Be ${one}.`));
    if (name === undefined || messages.includes("Do it")) return undefined;
    if (messages.includes("tool_result")) return [text(`${name} is done.`)];
    const command = `touch ${name}${"\n: more".repeat(name === "beta" ? 200 : 0)}`;
    return [toolCall("bash", { command }, { pieceLength: 5000 })];
  });
  scene.upstream.script(
    ["alpha", "beta"].map((title) =>
      toolCall("subagent", { role: "simple", title, task: `Be ${title}.` }),
    ),
    [text("The end.")],
  );
  const input = page.getByLabel("Message", { exact: true });
  await input.fill("Do it");
  await page.keyboard.press("Enter");
  await page.locator(ready).nth(1).waitFor();
  await page.keyboard.press("Tab");
  await untilFocused(page, "Allow once");
  expect(await page.locator(listening).getAttribute("aria-label")).toContain("touch alpha");
  await page.keyboard.press("a");
  await page.getByRole("form", { name: /alpha/ }).waitFor({ state: "detached" });
  await page.locator(ready).waitFor();
  await page.keyboard.press("Tab");
  await untilFocused(page, "Show all");
  await page.locator(listening).waitFor();
  await page.keyboard.press("a");
  expect(await page.getByTestId("approval").locator("fieldset:disabled").count()).toBe(0);
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=approval] pre:focus").waitFor();
  await page.locator(listening).waitFor();
  await page.keyboard.press("a");
  await page.getByText("The end.").waitFor();
  const made = ["alpha", "beta"].map((name) => existsSync(join(scene.rein.cwd, name)));
  expect(made).toEqual([true, true]);
  expect(await input.evaluate((field) => field === document.activeElement)).toBe(true);
  expect(opened.errors).toEqual([]);
});

test("the empty page takes the focus while the keyboard has to scroll it, and only then", async () => {
  await using opened = await scene.open({ viewport: { width: 844, height: 300 } });
  const { page } = opened;
  const scroller = page.getByTestId("conversation");
  await page.locator("[data-testid=conversation][tabindex='0']").waitFor();
  await scroller.focus();
  await page.keyboard.press("End");
  await page.waitForFunction(
    () => document.querySelector("[data-testid=conversation]")!.scrollTop > 0,
  );
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.locator("[data-testid=conversation][tabindex='-1']").waitFor();
  expect(opened.errors).toEqual([]);
});

const ready = "[data-testid=approval][data-ready]";
const listening = "[data-testid=approval][data-listening]";

/** From the input, as soon as the approval can be answered. */
async function answerBy(page: Page, key: string): Promise<void> {
  await page.locator(ready).waitFor();
  await page.keyboard.press("Tab");
  await page.locator(listening).waitFor();
  await page.keyboard.press(key);
}

async function untilFocused(page: Page, words: string): Promise<void> {
  await page.locator("button:focus").filter({ hasText: words }).waitFor();
}

/** As Chrome on Android reports a key of the screen keyboard: without `code`. */
async function pressOnScreen(page: Page, key: string): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const event = { key, code: "", windowsVirtualKeyCode: 13 };
  await client.send("Input.dispatchKeyEvent", { type: "keyDown", text: "\r", ...event });
  await client.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  await client.detach();
}
