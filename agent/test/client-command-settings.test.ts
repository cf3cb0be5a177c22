/** The settings of commands: what the page shows is what the next command gets, and the permission switch says it too. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { CommandsAnswer } from "../shared/protocol";
import { anthropicOn, browserScene } from "./scene";
import { untilAsync } from "./within";

const scene = browserScene((upstream) => ({
  ...anthropicOn(upstream),
  REIN_SANDBOX: "",
  A_TOKEN_OF_MINE: "a-value",
}));

const answer = () => scene.rein.json<CommandsAnswer>("/api/commands");

const sizes = { desktop: { width: 1200, height: 800 }, phone: { width: 375, height: 740 } };

for (const [size, viewport] of Object.entries(sizes))
  test(`sandbox, network and variables are changed on the settings page (${size})`, async () => {
    await using opened = await scene.open({ viewport });
    const { page } = opened;
    const section = await openSettings(page, size);
    if ((await answer()).sandboxWorks) {
      await section.getByRole("radio", { name: "Domains" }).check({ force: true });
      const domains = section.getByLabel("Domains that commands reach");
      // Nothing holds before it is saved: an empty list would be no network.
      await domains.waitFor();
      expect((await answer()).network).toBe("on");
      await domains.fill("example.com\n10.0.0.1");
      await section.getByRole("button", { name: "Save" }).click();
      await section.getByText("Expected on, off, or domains").waitFor();
      await domains.fill("example.com\n*.example.org");
      await section.getByRole("button", { name: "Save" }).click();
      await section.getByRole("button", { name: "Save" }).waitFor({ state: "detached" });
      expect((await answer()).network).toEqual(["example.com", "*.example.org"]);
      // A list needs the sandbox: that is said, and the switch stays where it was.
      await section.getByRole("radio", { name: "Off" }).first().click({ force: true });
      await section.getByText("Without the sandbox the network of commands").waitFor();
      const sandbox = section.getByRole("radiogroup", { name: "Sandbox" });
      expect(await sandbox.getByRole("radio", { name: "Auto" }).isChecked()).toBe(true);
      await section.getByRole("radio", { name: "On", exact: true }).check({ force: true });
      await domains.waitFor({ state: "hidden" });
      expect((await answer()).network).toBe("on");
      // Chosen again, the list is still there, and one click away.
      await section.getByRole("radio", { name: "Domains" }).check({ force: true });
      expect(await domains.inputValue()).toBe("example.com\n*.example.org");
      await section.getByRole("button", { name: "Save" }).click();
      await section.getByRole("button", { name: "Save" }).waitFor({ state: "detached" });
      expect((await answer()).network).toEqual(["example.com", "*.example.org"]);
      await section.getByRole("radio", { name: "On", exact: true }).check({ force: true });
      await domains.waitFor({ state: "hidden" });
    }
    await section.getByText(/variables of the server are not passed/).click();
    await section.getByText("A_TOKEN_OF_MINE").waitFor();
    await section.getByLabel("Further variables for commands").fill("A_TOKEN_OF_MINE");
    await section.getByRole("button", { name: "Save" }).click();
    await section.getByText("A_TOKEN_OF_MINE").waitFor({ state: "detached" });
    expect((await answer()).environment).toEqual(["A_TOKEN_OF_MINE"]);
    expect(await page.content()).not.toContain("a-value");
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(isWide).toBe(false);
    expect(opened.errors.filter((error) => !error.includes("400"))).toEqual([]);
  });

test("what a command may use is chosen on the settings page, and a wrong amount is refused", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const section = await openSettings(page, "desktop");
  const group = (name: string) => section.getByRole("radiogroup", { name });
  await group("Memory of a command").getByRole("radio", { name: "Amount" }).check({ force: true });
  const memory = section.getByLabel("Memory of a command, in GB");
  await memory.fill("0.001");
  await memory.press("Tab");
  await section.getByText(/at least 64 MB/).waitFor();
  expect((await answer()).jobMemory).toBe("auto");
  await memory.fill("1.5");
  await memory.press("Tab");
  await section.getByText(/at least 64 MB/).waitFor({ state: "detached" });
  expect((await answer()).jobMemory).toBe(1.5 * 1024 ** 3);
  await group("Processes of a command")
    .getByRole("radio", { name: "No limit" })
    .check({ force: true });
  await untilAsync(async () => (await answer()).jobProcesses === "none", "no limit");
  await group("Memory of a command").getByRole("radio", { name: "Auto" }).check({ force: true });
  await memory.waitFor({ state: "detached" });
  expect((await answer()).jobMemory).toBe("auto");
});

test("the permission switch says when commands run without a sandbox", async () => {
  await scene.rein.json("/api/commands", {
    method: "PUT",
    body: JSON.stringify({ sandbox: "off" }),
  });
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByRole("button", { name: /^Permissions/ }).click();
  await page.getByText("On this server commands run without a sandbox.").waitFor();
});

async function openSettings(page: Page, size: string) {
  if (size === "phone") {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Settings" }).click();
  } else await page.getByRole("button", { name: "Settings" }).click();
  const section = page.getByTestId("commands");
  await section.getByLabel("Further variables for commands").waitFor();
  return section;
}
