/** The language of the page: the browser's own or the chosen one, followed at once and by every tab, and English when it cannot be had. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();

test("the page is in the language of the browser, and changes it while a run streams, in every tab", async () => {
  await using opened = await scene.open({ locale: "de-DE" });
  const { page, context } = opened;
  const gate = makeGate();
  scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
  await isIn(page, "de", "Neue Sitzung");
  const field = page.getByTestId("composer").locator("textarea");
  await field.fill("Do it");
  await field.press("Enter");
  // Gone with the page when it is loaded anew.
  const answer = page.getByTestId("message").filter({ hasText: "The answer is" });
  await answer.waitFor();
  const shown = await answer.elementHandle();
  await field.fill("half a thought");
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByText("The answer is").waitFor();
  await isIn(other, "de", "Neue Sitzung");

  await page.getByRole("button", { name: "Einstellungen" }).first().click();
  await page.getByRole("radiogroup", { name: "Sprache" }).getByLabel("English").check();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  for (const tab of [page, other]) await isIn(tab, "en", "New session");
  await page.getByRole("radiogroup", { name: "Language" }).getByLabel("Deutsch").check();
  await page.getByRole("heading", { name: "Einstellungen" }).waitFor();
  for (const tab of [page, other]) await isIn(tab, "de", "Neue Sitzung");
  await page.getByRole("radiogroup", { name: "Sprache" }).getByLabel("English").check();
  await page.keyboard.press("Escape");

  expect(await shown.evaluate((element) => element.isConnected)).toBe(true);
  gate.open();
  await page.getByText("The answer is forty-two.").waitFor();
  expect(await field.inputValue()).toBe("half a thought");
  await page.reload();
  await page.getByText("The answer is forty-two.").waitFor();
  await isIn(page, "en", "New session");
  expect(opened.errors).toEqual([]);
});

test("who is not signed in reads the language of the browser too, in a variety of it", async () => {
  await using opened = await scene.open();
  const context = await opened.context.browser()!.newContext({ locale: "de-AT" });
  const page = await context.newPage();
  await page.goto(scene.rein.url);
  await page.getByRole("heading", { name: "Bei Rein anmelden" }).waitFor();
  expect(await page.title()).toBe("Anmelden · Rein");
  await context.close();
});

test("a language that cannot be loaded leaves the page in English, which says so and works", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.route("**/assets/de-*.js", (route) => route.abort());
  await page.getByRole("button", { name: "Settings" }).first().click();
  await page.getByRole("radiogroup", { name: "Language" }).getByLabel("Deutsch").check();
  await page.getByRole("alert").getByText("Deutsch could not be loaded").waitFor();
  await page.keyboard.press("Escape");
  await isIn(page, "en", "New session");
  scene.upstream.script([text("Hello.")]);
  await page.getByLabel("Message", { exact: true }).fill("Do it");
  await page.keyboard.press("Enter");
  await page.getByText("Hello.").waitFor();
  await page.unroute("**/assets/de-*.js");
  await page.reload();
  await isIn(page, "de", "Neue Sitzung");
  expect(opened.errors.filter((one) => !one.includes("ERR_FAILED"))).toEqual([]);
});

async function isIn(page: Page, language: string, button: string): Promise<void> {
  await page.locator(`html[lang=${language}]`).waitFor();
  await page.getByRole("button", { name: button, exact: true }).waitFor();
}
