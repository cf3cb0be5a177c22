/** Sheets cover the page: Escape and the browser's back button close them, a run can be stopped from them, and notices cover nothing. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { phone } from "./browser";
import { browserScene } from "./scene";
import { hang, text } from "./upstream/upstream";

const scene = browserScene();
const touch = { viewport: phone, hasTouch: true, isMobile: true };

test("on a phone back closes the sheet and the drawer, one after the other, and then leads to the session before", async () => {
  await using opened = await scene.open(touch);
  const { page } = opened;
  scene.upstream.script([text("First answer.")], [text("Second answer.")]);
  await say(page, "One");
  await page.getByText("First answer.").waitFor();
  await page.getByRole("button", { name: "Sessions", exact: true }).tap();
  await page.getByRole("button", { name: "New session" }).tap();
  await say(page, "Two");
  await page.getByText("Second answer.").waitFor();
  const second = page.url();

  await page.getByRole("button", { name: "Sessions", exact: true }).tap();
  await focusedOn(page, "Close sessions");
  await page.goBack();
  await page.locator("nav[data-open]").waitFor({ state: "detached" });
  await focusedOn(page, "Sessions");
  await openSettings(page);
  await page.goBack();
  await page.getByTestId("settings").waitFor({ state: "detached" });
  expect(page.url()).toBe(second);
  // Closed by its button, a sheet leaves nothing to go back through.
  await openSettings(page);
  await page.getByRole("button", { name: "Close", exact: true }).tap();
  await page.getByTestId("settings").waitFor({ state: "detached" });
  await untilDepth(page, 0);
  await page.goBack();
  await page.getByText("First answer.").waitFor();
  expect(await page.getByText("Second answer.").count()).toBe(0);
  expect(opened.errors).toEqual([]);
});

test("a session that got its address while a sheet covered it is still there when back closes the sheet", async () => {
  await using opened = await scene.open(touch);
  const { page } = opened;
  scene.upstream.script([text("An answer."), hang]);
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await page.route("**/api/chat*", async (route) => {
    await held;
    await route.continue();
  });
  await say(page, "One");
  await openSettings(page);
  go();
  await page.waitForURL("**/s/*");
  await page.getByText("An answer.").waitFor();
  await page.unrouteAll();
  await page.reload();
  await page.getByText("An answer.").waitFor();
  // A reload closes the sheet.
  await untilDepth(page, 0);
  expect(await page.getByTestId("settings").count()).toBe(0);
  expect(page.url()).toContain("/s/");
  await openSettings(page);
  await page.goBack();
  await page.getByTestId("settings").waitFor({ state: "detached" });
  await page.getByText("An answer.").waitFor();
});

test("the page of stops is closed by back, and keeps the session beneath it over a reload", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("An answer.")]);
  await say(page, "One");
  await page.getByText("An answer.").waitFor();
  const session = page.url();
  await page.getByRole("button", { name: "Stops" }).click();
  await page.waitForURL("**/stops");
  await page.reload();
  await page.getByRole("dialog", { name: "Stops" }).waitFor();
  await page.goBack();
  await page.waitForURL(session);
  await page.getByText("An answer.").waitFor();
  // Opened by its address, it lies over a new session.
  await page.goto(`${scene.rein.url}/stops`);
  await page.getByRole("dialog", { name: "Stops" }).waitFor();
  await page.waitForURL("**/stops");
  await page.goBack();
  await page.getByRole("dialog", { name: "Stops" }).waitFor({ state: "detached" });
  expect(page.url()).toBe(`${scene.rein.url}/`);
  expect(opened.errors).toEqual([]);
});

test("a sheet covers the page, keeps the focus, and its Stop ends the run", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("So."), hang]);
  await say(page, "Go");
  await page.getByText("So.").waitFor();
  const more = page.locator("main header").getByRole("button", { name: "More", exact: true });
  await more.click();
  await page.getByRole("menuitem", { name: "Shortcuts" }).click();
  await focusedOn(page, "Close");
  const [sheet, main] = await Promise.all([
    page.getByRole("dialog").boundingBox(),
    page.locator("main").boundingBox(),
  ]);
  expect(sheet).toEqual(main);
  // The scroll bar is at the edge of the page.
  const help = await page.getByTestId("help").boundingBox();
  expect(help!.x + help!.width).toBe(main!.x + main!.width);
  // Nothing beneath it is reached by Tab.
  const seen: string[] = [];
  for (let tabs = 0; tabs < 12; tabs++) {
    await page.keyboard.press("Tab");
    seen.push(
      await page.evaluate(() => document.activeElement?.closest("form, header")?.className ?? ""),
    );
  }
  expect(await page.evaluate(() => document.querySelector("main > div")?.matches("[inert]"))).toBe(
    true,
  );
  expect(seen.filter((place) => place.includes("composer"))).toEqual([]);
  await page.getByTestId("sheet-stop").click();
  await page.getByTestId("sheet-stop").waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await focusedOn(page, "More");
  await page.getByTestId("receipt").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a notice covers neither the head of a sheet nor what it says, moves nothing, and stays while it is read", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.clock.install();
  await page.getByRole("button", { name: "Settings" }).click();
  const field = page.getByLabel("Turns of a run");
  await field.waitFor();
  await field.fill("7");
  const before = await field.boundingBox();
  await field.press("Enter");
  const toast = page.getByTestId("toast");
  await toast.waitFor();
  const [rows, head, list] = await Promise.all([
    toast.boundingBox(),
    page.locator("dialog > header").boundingBox(),
    page.getByTestId("settings").boundingBox(),
  ]);
  expect(rows!.y).toBeGreaterThanOrEqual(head!.y + head!.height);
  expect(list!.y).toBeGreaterThanOrEqual(rows!.y + rows!.height);
  expect((await field.boundingBox())!.y).toBeCloseTo(before!.y, 0);
  await toast.hover();
  await page.clock.runFor(60_000);
  expect(await toast.count()).toBe(1);
  await page.mouse.move(5, 5);
  await page.clock.runFor(60_000);
  await toast.waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

async function say(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}

async function openSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sessions", exact: true }).tap();
  await page.getByRole("button", { name: "Settings" }).tap();
  await page.getByTestId("settings").waitFor();
  await untilDepth(page, 1);
}

/** Until the browser's history has an entry for each layer over the page. */
async function untilDepth(page: Page, layers: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => (history.state as { layers: number }).layers === wanted,
    layers,
  );
}

async function focusedOn(page: Page, label: string): Promise<void> {
  await page.waitForFunction(
    (name) => document.activeElement?.getAttribute("aria-label") === name,
    label,
  );
}
