/** The page fits its screen: nothing overflows on a phone, and a long message is folded. */
import { expect, test } from "bun:test";
import { phone } from "./browser";
import { browserScene } from "./scene";

const scene = browserScene(() => ({}));

test("on a phone each menu of the header fits on the screen", async () => {
  const options = { viewport: phone, hasTouch: true, isMobile: true };
  await using opened = await scene.open(options);
  const { page } = opened;
  for (const name of [/^Model/, /^Permissions/, /^Working directory/, /^More/]) {
    await page.locator("main header").getByRole("button", { name }).tap();
    const menu = page.getByRole("menu").or(page.getByRole("dialog"));
    await menu.waitFor();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    const { x, width } = (await menu.boundingBox())!;
    expect([name, x >= 0, x + width <= phone.width]).toEqual([name, true, true]);
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "hidden" });
  }
  expect(opened.errors).toEqual([]);
});

test("a very long message shows its beginning, and the rest on request", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page
    .getByLabel("Message", { exact: true })
    .fill(`${"A long line. ".repeat(8000)}The last words.`);
  await page.keyboard.press("Enter");
  const said = page.locator("[data-role=user]").first();
  const whole = said.getByRole("button", { name: "Show all 104,015 characters" });
  await whole.waitFor();
  expect(await said.innerText()).not.toContain("The last words.");
  await whole.click();
  expect(await said.innerText()).toContain("The last words.");
  expect(await whole.count()).toBe(0);
  expect(opened.errors).toEqual([]);
});
