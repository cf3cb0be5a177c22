/** The settings page, and how the page shows failures. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { browserScene } from "./scene";
import { http, startRawUpstream } from "./upstream/raw-upstream";
import { failure, text } from "./upstream/upstream";

const scene = browserScene(() => ({}));

test("a key and an address entered in the settings are used, stored for the owner only, and not shown again", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await enterKey(page);
  expect(await page.getByRole("textbox", { name: "Key" }).inputValue()).toBe("");
  // Saving one form keeps what is typed in the others.
  await page.locator("summary", { hasText: "xAI" }).click();
  await page.getByRole("textbox", { name: "Key" }).last().fill("half a k");
  await page.getByLabel("For new sessions").selectOption({ index: 0 });
  expect(await page.getByRole("textbox", { name: "Key" }).last().inputValue()).toBe("half a k");
  expect(await page.content()).not.toContain("a-secret-key");
  await page.keyboard.press("Escape");
  scene.upstream.script([text("Hello from scene.upstream.")]);
  await send(page);
  await page.getByText("Hello from scene.upstream.").waitFor();
  expect(scene.upstream.requests[0]!.key).toBe("a-secret-key");
  const kept = readFileSync(join(scene.rein.dataDir, "settings.json"), "utf8");
  expect(JSON.parse(kept)).toMatchObject({ providers: { anthropic: { apiKey: "a-secret-key" } } });
  expect(opened.errors).toEqual([]);
});

test("a wrong key is reported in the conversation, with a button that opens the settings", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await enterKey(page);
  await page.getByLabel("For new sessions").selectOption({ index: 0 });
  await page.keyboard.press("Escape");
  scene.upstream.script([failure("authentication")]);
  await send(page);
  await page.getByTestId("failure").getByRole("button", { name: "Open the settings" }).click();
  // The list of models did not need the key.
  await page.locator("summary", { hasText: "Anthropic" }).getByText("Key refused").waitFor();
});

test("a refused first key is said in its row; without a model the page asks for one, and the demo still helps", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  using refusing = startRawUpstream();
  const denial = '{"error":{"type":"authentication_error","message":"invalid x-api-key"}}';
  refusing.answer(() => http(denial, { status: "401 Unauthorized" }));
  await page.getByRole("button", { name: "Model: Scripted demo" }).click();
  await page.getByRole("option", { name: "Scripted demo" }).waitFor();
  expect(await page.getByText("needs a key").count()).toBe(0);
  await page.getByRole("button", { name: "Add a provider…" }).click();
  await fillForm(page, refusing.url);
  await page.locator("summary", { hasText: "Anthropic" }).getByText("Key refused").waitFor();
  expect(await page.getByLabel("For new sessions").locator("option:checked").textContent()).toBe(
    "Choose a model",
  );
  await page.keyboard.press("Escape");
  await send(page);
  await page.getByText("Choose a model first: your text is kept.").waitFor();
  await page.getByText("Anthropic did not accept the key").nth(1).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.getByLabel("Message").inputValue()).toBe("Hello");
  await page.getByRole("button", { name: "try the built-in demo" }).click();
  await page.getByTestId("suggestion").first().waitFor();
  expect(await page.getByText("Choose a model first").count()).toBe(0);
  await page.getByRole("button", { name: "Model: Scripted demo" }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("a rate limit shows a countdown, after which the answer comes", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await enterKey(page);
  await page.getByLabel("For new sessions").selectOption({ index: 0 });
  await page.keyboard.press("Escape");
  const limited = (seconds: number) =>
    failure("rate-limit", { headers: { "retry-after": String(seconds) } });
  scene.upstream.script([limited(100)]);
  await send(page);
  await page.getByText(/in \d+ s/).waitFor();
  await page.getByText(/in (9[0-8]|[1-8]?\d) s/).waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  scene.upstream.script([limited(0)], [text("At last.")]);
  await send(page);
  await page.getByText("At last.").waitFor();
  expect(await page.getByTestId("retry").count()).toBe(0);
});

test("the export in the page is the conversation as Markdown", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByLabel("Message").fill("Who are you?");
  await page.getByLabel("Message").press("Enter");
  await page.getByText("scripted", { exact: false }).first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "More", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as Markdown" }).click();
  const exported = readFileSync(await (await download).path(), "utf8");
  expect(exported).toContain("# Who are you?");
});

async function enterKey(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await fillForm(page, scene.upstream.baseUrls.anthropic);
  await page.getByText("Ready").first().waitFor();
}

async function fillForm(page: Page, baseUrl: string): Promise<void> {
  await page.locator("summary", { hasText: "Anthropic" }).click();
  await page.getByRole("textbox", { name: "Key" }).fill("a-secret-key");
  await page.getByRole("textbox", { name: "Base URL" }).fill(baseUrl);
  await page.getByRole("button", { name: "Save" }).click();
}

async function send(page: Page): Promise<void> {
  await page.getByLabel("Message").fill("Hello");
  await page.getByLabel("Message").press("Enter");
}
