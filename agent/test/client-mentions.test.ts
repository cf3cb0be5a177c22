/** Mentions on the page: completed at the cursor by keyboard and touch, and sent with what they name. */
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { phone } from "./browser";
import { browserScene } from "./scene";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = browserScene();

function makeFiles(): void {
  for (const path of ["my dir/deep/part-one.ts", "other.ts", "src/app.ts"]) {
    mkdirSync(join(scene.rein.cwd, path, ".."), { recursive: true });
    writeFileSync(join(scene.rein.cwd, path), "text");
  }
}

const option = (page: Page, name: string) => page.getByRole("option", { name, exact: false });

test("a folder is gone into by Tab and the right arrow, a file taken by Enter, and the next Enter sends it", async () => {
  makeFiles();
  await using opened = await scene.open();
  const { page } = opened;
  const input = page.getByLabel("Message", { exact: true });
  await input.fill("See  now");
  await input.press("Home");
  for (let step = 0; step < 4; step++) await input.press("ArrowRight");
  const roles = page.waitForResponse(/\/api\/project/);
  await input.pressSequentially("@my");
  await roles;
  await option(page, "my dir/").and(page.locator("[aria-selected=true]")).waitFor();
  await input.press("Tab");
  expect(await input.inputValue()).toBe('See @"my dir/" now');
  await option(page, "my dir/deep/part-one.ts").waitFor();
  await input.pressSequentially("part");
  await option(page, "my dir/deep/part-one.ts").and(page.locator("[aria-selected=true]")).waitFor();
  const described = await input.getAttribute("aria-activedescendant");
  expect(await page.locator(`#${described}`).textContent()).toContain("part-one.ts");
  await input.press("Enter");
  // Where what is shown was found for fewer letters, it is taken once the answer for these has come.
  const taken = 'See @"my dir/deep/part-one.ts" now';
  await untilAsync(async () => (await input.inputValue()) === taken, "the file is taken");
  expect(await page.getByRole("listbox").count()).toBe(0);
  scene.upstream.script([text("Seen.")]);
  await input.press("Enter");
  const request = await scene.upstream.request(0);
  expect(JSON.stringify(request.body)).toContain("1\\ttext");
  await page.getByText("Seen.").waitFor();
  const chip = page.getByRole("list", { name: "Mentions" }).getByRole("button");
  expect(await chip.innerText()).toContain(`@"my dir/deep/part-one.ts"`);
  await chip.click();
  expect(await page.getByTestId("text-file").locator("pre").textContent()).toContain("1\ttext");
  await page.keyboard.press("Escape");
  await input.pressSequentially("@");
  await option(page, "other.ts").waitFor();
  expect(await page.getByRole("listbox").textContent()).toMatch(
    /^Mentioned beforemy dir\/deep\/part-one\.tsFiles/,
  );
  expect(opened.errors).toEqual([]);
});

test("a name that fits better stands above files, and an Enter of an input method takes nothing", async () => {
  makeFiles();
  for (const name of ["a-complex.ts", "line\na-complex.ts"])
    writeFileSync(join(scene.rein.cwd, name), "text");
  await using opened = await scene.open();
  const { page } = opened;
  const input = page.getByLabel("Message", { exact: true });
  await input.pressSequentially("@compl");
  await option(page, "a-complex.ts").first().waitFor();
  await option(page, "agent:complex").waitFor();
  const words = await page.getByRole("listbox").textContent();
  expect(words).toMatch(/^Subagentsagent:complex.*Filesa-complex\.ts"line\\na-complex\.ts"$/);
  await input.evaluate((field) =>
    field.dispatchEvent(
      new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true }),
    ),
  );
  expect(await input.inputValue()).toBe("@compl");
  await input.press("ArrowDown");
  await input.press("Enter");
  expect(await input.inputValue()).toBe("@a-complex.ts ");
  expect(opened.errors).toEqual([]);
});

test("Tab before the list for what is typed has come waits for it, and Enter too; what is typed meanwhile ends the wait", async () => {
  makeFiles();
  await using opened = await scene.open();
  const { page } = opened;
  let held = Promise.withResolvers<void>();
  await page.route(/directory\/files\?.*query=[^&]/, async (route) => {
    await held.promise;
    await route.continue();
  });
  const input = page.getByLabel("Message", { exact: true });
  for (const key of ["Tab", "Enter"]) {
    await input.fill("");
    await input.pressSequentially("@");
    await option(page, "src/app.ts").waitFor();
    await input.pressSequentially("oth");
    await input.press(key);
    expect(await input.inputValue()).toBe("@oth");
    held.resolve();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "@other.ts ");
    held = Promise.withResolvers();
  }
  await input.fill("");
  await input.pressSequentially("@");
  await option(page, "src/app.ts").waitFor();
  await input.pressSequentially("ot");
  await input.press("Tab");
  await input.pressSequentially("h");
  held.resolve();
  await option(page, "other.ts").and(page.locator("[aria-selected=true]")).waitFor();
  expect(await option(page, "src/app.ts").count()).toBe(0);
  expect(await input.inputValue()).toBe("@oth");
  // A choice that was pointed at is that one, whatever list it is of.
  held = Promise.withResolvers();
  await input.fill("");
  await input.pressSequentially("@");
  await option(page, "src/app.ts").waitFor();
  await input.pressSequentially("o");
  await option(page, "src/app.ts").click();
  expect(await input.inputValue()).toBe("@src/app.ts ");
  held.resolve();
  expect(opened.errors).toEqual([]);
});

test("on a phone a tap takes a choice, and Escape or a word that ends closes the list", async () => {
  makeFiles();
  await using opened = await scene.open({ viewport: phone, hasTouch: true, isMobile: true });
  const { page } = opened;
  const input = page.getByLabel("Message", { exact: true });
  await input.tap();
  await input.pressSequentially("@app");
  await option(page, "src/app.ts").tap();
  expect(await input.inputValue()).toBe("@src/app.ts ");
  await input.pressSequentially("and @res");
  await option(page, "agent:researcher").waitFor();
  await input.press("Escape");
  await page.getByRole("listbox").waitFor({ state: "detached" });
  expect(await input.inputValue()).toBe("@src/app.ts and @res");
  expect(opened.errors).toEqual([]);
});
