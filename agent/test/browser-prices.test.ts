/** The page says what something cost, what it does not know of it, and takes a price that the user knows. */
import { expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import type { SettingsRequest } from "../shared/requests";
import type { Opened } from "./browser";
import { browserScene } from "./scene";
import { makeGate, text, toolCall, usage } from "./upstream/upstream";

const scene = browserScene(({ baseUrls }) => ({
  OPENAI_COMPATIBLE_BASE_URL: baseUrls["openai-chat"],
  OPENAI_COMPATIBLE_API_KEY: "scripted-key",
  OPENAI_BASE_URL: baseUrls.openai,
  OPENAI_API_KEY: "scripted-key",
}));

test("a limit in dollars without a price is said before the run, and ends with the price that the user enters", async () => {
  await using opened = await openUnpriced(5);
  const { page } = opened;
  const notice = page.getByTestId("price-notice");
  await notice.getByText("at $10 a million").waitFor();

  scene.upstream.script([text("One."), usage(3000, 400)]);
  await send(page, "Hello");
  await page.getByText("price unknown").first().waitFor();

  await notice.getByRole("button", { name: "Enter a price" }).click();
  const settings = await openForm(page);
  await settings.getByLabel("Read from cache").fill("0.5");
  await settings.getByRole("button", { name: "Save" }).click();
  await settings.getByText("Enter Input and Output too").waitFor();
  expect(await settings.getByLabel("Read from cache").inputValue()).toBe("0.5");
  await settings.getByLabel("Read from cache").fill("");
  await saveAPrice(page);
  await notice.waitFor({ state: "detached" });

  scene.upstream.script([
    text("Two."),
    usage(100_000, 10_000, { cacheReadTokens: 80_000, cacheWriteTokens: 0 }),
  ]);
  await send(page, "Again");
  const header = page.locator("header");
  await header.getByText("$0.12 without 3.4k tokens").waitFor();
  expect(await header.getByText("$0.12").getAttribute("title")).toContain("Output: 10,400 tokens");
  expect(opened.errors).toEqual([]);
});

test("a price is stored under the provider that the form shows, and keeps what was entered before", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  const settings = await openForm(page);
  const save = async (fields: Record<string, string>) => {
    for (const [label, value] of Object.entries(fields))
      await settings.getByLabel(label, { exact: true }).fill(value);
    const isSaved = page.waitForResponse((one) => one.url().endsWith("/api/settings"));
    await settings.getByRole("button", { name: "Save" }).click();
    await isSaved;
  };
  await settings.getByLabel("Provider").selectOption("openai");
  await save({ Model: "first", Input: "1", Output: "2" });
  await settings.getByText("openai/first").waitFor();
  expect(await settings.getByLabel("Provider").inputValue()).toBe("openai");
  await save({ Model: "second", Input: "3", Output: "4" });
  await settings.getByText("openai/second").waitFor();
  await save({ "Window, in tokens": "9500" });
  await settings.getByText("input $3, output $4, window 9.5k").waitFor();
  const { own } = await scene.rein.json<{ own: object }>("/api/models");
  expect(own).toEqual({
    openai: {
      first: { price: { input: 1, output: 2 } },
      second: { price: { input: 3, output: 4 }, contextTokens: 9500 },
    },
  });
  expect(opened.errors).toEqual([]);
});

test("at a limit the question alone says how tokens without a price are counted", async () => {
  await using opened = await openUnpriced(0.01);
  const { page } = opened;
  await page.getByTestId("price-notice").waitFor();
  scene.upstream.script([toolCall("read", { path: "x" }), usage(900, 200)]);
  await send(page, "Hello");
  const question = page.getByTestId("limit-question");
  await question.getByText("counting 1.1k tokens of unknown cost at $10 a million").waitFor();
  // The request took $0.011, and another one like it must fit.
  await question.getByRole("button", { name: "Go on, up to $0.033" }).waitFor();
  const more = question.getByLabel("How many dollars more");
  await more.fill("0.01");
  await question.getByText("At least $0.022: another request like the last one").waitFor();
  await question.getByRole("button", { name: "Go on, up to $0.033" }).waitFor();
  await more.fill("1e300");
  await question.getByText("At most $1,000,000.00 more.").waitFor();
  await question.getByRole("button", { name: "Go on, up to $1,000,000.01" }).waitFor();
  await more.fill("-4");
  await question.getByText("Enter a number above 0.").waitFor();
  expect(await question.getByRole("button", { name: /^Go on/ }).isDisabled()).toBe(true);
  await more.fill("0.1");
  await question.getByRole("button", { name: "Go on, up to $0.111" }).waitFor();
  await question.getByText("Enter a number above 0.").waitFor({ state: "detached" });
  expect(await page.getByTestId("price-notice").count()).toBe(0);
});

test("of a name that was typed the price is said to be unknown before the run, unless it is known", async () => {
  await using opened = await openUnpriced(5);
  const { page } = opened;
  const choose = async (name: string, provider: string) => {
    await page.getByRole("button", { name: /^Model:/ }).click();
    await page.getByRole("searchbox", { name: "Search models" }).fill(name);
    const isAnswered = page.waitForResponse((one) => one.url().includes(`model=${name}`));
    await page.getByRole("option", { name: `Use “${name}” ${provider}`, exact: true }).click();
    await (await isAnswered).finished();
  };
  const notice = page.getByTestId("price-notice");
  // In no list of the scripted service, and in the list of prices.
  await choose("gpt-4.1", "OpenAI");
  await page.getByRole("button", { name: "Model: gpt-4.1" }).waitFor();
  expect(await notice.count()).toBe(0);
  await choose("my-finetune", "OpenAI-compatible server");
  await notice.getByText("The price of my-finetune is not known").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a price that becomes known during a run takes the notice away", async () => {
  await using opened = await openUnpriced(5);
  const { page } = opened;
  const gate = makeGate();
  scene.upstream.script([text("One.", gate)]);
  await send(page, "Hello");
  await gate.reached;
  const notice = page.getByTestId("price-notice");
  await notice.getByText("at $10 a million").waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await openForm(page);
  await saveAPrice(page);
  await notice.waitFor({ state: "detached" });
  gate.open();
  await page.getByTestId("send").waitFor();
});

test("of a service that states its costs, the price is said to count only while it answers", async () => {
  const openrouter = { apiKey: "key", baseUrl: scene.upstream.baseUrls["openai-chat"] };
  await using opened = await openUnpriced(5, {
    providers: { openrouter },
    provider: "openrouter",
    model: "anthropic/unlisted",
  });
  const { page } = opened;
  const words = page
    .getByTestId("price-notice")
    .getByText("at $10 a million while it answers, then the cost that its service states.");
  await words.waitFor();
  const gate = makeGate();
  scene.upstream.script([text("One.", gate), usage(1000, 400, { costUsd: 0.002 })]);
  await send(page, "Hello");
  await gate.reached;
  await page.getByTestId("stop").waitFor();
  await words.waitFor();
  gate.open();
  await page.locator("header").getByText("$0.0020").waitFor();
  await words.waitFor();
});

/** A page on a server whose model has no known price, and whose runs may take so many dollars. */
async function openUnpriced(
  usd: number,
  settings: SettingsRequest = { provider: "openai-chat", model: "local-model" },
): Promise<Opened> {
  const put = (path: string, body: object) =>
    scene.rein.json(path, { method: "PUT", body: JSON.stringify(body) });
  await put("/api/settings", settings);
  await put("/api/limits", { run: { usd } });
  return scene.open();
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.keyboard.press("Enter");
}

/** The prices in the settings, with the form for another one. */
async function openForm(page: Page): Promise<Locator> {
  const settings = page.getByTestId("prices");
  await settings.getByText("Enter a price", { exact: true }).click();
  return settings;
}

/** Saves a price in the open form, and closes the settings. */
async function saveAPrice(page: Page): Promise<void> {
  const settings = page.getByTestId("prices");
  await settings.getByLabel("Input").fill("1");
  await settings.getByLabel("Output").fill("2");
  await settings.getByRole("button", { name: "Save" }).click();
  await settings.getByText("input $1, output $2").waitFor();
  await page.keyboard.press("Escape");
}
