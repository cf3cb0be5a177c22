/** The settings stand still: what is shown stays in its place while the rest is loaded, in whatever order the server answers. */
import { expect, test } from "bun:test";
import type { Page, Route } from "playwright-core";
import { browserScene } from "./scene";
import { untilAsync } from "./within";

const scene = browserScene();

/** What the sections ask for when the settings are opened, in the order of the sections. */
const asked = [
  "engines",
  "mcp",
  "instructions",
  "project",
  "schedules",
  "hooks",
  "language-servers",
  "limits",
  "commands",
  "sign-ins",
  "machine",
];

test("a section that loads late moves none that is shown", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const answers = await holdAnswers(page);
  await page.getByRole("button", { name: "Settings" }).first().click();
  await answers.areAllHeld();
  const seen = new Map<string, number>();
  const moved: string[] = [];
  async function look(after: string): Promise<void> {
    for (const [heading, top] of await headings(page)) {
      if ((seen.get(heading) ?? top) !== top) moved.push(`${heading} after ${after}`);
      seen.set(heading, top);
    }
  }
  await look("the click");
  // The page is looked at before anything has answered.
  expect([...seen.keys()].slice(0, 2)).toEqual(["Providers", "Engines"]);
  for (const name of asked.toReversed()) {
    await answers.release(name);
    await look(name);
  }
  await page.getByRole("heading", { name: "This machine" }).waitFor();
  await look("all");
  expect(moved).toEqual([]);
  expect(seen.size).toBeGreaterThan(15);
  expect(opened.errors).toEqual([]);
});

test("a section that was asked for is at the top when all are loaded", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const answers = await holdAnswers(page);
  await page.keyboard.press("Control+k");
  const palette = page.getByTestId("palette");
  await palette.getByRole("combobox").fill("limits");
  await palette.locator("[aria-selected=true]", { hasText: "Limits" }).waitFor();
  await page.keyboard.press("Enter");
  await answers.areAllHeld();
  for (const name of asked) await answers.release(name);
  await page.getByRole("heading", { name: "This machine" }).waitFor();
  const top = await page.getByTestId("limits").evaluate((section) => {
    const scroller = section.closest("[data-scroller]")!;
    return Math.round(section.getBoundingClientRect().top - scroller.getBoundingClientRect().top);
  });
  expect(top).toBe(0);
});

/** Keeps the server's answers to what the sections ask for. */
async function holdAnswers(page: Page) {
  const waiting = new Map<string, Route[]>();
  await page.route(/\/api\/[\w-]+(\?|$)/, async (route) => {
    const [, name = ""] = /\/api\/([\w-]+)/.exec(route.request().url())!;
    if (!asked.includes(name) || released.has(name)) return route.continue();
    waiting.set(name, [...(waiting.get(name) ?? []), route]);
  });
  const released = new Set<string>();
  return {
    areAllHeld: () =>
      untilAsync(
        async () => asked.every((name) => waiting.has(name)),
        () => `everything is asked for, and not only ${[...waiting.keys()].join(", ")}`,
      ),
    /** Resolves when the page has drawn them. */
    async release(name: string): Promise<void> {
      released.add(name);
      const answered = (waiting.get(name) ?? []).map(async (route) => {
        await route.continue();
        // None of what the page does not wait for any more.
        await (await route.request().response())?.finished();
      });
      await Promise.all(answered);
      await page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))),
      );
    },
  };
}

/** Those that are shown, with how far below the top of all each one is. */
function headings(page: Page): Promise<[string, number][]> {
  return page.getByTestId("settings").evaluate((scroller) =>
    [...scroller.querySelectorAll("h3")]
      .filter((heading) => heading.checkVisibility())
      .map((heading) => {
        const top = heading.getBoundingClientRect().top + scroller.scrollTop;
        return [heading.textContent, Math.round(top)];
      }),
  );
}
