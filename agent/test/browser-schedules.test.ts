/** Schedules in the settings: added, run, edited, paused and removed, with how the last run went and what was missed. */
import { expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { screenSizes } from "./browser";
import { fitFaults } from "./page-fit";
import { browserScene } from "./scene";
import { text } from "./upstream/upstream";

const scene = browserScene();

function directory() {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-scheduled-")));
  return { cwd, [Symbol.dispose]: () => rmSync(cwd, { recursive: true, force: true }) };
}

async function openSchedules(page: Page) {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Schedules" }).click();
  return page.getByTestId("schedules");
}

test("a schedule is added, run now, edited, paused and removed, and its last run is opened", async () => {
  using place = directory();
  scene.upstream.script([text("All is well.")]);
  await using opened = await scene.open();
  const { page } = opened;
  const section = await openSchedules(page);
  await section.getByText("None yet.").waitFor();
  await section.getByRole("button", { name: "Add a schedule" }).click();
  const form = section.getByRole("form", { name: "New schedule" });
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Give it a name.").waitFor();
  await form.getByLabel("Name").fill("Morning look");
  await form.getByLabel("What is sent").fill("Look at the project.");
  await form.getByLabel("Directory").fill(place.cwd);
  await form.getByLabel("Minute, hour, day").fill("61 9 * * *");
  await form.getByRole("button", { name: "Save" }).click();
  // What the server says of it.
  await form.getByText(/61 9 \* \* \*/).waitFor();
  await form.getByLabel("Minute, hour, day").fill("0 9 * * 1-5");
  await form.getByLabel("Time zone").fill("Europe/Berlin");
  await form.getByRole("button", { name: "Save" }).click();
  const row = section.getByTestId("schedule-Morning look");
  await row.getByText("0 9 * * 1-5 (Europe/Berlin)").waitFor();
  await row.getByText(/^Next: /).waitFor();
  await row.locator("summary").click();
  await row.getByRole("button", { name: "Run Morning look now" }).click();
  await row.getByText(/^Last: done/).waitFor();
  await row.getByRole("button", { name: "Edit Morning look" }).click();
  const edit = row.getByRole("form", { name: "Morning look" });
  expect(await edit.getByLabel("Minute, hour, day").inputValue()).toBe("0 9 * * 1-5");
  await edit.getByRole("radio", { name: "Again and again" }).check();
  await edit.getByLabel("Every how many minutes").fill("120");
  await edit.getByRole("button", { name: "Save" }).click();
  await row.getByText("Every 2 hours").waitFor();
  await row.getByRole("button", { name: "Pause Morning look" }).click();
  await row.locator("summary").getByText("paused").waitFor();
  await row.getByRole("button", { name: "Open its session" }).click();
  await page.getByText("All is well.").waitFor();
  await openSchedules(page);
  await row.locator("summary").click();
  await row.getByRole("button", { name: "Remove Morning look" }).click();
  await row.waitFor({ state: "detached" });
  expect(opened.errors.filter((one) => !one.includes("400"))).toEqual([]);
});

test("an open list follows what another page does, on a phone", async () => {
  using place = directory();
  scene.upstream.script([text("All is well.")]);
  await using opened = await scene.open(screenSizes.phone);
  const { page } = opened;
  const section = await openSchedules(page);
  await section.getByText("None yet.").waitFor();
  const message = "a\u202Eb";
  const fields = { name: "Look", message, cwd: place.cwd, when: { everyMinutes: 90 } };
  const added = await scene.rein.fetch("/api/schedules", {
    method: "POST",
    body: JSON.stringify(fields),
  });
  const { id } = (await added.json()) as { id: string };
  await section.getByText("Every 90 minutes").waitFor();
  await section.locator("summary").click();
  await section.locator("[data-mark]").waitFor();
  await section.getByText("what would be asked is denied, since nobody is there").waitFor();
  expect(await fitFaults(page, [])).toEqual([]);
  await scene.rein.fetch(`/api/schedules/${id}`, { method: "DELETE" });
  await section.getByText("None yet.").waitFor();
  expect(opened.errors).toEqual([]);
});
