/** What a person does by keyboard alone: each control that is pressed can be reached, and shows that it has the focus. */
import { expect } from "bun:test";
import type { Locator, Page } from "playwright-core";

/** Gives the control the focus as Tab would, and presses a key on it. */
export async function press(control: Locator, key = "Enter"): Promise<void> {
  await control.focus();
  const focused = await control.evaluate((element: HTMLElement) => {
    const isRinged = (one: Element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    };
    // The message field's ring is the border of its box.
    const isField = element.matches("[name=message]");
    return {
      has: document.activeElement === element,
      byTab: element.tabIndex >= 0,
      isSeen: isField || isRinged(element),
    };
  });
  expect({ control: String(control), ...focused }).toEqual({
    control: String(control),
    has: true,
    byTab: true,
    isSeen: true,
  });
  await control.page().keyboard.press(key);
}

export async function choose(page: Page, button: Locator, entry: string): Promise<void> {
  await press(button);
  const marked = page.locator("[role^=menuitem]:focus");
  await marked.waitFor();
  const isMarked = async () => (await marked.textContent())!.includes(entry);
  for (let at = 0; at < 50 && !(await isMarked()); at++) await page.keyboard.press("ArrowDown");
  await marked.filter({ hasText: entry }).waitFor();
  await page.keyboard.press("Enter");
}

export async function say(page: Page, message: string, key = "Enter"): Promise<void> {
  await field(page).focus();
  await page.keyboard.type(message);
  await page.keyboard.press(key);
}

export function field(page: Page): Locator {
  return page.getByLabel("Message", { exact: true });
}

export async function untilInField(page: Page): Promise<void> {
  await page.locator("[name=message]:focus").waitFor();
}

/** Wherever it is, it is not lost. */
export async function expectFocus(page: Page): Promise<void> {
  await page.locator(":focus").waitFor();
}

/** Without those of the request that shows who has signed out. */
export function faultsOf(errors: string[]): string[] {
  return errors.filter((error) => !error.includes("Failed to load resource"));
}
