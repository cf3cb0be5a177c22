/** Projects on the page: a directory is chosen by browsing, a project has its defaults, instructions are edited in two windows, text has a size. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page, Route } from "playwright-core";
import { axeFaults } from "./axe";
import { screenSizes } from "./browser";
import { fitFaults } from "./page-fit";
import { browserScene } from "./scene";
import { text } from "./upstream/upstream";

const scene = browserScene();
const still = { reducedMotion: "reduce" } as const;
const { signal } = new AbortController();

function directories(...paths: string[]) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "rein-folders-")));
  for (const path of paths) mkdirSync(join(root, path), { recursive: true });
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

const chip = (page: Page) => page.getByRole("button", { name: /^Working directory/ });
const search = (page: Page) => page.getByRole("combobox", { name: "Search, or type a path" });
const option = (page: Page, name: string | RegExp) => page.getByRole("option", { name });
const closed = (page: Page) => page.getByTestId("folders").waitFor({ state: "detached" });
const permissions = (page: Page, name: string) =>
  page.getByRole("button", { name: `Permissions: ${name}` });

async function openFolders(page: Page): Promise<void> {
  await chip(page).click();
  await search(page).and(page.locator(":focus")).waitFor();
}

async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(words);
  await page.getByTestId("send").click();
}

async function openSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Settings", exact: true }).click();
  await page.getByTestId("personal-instructions").waitFor();
}

for (const device of ["desktop", "phone"] as const)
  test(`a directory is chosen by keys alone, through its parents and by its letters: ${device}`, async () => {
    using place = directories("code/app/.git", "code/lib", "x\u202Etxt.exe", ".hidden");
    await using opened = await scene.open({ ...screenSizes[device], ...still });
    const { page } = opened;
    await openFolders(page);
    await search(page).fill(`${place.root}/`);
    await option(page, "code").waitFor();
    // A name that would turn the text round is shown as it is.
    await option(page, /U\+202E/).waitFor();
    expect(await option(page, /./).last().textContent()).toBe(".hidden");
    expect(await axeFaults(page)).toEqual([]);
    if (device === "phone") expect(await fitFaults(page, [])).toEqual([]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await option(page, /^app/).waitFor();
    await page.keyboard.press("ArrowLeft");
    await option(page, "code").waitFor();
    await page.keyboard.type("cod");
    await option(page, "code").and(page.locator("[aria-selected=true]")).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.type("ap");
    await option(page, /^app.*Repository/)
      .and(page.locator("[aria-selected=true]"))
      .waitFor();
    await page.keyboard.press("Control+Enter");
    await closed(page);
    await chip(page).getByText("app").waitFor();
    // The next session finds it among those that were used.
    scene.upstream.script([text("Hello.")]);
    await say(page, "Hi");
    await page.getByText("Hello.").waitFor();
    await page.goto(scene.rein.url);
    await openFolders(page);
    await option(page, new RegExp(`^app.*${place.root}`))
      .first()
      .click();
    await closed(page);
    await chip(page).getByText("app").waitFor();
    expect(opened.errors).toEqual([]);
  });

test("a path that is no directory is refused in the sheet, which keeps it, and the session’s directory stays", async () => {
  using place = directories("a");
  writeFileSync(join(place.root, "file"), "");
  await using opened = await scene.open(still);
  const { page } = opened;
  await openFolders(page);
  for (const [typed, words] of [
    ["none", "there is no such directory"],
    ["file", "it is no directory"],
  ] as const) {
    await search(page).fill(join(place.root, typed));
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText(words).waitFor();
    expect(await search(page).inputValue()).toBe(join(place.root, typed));
  }
  await page.keyboard.press("Escape");
  await closed(page);
  expect(await chip(page).textContent()).not.toContain("none");
  expect(opened.errors.filter((one) => !one.includes("400"))).toEqual([]);
});

test("names stay on one line as they are, a link that leads to no directory leaves the list in use, and a deep place keeps a short path", async () => {
  const deep = Array.from({ length: 30 }, (_, at) => `level${at}`).join("/");
  using place = directories("code", "a\nb", "  spaces", deep);
  symlinkSync("/etc/passwd", join(place.root, "link"));
  await using opened = await scene.open({ ...screenSizes.phone, ...still });
  const { page } = opened;
  await openFolders(page);
  await search(page).fill(`${place.root}/`);
  await option(page, "a⟨LF⟩b").waitFor();
  expect((await option(page, /spaces/).textContent())!.startsWith("  ")).toBe(true);
  await option(page, /^link/).click();
  await page.getByRole("alert").getByText("it is no directory").waitFor();
  await search(page).fill("cod");
  await option(page, "code").and(page.locator("[aria-selected=true]")).waitFor();
  await page.getByRole("alert").waitFor({ state: "detached" });
  await search(page).fill(`${place.root}/${deep}/`);
  const crumbs = page.getByRole("navigation", { name: "Where this is" }).getByRole("button");
  await crumbs.last().getByText("level29").waitFor();
  expect(await crumbs.count()).toBeLessThan(8);
  expect(await fitFaults(page, [])).toEqual([]);
  await crumbs.filter({ hasText: "…" }).click();
  await option(page, "level26").waitFor();
  expect(opened.errors.filter((one) => !one.includes("400"))).toEqual([]);
});

test("a look into a directory that takes long is given up by the next letter, and when the sheet is closed", async () => {
  await using opened = await scene.open(still);
  const { page } = opened;
  await page.route("**/api/directories?*find=slow*", () => {});
  const givenUp = () =>
    page.waitForEvent("requestfailed", (one) => one.url().includes("find=slow"));
  const asked = () => page.waitForRequest((one) => one.url().includes("find=slow"));
  await openFolders(page);
  for (const next of ["slowly", "Escape"]) {
    const begun = asked();
    await search(page).fill("slow");
    await begun;
    const over = givenUp();
    if (next === "Escape") await page.keyboard.press("Escape");
    else await search(page).fill("other");
    await over;
  }
  await closed(page);
  expect(opened.errors).toEqual([]);
});

test("a new session begins with what is set for its project, on every page at once, and a key switches to the plan mode", async () => {
  using place = directories(".git", "inside");
  const inside = join(place.root, "inside");
  await using opened = await scene.open(still);
  const { page } = opened;
  await openFolders(page);
  await search(page).fill(inside);
  await page.keyboard.press("Enter");
  await closed(page);
  await permissions(page, "Ask first").waitFor();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "This project", exact: true }).click();
  const settings = page.getByTestId("project-settings");
  await settings.getByText(place.root, { exact: true }).waitFor();
  await settings.getByRole("radio", { name: "Edits" }).click();
  await settings.getByText("Edits the working directory freely").waitFor();
  await settings.getByRole("textbox").fill("Say “moin”.");
  await settings.getByRole("button", { name: "Save" }).click();
  await settings.getByRole("button", { name: "Discard" }).waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await permissions(page, "Allow edits").waitFor();
  // Changed elsewhere, it is shown here before anything is sent.
  const { digest } = await scene.rein.sdk.projectSettings(inside, signal);
  await scene.rein.sdk.changeProject({ cwd: inside, digest, permissions: "all" }, signal);
  await permissions(page, "Allow everything").waitFor();
  await page.keyboard.press("Control+m");
  await permissions(page, "Plan").waitFor();
  expect(await axeFaults(page)).toEqual([]);
  await page.keyboard.press("Control+m");
  await permissions(page, "Allow everything").waitFor();
  scene.upstream.script([text("Moin.")]);
  await say(page, "Hi");
  await page.getByText("Moin.").waitFor();
  expect(JSON.stringify(scene.upstream.requests.at(-1)!.body)).toContain("Say “moin”.");
  await page.keyboard.press("Control+m");
  await permissions(page, "Plan").waitFor();
  const id = new URL(page.url()).pathname.slice("/s/".length);
  expect((await scene.rein.session(id)).permissions).toBe("plan");
  await say(page, "/work");
  await permissions(page, "Allow everything").waitFor();
  expect(opened.errors).toEqual([]);
});

test("of two windows that edit the person’s instructions the second is told, and loses nothing, over a reload too", async () => {
  await using first = await scene.open(still);
  await using second = await scene.open(still);
  const [a, b] = [first.page, second.page];
  const field = (page: Page) => page.getByTestId("personal-instructions").getByRole("textbox");
  const button = (page: Page, name: string) =>
    page.getByTestId("personal-instructions").getByRole("button", { name, exact: true });
  for (const page of [a, b]) await openSettings(page);
  await field(b).fill("Mine.");
  await b.reload();
  await openSettings(b);
  await b.waitForFunction(
    () =>
      document.querySelector<HTMLTextAreaElement>("[data-testid=personal-instructions] textarea")
        ?.value === "Mine.",
  );
  await field(a).fill("Theirs.");
  await button(a, "Save").click();
  await button(a, "Discard").waitFor({ state: "detached" });
  // It is said without a request of its own.
  await b.getByText("It was changed elsewhere").waitFor();
  expect(await field(b).inputValue()).toBe("Mine.");
  await button(b, "Replace it with mine").click();
  await button(b, "Discard").waitFor({ state: "detached" });
  await a.waitForFunction(
    () =>
      document.querySelector<HTMLTextAreaElement>("[data-testid=personal-instructions] textarea")
        ?.value === "Mine.",
  );
  expect((await scene.rein.sdk.instructions(signal)).text).toBe("Mine.");
  // What is typed while it is saved stays typed, and can be saved in its turn.
  const atNextPut: ((route: Route) => Promise<void>)[] = [];
  await a.route("**/api/instructions", async (route) => {
    const once = route.request().method() === "PUT" ? atNextPut.pop() : undefined;
    await (once ?? (() => route.continue()))(route);
  });
  atNextPut.push(async (route) => {
    await field(a).fill("Mine, and more.");
    await route.continue();
  });
  await field(a).fill("Mine, and");
  const answered = a.waitForResponse((one) => one.request().method() === "PUT");
  await button(a, "Save").click();
  await answered;
  await button(a, "Save").and(a.locator(":enabled")).click();
  await button(a, "Discard").waitFor({ state: "detached" });
  expect((await scene.rein.sdk.instructions(signal)).text).toBe("Mine, and more.");
  // Where the server is gone in the middle of it, nothing typed is.
  atNextPut.push((route) => route.abort());
  await field(a).fill("Kept.");
  await button(a, "Save").click();
  await a.getByTestId("personal-instructions").getByRole("alert").waitFor();
  expect(await field(a).inputValue()).toBe("Kept.");
  await button(a, "Save").click();
  await button(a, "Discard").waitFor({ state: "detached" });
  expect((await scene.rein.sdk.instructions(signal)).text).toBe("Kept.");
  // Switched off in one, both say that models are not told it.
  const name = "~/.config/rein/AGENTS.md";
  const row = a.getByTestId("definitions").getByTestId(`row-instructions-${name}`);
  await row.locator("summary").click();
  await row.getByRole("button", { name: `Switch off ${name}` }).click();
  for (const page of [a, b]) await page.getByText("It is switched off below").waitFor();
  await row.getByRole("button", { name: `Switch on ${name}` }).click();
  for (const page of [a, b])
    await page.getByText("It is switched off below").waitFor({ state: "detached" });
  const cutOff = (one: string) => one.includes("ERR_FAILED");
  expect([...first.errors, ...second.errors].filter((one) => !cutOff(one))).toEqual([]);
});

test("a chosen size holds for all text, from the first paint on, and nothing is cut at 18 pixels on a phone", async () => {
  await using opened = await scene.open({ ...screenSizes.phone, ...still });
  const { page } = opened;
  const size = () => page.evaluate(() => getComputedStyle(document.body).fontSize);
  expect(await size()).toBe("15px");
  await openSettings(page);
  await page
    .getByRole("radiogroup", { name: "Text size" })
    .getByRole("radio", { name: "18" })
    .check();
  await page.waitForFunction(() => getComputedStyle(document.body).fontSize === "18px");
  const message = page.getByLabel("Message", { exact: true });
  expect(await message.evaluate((one) => one.scrollHeight - one.clientHeight)).toBe(0);
  expect(await fitFaults(page, [])).toEqual([]);
  // Without the page's script, only theme.js sets it.
  await page.route("**/assets/*.js", (route) => route.abort());
  await page.reload();
  expect(await size()).toBe("18px");
  await page.unroute("**/assets/*.js");
  await page.reload();
  await chip(page).waitFor();
  expect(await fitFaults(page, [])).toEqual([]);
  await openFolders(page);
  expect(await fitFaults(page, [])).toEqual([]);
  await page.keyboard.press("Escape");
  await closed(page);
  // At twice the size a window of 1280 by 800 has half of its pixels, and a phone that is zoomed fewer.
  for (const viewport of [
    { width: 640, height: 400 },
    { width: 320, height: 640 },
  ]) {
    await page.setViewportSize(viewport);
    await openFolders(page);
    expect(await fitFaults(page, [])).toEqual([]);
    await page.keyboard.press("Escape");
    await closed(page);
    await openSettings(page);
    expect(await fitFaults(page, [])).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByTestId("settings").waitFor({ state: "detached" });
    expect(await fitFaults(page, [])).toEqual([]);
  }
});
