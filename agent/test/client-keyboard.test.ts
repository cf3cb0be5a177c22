/** The page by keyboard: Enter by the kind of the keyboard, and an approval without a mouse. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { phone } from "./browser";
import { browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();

test("on a touch screen Enter makes a new line on the screen keyboard, and sends on a hardware keyboard", async () => {
  await using opened = await scene.open({ viewport: phone, hasTouch: true, isMobile: true });
  const { page } = opened;
  scene.upstream.script([text("One ", makeGate())]);
  const input = page.getByLabel("Message");
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

/** As Chrome on Android reports a key of the screen keyboard: without `code`. */
async function pressOnScreen(page: Page, key: string): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const event = { key, code: "", windowsVirtualKeyCode: 13 };
  await client.send("Input.dispatchKeyEvent", { type: "keyDown", text: "\r", ...event });
  await client.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  await client.detach();
}
