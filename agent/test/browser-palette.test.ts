/** The palette and the side bar: all is found, and what a row's menu does can be taken back, on every page at once. */
import { expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { everyServerIsNode } from "./given-cluster";
import { browserScene } from "./scene";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = browserScene();
const scripted = { provider: "anthropic", model: "scripted" };
const { signal } = new AbortController();

async function make(message: string, answer: string, more: object = {}): Promise<string> {
  scene.upstream.script([text(answer)]);
  const chat = scene.rein.chat({ message, ...scripted, ...more });
  await chat.ended;
  return chat.sessionId;
}

const rows = (page: Page) => page.getByRole("navigation", { name: "Sessions" });
const palette = (page: Page) => page.getByTestId("palette");
const chosen = (page: Page) => palette(page).locator("[aria-selected=true]");

/** Each heading of the settings is found by its name. */
async function reachesEach(page: Page, headings: string[]): Promise<void> {
  expect(headings.length).toBeGreaterThan(15);
  const field = await openPalette(page, ">");
  for (const heading of headings) {
    await field.fill(`>${heading}`);
    const options = palette(page).getByRole("option").filter({ hasText: "Settings" });
    await options.filter({ hasText: heading }).first().waitFor();
  }
  await page.keyboard.press("Escape");
}

async function openPalette(page: Page, typed = ""): Promise<Locator> {
  await page.keyboard.press("Control+k");
  const field = palette(page).getByRole("combobox");
  await field.and(page.locator(":focus")).waitFor();
  await field.pressSequentially(typed);
  return field;
}

async function inMenu(page: Page, title: string, entry: string): Promise<void> {
  await rows(page).getByRole("link", { name: title }).first().hover();
  await page
    .getByRole("button", { name: `More for ${title}` })
    .first()
    .click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

test("the palette finds sessions, words in messages, commands, models, settings and files, and goes there by keys alone", async () => {
  await Bun.write(`${scene.rein.cwd}/garden/plants.txt`, "x");
  const trees = await make("Plant trees", "An oak <b>and</b> a lime.");
  await make("Water", "Every evening.");
  await using opened = await scene.open();
  const { page } = opened;
  await rows(page).getByRole("link", { name: "Plant trees" }).waitFor();

  await openPalette(page, "trees plant");
  await chosen(page).filter({ hasText: "Plant trees" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("a lime").waitFor();
  expect(await palette(page).count()).toBe(0);

  await openPalette(page, "#OAK <b");
  const found = chosen(page).filter({ hasText: "An oak <b>and</b>" });
  await found.waitFor();
  expect(await found.locator("mark").allTextContents()).toEqual(["oak", "b", "b"]);
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "New session" }).click();
  await openPalette(page, "oak");
  await palette(page)
    .getByRole("option", { name: /An oak/ })
    .click();
  await page.waitForURL(new RegExp(`/s/${trees}`));

  const field = page.getByLabel("Message", { exact: true });
  await field.fill("Look at");
  await openPalette(page, "@plan");
  await chosen(page).filter({ hasText: "garden/plants.txt" }).waitFor();
  await page.keyboard.press("Enter");
  expect(await field.inputValue()).toBe("Look at @garden/plants.txt ");
  await openPalette(page, ">nudge");
  await chosen(page).filter({ hasText: "/nudge" }).waitFor();
  await page.keyboard.press("Enter");
  expect(await field.inputValue()).toBe("/nudge Look at @garden/plants.txt ");
  await field.fill("");

  await openPalette(page, ">theme dark");
  await page.keyboard.press("Enter");
  await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  await openPalette(page, "prices");
  await chosen(page).filter({ hasText: "Prices" }).waitFor();
  await page.keyboard.press("Enter");
  const settings = page.getByTestId("settings");
  await settings.getByRole("heading", { name: "Prices" }).waitFor();
  await settings.getByRole("heading", { name: "This machine" }).waitFor();
  const headings = await settings.locator("h3").allTextContents();
  expect(headings.includes("Machines")).toBe(everyServerIsNode);
  await reachesEach(page, headings);
  await openPalette(page, "zyzzyva");
  await palette(page).getByText("Nothing found.").waitFor();
  await page.goBack();
  await palette(page).waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

test("the side bar finds words in messages, archived ones too, and shows them as they are", async () => {
  await make("Plant trees", "An oak <img src=x onerror=alert(1)>\u202E and a lime.");
  await make(`An oak ${"with a very long title ".repeat(4)}`, "It is \u202E long.");
  const old = await make("Old wood", "Another oak.");
  await scene.rein.sdk.patchSession(old, { archived: true }, signal);
  await using opened = await scene.open();
  const { page } = opened;
  const list = rows(page);
  await list.getByRole("link", { name: "Plant trees" }).waitFor();
  expect(await list.getByRole("link", { name: "Old wood" }).count()).toBe(0);
  const search = page.getByLabel("Search sessions");
  await search.fill("oak");
  await list.getByRole("heading", { name: "In messages" }).waitFor();
  // The index may not have all of them yet.
  await list.locator("mark").nth(2).waitFor();
  expect(await list.locator("mark").allTextContents()).toEqual(["oak", "oak", "oak"]);
  expect(await list.evaluate((one) => one.querySelector("[data-list]")!.scrollWidth)).toBe(
    await list.evaluate((one) => one.querySelector("[data-list]")!.clientWidth),
  );
  expect(await list.locator("img[src=x]").count()).toBe(0);
  expect(await list.locator("[data-mark]").count()).toBe(1);
  await search.fill("wood");
  await list.getByRole("heading", { name: "Archived" }).waitFor();
  await search.fill("oak");
  await list.getByRole("link", { name: /Another oak/ }).click();
  await page.getByText("Another oak.").last().waitFor();
  await search.fill("zyzzyva");
  await list.getByText("Nothing found.").waitFor();
  await page.route("**/api/search?*", (route) => route.abort());
  await search.fill("lime");
  await list.getByText(/^The search failed/).waitFor();
});

test("two pages show the same pins, archive and deletions, and each is taken back on both", async () => {
  const first = await make("First", "One.");
  const entries = [{ text: "step 1", state: "pending" }];
  scene.upstream.script([toolCall("todo", { entries })], [text("Noted.")]);
  await scene.rein.chat({ message: "Note it", sessionId: first }).ended;
  await make("Second", "Two.");
  await using opened = await scene.open();
  await using other = await scene.open();
  const { page } = opened;
  await page.goto(`${scene.rein.url}/s/${first}`);
  await other.page.goto(`${scene.rein.url}/s/${first}`);
  await other.page.getByText("One.").waitFor();
  await other.page.getByTestId("todo").waitFor();

  await inMenu(page, "First", "Pin");
  for (const each of [page, other.page])
    await rows(each).getByRole("button", { name: "Pinned" }).waitFor();
  expect(await rows(other.page).getByRole("link").first().textContent()).toContain("First");

  await inMenu(page, "Second", "Archive");
  await rows(other.page).getByRole("link", { name: "Second" }).waitFor({ state: "detached" });
  await rows(other.page).getByRole("button", { name: "Archived" }).click();
  await rows(other.page).getByRole("link", { name: "Second" }).waitFor();
  await page.getByTestId("toast").getByRole("button", { name: "Undo" }).click();
  await rows(page).getByRole("link", { name: "Second" }).waitFor();
  await rows(other.page).getByRole("button", { name: "Archived" }).waitFor({ state: "detached" });

  await inMenu(page, "First", "Delete");
  // While the pointer is over it, it stays.
  await page.getByTestId("toast").hover();
  await page.getByText("An agent whose Stop is real.").waitFor();
  await other.page.getByText("Session not found").waitFor();
  await other.page.getByTestId("todo").waitFor({ state: "detached" });
  await rows(other.page).getByRole("link", { name: "First" }).waitFor({ state: "detached" });
  // Its list is still alive.
  const third = await make("Third", "Three.");
  await rows(other.page).getByRole("link", { name: "Third" }).waitFor();
  await page.getByTestId("toast").getByRole("button", { name: "Undo" }).click();
  await page.getByText("One.").waitFor();
  await other.page.getByText("One.").waitFor();
  expect(await page.getByTestId("toast").count()).toBe(0);
  await page.reload();
  await page.getByText("One.").waitFor();
  await scene.rein.sdk.deleteSession(third, signal);
  expect(opened.errors).toEqual([]);
});

test("only a session at work is asked about before it is deleted, and its run is stopped", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("Begins ", makeGate())]);
  await page.getByLabel("Message", { exact: true }).fill("Long work");
  await page.keyboard.press("Enter");
  await page.getByText("Begins").waitFor();
  const open = scene.upstream.request(0);
  await inMenu(page, "Long work", "Delete");
  const question = page.getByRole("dialog", { name: "Delete this session?" });
  await question.getByText(/is at work/).waitFor();
  await question.getByRole("button", { name: "Delete" }).click();
  expect(await (await open).ended).toBe("client");
  await page.getByTestId("toast").getByRole("button", { name: "Undo" }).click();
  await page.getByTestId("receipt").waitFor();
});

test("on a phone a deletion is taken back in the drawer, and a title with a hidden character stays in its line", async () => {
  await make("Fi\u202Erst", "One.");
  await make("Second", "Two.");
  await using opened = await scene.open({ viewport: { width: 390, height: 800 } });
  const { page } = opened;
  await page.getByRole("button", { name: "Sessions", exact: true }).click();
  const list = rows(page);
  const height = async (title: string) =>
    (await list.getByRole("link", { name: title }).boundingBox())!.height;
  expect(await height("Fi")).toBe(await height("Second"));
  await inMenu(page, "Second", "Delete");
  await list.getByRole("link", { name: "Second" }).waitFor({ state: "detached" });
  await list.getByTestId("toast").getByRole("button", { name: "Undo" }).click();
  await list.getByRole("link", { name: "Second" }).waitFor();
  await page.keyboard.press("Escape");
  expect(opened.errors).toEqual([]);
});

test("a session is copied, exported and imported; what is no export leaves nothing, and a cancelled import neither", async () => {
  await make("Plant trees", "An oak.");
  await using opened = await scene.open();
  const { page } = opened;
  await rows(page).getByRole("link", { name: "Plant trees" }).waitFor();
  await inMenu(page, "Plant trees", "Fork");
  await page.getByText("This is a copy", { exact: false }).waitFor();
  await page.getByText("An oak.").waitFor();
  await rows(page).getByRole("link", { name: "Plant trees" }).nth(1).waitFor();
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    inMenu(page, "Plant trees", "Export as JSON"),
  ]);
  const exported = await Bun.file(await saved.path()).text();

  const choose = async (name: string, content: string) => {
    // Before the palette: a chooser that opens before it is awaited is not told.
    const chooser = page.waitForEvent("filechooser");
    await openPalette(page, "import");
    await page.keyboard.press("Enter");
    const buffer = Buffer.from(content);
    await (await chooser).setFiles({ name, mimeType: "application/json", buffer });
  };
  const count = async () => (await scene.rein.sdk.sessions(signal)).sessions.length;
  await choose("b\u202Ead.json", `{"rein":"session","version":1}`);
  await page
    .getByTestId("toast")
    .getByText(/was not imported/)
    .waitFor();
  expect(await count()).toBe(2);
  await page.route("**/api/sessions/import", (route) => void route);
  await choose("slow.json", exported);
  // Without its route a request that the browser still holds goes on to the server.
  const dropped = page.waitForEvent("requestfailed");
  await page.getByTestId("notice").getByRole("button", { name: "Cancel" }).click();
  await page.getByTestId("notice").waitFor({ state: "detached" });
  await dropped;
  await page.unroute("**/api/sessions/import");
  expect(await count()).toBe(2);
  await choose("good.json", exported);
  await untilAsync(async () => (await count()) === 3, "it is imported");
  await rows(page).getByRole("link", { name: "Plant trees" }).nth(2).waitFor();
  await page.getByText("An oak.").waitFor();
});
