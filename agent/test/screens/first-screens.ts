/** The screens before the first message: the empty page, its menus, and the sheets. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { samples } from "../sample-files";
import {
  clear,
  close,
  headerButton,
  newSession,
  openSettings,
  screen,
  type Screen,
  send,
  type Stage,
  variant,
} from "./stage";

export async function* emptyPage(stage: Stage): AsyncGenerator<Screen> {
  const { page, rein } = stage;
  await headerButton(page, /^Model: Claude/).waitFor();
  await page.getByTestId("suggestion").waitFor();
  yield variant("empty-directory");
  writeFileSync(join(rein.cwd, "package.json"), '{"scripts":{"test":"bun test"}}');
  await page.reload();
  await page.getByTestId("suggestion").filter({ hasText: "failing test" }).waitFor();
  yield screen("empty");
  await headerButton(page, /^Model/).click();
  await page.getByRole("option").first().waitFor();
  yield screen("models");
  await close(stage);
  for (const [name, label] of [
    ["permissions-menu", /^Permissions/],
    ["directory", /^Working directory/],
    ["more", /^More/],
  ] as const) {
    await headerButton(page, label).click();
    await page.getByRole("menu").or(page.getByRole("dialog")).first().waitFor();
    if (name === "directory") await page.getByRole("option").first().waitFor();
    yield screen(name);
    await close(stage);
  }
  await page.getByLabel("Message", { exact: true }).fill("/");
  await page.getByRole("listbox").waitFor();
  yield screen("commands");
  await clear(page.getByLabel("Message", { exact: true }));
  const picture = { name: "a.png", mimeType: "image/png", buffer: samples["image/png"] };
  const unknown = { ...picture, name: "b.bin", buffer: Buffer.from([0, 1, 2]) };
  await page.locator("input[type=file]").first().setInputFiles([picture, unknown]);
  await page.locator("[data-testid=attached-file] img").waitFor();
  await page.getByTestId("attached").getByText("Only PNG").waitFor();
  yield screen("attached-files");
  for (const name of ["a.png", "b.bin"])
    await page
      .getByTestId("attached")
      .getByRole("button", { name: `Remove ${name}` })
      .click();
}

export async function* panels(stage: Stage): AsyncGenerator<Screen> {
  const { page } = stage;
  await openSettings(stage);
  yield variant("settings");
  yield* providerForm(stage);
  for (const details of await page.getByTestId("settings").locator("details").all())
    await details.evaluate((one: HTMLDetailsElement) => (one.open = true));
  yield screen("settings-open");
  await close(stage);
  const rule = { effect: "deny", rule: { kind: "command", match: "prefix", command: "git push" } };
  await send(stage, "POST", "/api/rules", rule);
  await headerButton(page, /^Permissions/).click();
  await page.getByRole("menuitem", { name: /^Rules/ }).click();
  await page.getByTestId("permissions").waitFor();
  yield screen("permissions");
  await close(stage);
  await headerButton(page, /^More/).click();
  await page.getByRole("menuitem", { name: /^Shortcuts/ }).click();
  await page.getByTestId("help").waitFor();
  yield screen("help");
  await close(stage);
  await newSession(stage);
}

/** Its port is one that nothing listens on. */
const nowhere = "http://127.0.0.1:9";

async function* providerForm({ page }: Stage): AsyncGenerator<Screen> {
  const providers = page.getByTestId("providers");
  await providers.getByRole("button", { name: "Add a provider" }).click();
  await providers.getByLabel("Service").selectOption("openai");
  const form = providers.getByRole("form", { name: "OpenAI" });
  await form.getByLabel("Key", { exact: true }).fill("a-wrong-key");
  await form.locator("summary").click();
  await form.getByLabel("Address").fill(nowhere);
  yield screen("add-provider");
  await form.getByRole("button", { name: "Test and save" }).click();
  await form.getByTestId("verdict").waitFor();
  yield screen("provider-verdict");
  await form.getByRole("button", { name: "Cancel" }).click();
}
