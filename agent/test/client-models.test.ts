/** A model can be used by its name, where no list has it: from the header, and as the default. */
import { expect, test } from "bun:test";
import type { Models } from "../shared/protocol";
import { untilModelKnown } from "./compaction-scene";
import { phone, withoutEngines } from "./browser";
import { browserScene } from "./scene";
import { text } from "./upstream/upstream";

const scene = browserScene(({ environment, url }) => ({
  OLLAMA_HOST: environment["OLLAMA_HOST"]!,
  // It answers messages, and has no list of models.
  OPENAI_COMPATIBLE_BASE_URL: `${url}/unlisted/v1`,
}));

test("a name that no list has is offered for each provider, and the session uses it", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await withoutEngines(page);
  await page.getByRole("button", { name: /^Model:/ }).click();
  const list = page.getByRole("listbox", { name: "Models" });
  await list.getByRole("option", { name: "chosen:8b" }).waitFor();
  await page.getByText("lists no models at").waitFor();
  const search = page.getByRole("searchbox", { name: "Search models" });
  await search.fill("Chosen:8B-finetune");
  expect(await list.getByRole("option").allTextContents()).toEqual([
    "Use “Chosen:8B-finetune”Ollama",
    "Use “Chosen:8B-finetune”OpenAI-compatible server",
  ]);
  await search.press("Enter");
  await page.getByRole("button", { name: "Model: Chosen:8B-finetune" }).waitFor();
  scene.upstream.script([text("Hello from a model of no list.")]);
  await page.getByLabel("Message", { exact: true }).fill("Hello");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("Hello from a model of no list.").waitFor();
  expect(scene.upstream.requests.at(-1)).toMatchObject({
    wire: "ollama",
    model: "Chosen:8B-finetune",
  });
  // What a list has is not offered twice, and the session's model is in its provider's.
  await page.getByRole("button", { name: /^Model:/ }).click();
  await search.fill("chosen:8b");
  expect(await list.getByRole("option").allTextContents()).toEqual([
    "Chosen:8B-finetune",
    "chosen:8b16.4k",
    "Use “chosen:8b”OpenAI-compatible server",
  ]);
  await search.fill("");
  for (const head of ["Ollama", "Demo (scripted)"])
    await list.getByText(head, { exact: true }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("a provider without a list stays in the menu with a sentence and a way to type a name, which is offered again", async () => {
  await using opened = await scene.open({ viewport: phone, hasTouch: true });
  const { page } = opened;
  await withoutEngines(page);
  const open = () => page.getByRole("button", { name: /^Model:/ }).tap();
  const search = page.getByRole("searchbox", { name: "Search models" });
  await open();
  await page.getByText("lists no models at").waitFor();
  await page.getByText("OpenAI-compatible server", { exact: true }).waitFor();
  await page.getByRole("option", { name: "Type a model’s name…" }).tap();
  await page.locator("[type=search]:focus").waitFor();
  expect(await search.getAttribute("placeholder")).toContain("of OpenAI-compatible server");
  await search.fill("  my own/model  ");
  // No other provider is asked for.
  expect(await page.getByRole("option").allTextContents()).toEqual([
    "Use “my own/model”OpenAI-compatible server",
  ]);
  await page.getByRole("option").tap();
  await page.getByRole("button", { name: "Model: my own/model", exact: true }).waitFor();
  await open();
  await page.getByRole("option", { name: "Scripted demo" }).tap();
  await page.reload();
  await open();
  await page.getByRole("option", { name: "my own/model", exact: true }).tap();
  await page.getByRole("button", { name: "Model: my own/model", exact: true }).waitFor();
  // By a command too, and a name that a list has comes first.
  const message = page.getByLabel("Message", { exact: true });
  await message.fill("/model another-one");
  await page.getByTestId("send").tap();
  await page.getByRole("button", { name: "Model: another-one", exact: true }).waitFor();
  await message.fill("/model chosen");
  await page.getByTestId("send").tap();
  await page.getByRole("button", { name: "Model: chosen:8b", exact: true }).waitFor();
  await message.fill("/model ");
  await page.getByTestId("send").tap();
  await page.getByText("Type the model’s name after /model").waitFor();
  await page.getByRole("button", { name: "Model: chosen:8b", exact: true }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("the default and a role can be a model of no list, typed by keyboard, and stay shown", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await withoutEngines(page);
  await page.getByRole("button", { name: "Settings" }).click();
  const select = page.getByRole("button", { name: /^For new sessions:/ });
  await select.focus();
  await page.keyboard.press("Enter");
  await page.locator("[role=option]:focus").waitFor();
  // The first letters lead to the option, as in any list.
  await page.keyboard.type("Type");
  await page.keyboard.press("Enter");
  await page.locator("[type=search]:focus").waitFor();
  await page.keyboard.type("my-model");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "For new sessions: my-model" }).waitFor();
  await page.getByTestId("role-simple").locator("summary").click();
  await page.getByRole("button", { name: /^Model of subagents for “simple”:/ }).click();
  await page.getByRole("searchbox", { name: "Search models" }).fill("small-one");
  await page.getByRole("option", { name: /OpenAI-compatible server/ }).click();
  await page.getByRole("button", { name: "Model of subagents for “simple”: small-one" }).click();
  await page.getByRole("button", { name: "The session’s own" }).click();
  await page
    .getByRole("button", { name: "Model of subagents for “simple”: The session’s own" })
    .waitFor();
  const { default: chosen, roles } = await scene.rein.json<Models>("/api/models");
  expect([chosen, roles]).toEqual([{ provider: "openai-chat", model: "my-model" }, {}]);
  await page.locator("summary").getByText("OpenAI-compatible server", { exact: true }).click();
  await page.getByTestId("providers").getByText("lists no models at").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Model: my-model" }).click();
  await page.getByRole("option", { name: "my-model", exact: true, selected: true }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("a server that answers late appears in the open list, which keeps the focus", async () => {
  const answered = Promise.withResolvers<void>();
  // Until it is found, the default is another model.
  await untilModelKnown(scene.rein, "chosen:8b");
  await using opened = await scene.open();
  const { page } = opened;
  await withoutEngines(page);
  await page.getByRole("button", { name: "Model: chosen:8b" }).waitFor();
  // What is asked for when the list is opened comes when it is open.
  await page.route("**/api/models", async (route) => {
    const response = await route.fetch();
    const models = (await response.json()) as Models;
    models.providers.at(-1)!.models.push({ provider: "demo", id: "late", name: "Late model" });
    await answered.promise;
    await route.fulfill({ response, json: models });
  });
  await page.getByRole("button", { name: /^Model:/ }).focus();
  await page.keyboard.press("Enter");
  const chosen = page.getByRole("option", { selected: true });
  await page.locator("[role=option]:focus").waitFor();
  const name = await chosen.textContent();
  answered.resolve();
  await page.getByRole("option", { name: "Late model" }).waitFor();
  await page.locator("[role=option]:focus").waitFor();
  expect(await page.locator("[role=option]:focus").textContent()).toBe(name);
  expect(opened.errors).toEqual([]);
});
