/** The README's picture shows the current product: `bun run picture` takes it again. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { launchBrowser, openPage } from "./browser";
import { startRein } from "./rein";

test("three subagents are stopped at once, as the picture of the README shows", async () => {
  await using rein = await startRein();
  const browser = await launchBrowser();
  const viewport = { width: 1200, height: 720 };
  await using opened = await openPage(browser, rein, { viewport, deviceScaleFactor: 2 });
  const { page } = opened;
  await page.getByRole("button", { name: /^Permissions/ }).click();
  await page.getByRole("menuitemradio", { name: /Allow everything/ }).click();
  await page.getByRole("button", { name: /Three subagents/ }).click();
  // Wait until each card has something to show, a shell among them. A card shows its newest content, whatever that is by now.
  const cards = page.getByTestId("subagent-card");
  for (const [index, shown] of [/done\s*\d/, /\w+ \w+ \w+/, /\w+ \w+ \w+/].entries())
    await cards.nth(index).getByTestId("last-lines").filter({ hasText: shown }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  // The demo runs on its own clock: on a busy machine one subagent may finish before the key is pressed.
  const stopped = await cards.getByText("Stopped").count();
  expect(stopped).toBeGreaterThan(0);
  const words = stopped === 1 ? "1 subagent stopped" : `${stopped} subagents stopped`;
  expect(await page.getByTestId("receipt").textContent()).toContain(words);
  const picture = await page.screenshot();
  expect(picture.length).toBeGreaterThan(20_000);
  if (process.env.REIN_PICTURE) await Bun.write(join(import.meta.dir, "picture.png"), picture);
  expect(opened.errors).toEqual([]);
  await browser.close();
});
