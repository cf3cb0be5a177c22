/** The settings say what the server's machine allows, with what mends the rest, by keyboard and on a phone too. */
import { expect, test } from "bun:test";
import type { MachineAnswer } from "../shared/protocol";
import { axeFaults } from "./axe";
import { browserScene } from "./scene";

const scene = browserScene();

const command = "sudo apt-get install bubblewrap";
const findings: MachineAnswer["findings"] = [
  { about: "Rein", state: "ok", words: "0.1.0 from its sources" },
  { about: "Sandbox", state: "missing", words: "none works", advice: "Install it", command },
  { about: "Stop", state: "broken", words: "it cannot be proven \u001b[31mred" },
];

for (const width of [1280, 390])
  test(`each finding is there with its state and its command, and the command is copied (${width})`, async () => {
    await using opened = await scene.open({
      viewport: { width, height: 844 },
      reducedMotion: "reduce",
    });
    const { page } = opened;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.route("**/api/machine", (route) => route.fulfill({ json: { findings } }));
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette").getByRole("combobox").fill("This machine");
    await page.getByRole("option", { name: /This machine/ }).waitFor();
    await page.keyboard.press("Enter");
    const section = page.getByTestId("machine");
    const rows = section.getByRole("listitem");
    await rows.nth(2).waitFor();
    await rows.nth(0).getByRole("img", { name: "works" }).waitFor();
    await rows.nth(1).getByRole("img", { name: "not there" }).waitFor();
    await rows.nth(2).getByRole("img", { name: "does not work" }).waitFor();
    expect(await rows.nth(1).textContent()).toContain("Install it");
    await rows.nth(1).getByRole("button", { name: "Copy the command" }).focus();
    await page.keyboard.press("Enter");
    await rows.nth(1).getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(isWide).toBe(false);
    expect(await axeFaults(page)).toEqual([]);
  });

test("a page in German shows what the server finds in German", async () => {
  await using opened = await scene.open({ locale: "de-DE" });
  const { page } = opened;
  await page.getByRole("button", { name: "Einstellungen" }).first().click();
  const section = page.getByTestId("machine");
  await section.getByText("alles ist gespeichert").waitFor();
  const words = await section.getByRole("listitem").allTextContents();
  expect(words.filter((one) => / (?:the|not|of|with|is|by|per) /.test(one))).toEqual([]);
});

test("it is looked at again, and what cannot be loaded is said", async () => {
  await using opened = await scene.open({});
  const { page } = opened;
  let asked = 0;
  await page.route("**/api/machine", (route) =>
    ++asked === 1
      ? route.fulfill({ status: 500, json: { error: { code: "internal", message: "No." } } })
      : route.fulfill({ json: { findings } }),
  );
  await page.getByRole("button", { name: "Settings" }).click();
  const section = page.getByTestId("machine");
  await section.getByText("could not be loaded").waitFor();
  await section.getByRole("button", { name: "Look again" }).click();
  await section.getByText("Install it").waitFor();
});
