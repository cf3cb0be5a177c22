/** The settings page, and how the page shows failures. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { browserScene } from "./scene";
import { http, startRawUpstream } from "./upstream/raw-upstream";
import { failure, text } from "./upstream/upstream";
import { until } from "./within";

const scene = browserScene(() => ({}));

test("a key and an address entered in the settings are used, stored for the owner only, and not shown again", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await enterKey(page);
  expect(await page.getByRole("textbox", { name: "Key" }).inputValue()).toBe("");
  await page.getByRole("button", { name: "Done" }).click();
  // Saving one form keeps what is typed in the others.
  await page.getByRole("button", { name: "Add a provider" }).click();
  await page.getByLabel("Service").selectOption("xAI");
  await page.getByRole("textbox", { name: "Key" }).fill("half a k");
  await chooseDefault(page);
  await page.getByText("Saved", { exact: true }).last().waitFor();
  expect(await page.getByRole("textbox", { name: "Key" }).inputValue()).toBe("half a k");
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

test("what one tab chooses for this browser, its other tabs show at once", async () => {
  await using opened = await scene.open();
  const other = await opened.context.newPage();
  await other.goto(scene.rein.url);
  await other.getByRole("button", { name: "Settings" }).click();
  await opened.page.getByRole("button", { name: "Settings" }).click();
  await opened.page.getByRole("radio", { name: "Dark" }).click();
  await opened.page.getByRole("radio", { name: "18" }).click();
  const asks = (page: Page) => page.getByRole("radiogroup", { name: "Ask before a stop" });
  await asks(opened.page).getByRole("radio", { name: "Always" }).click();
  await other.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  await other.locator("html[style*='font-size: 120%']").waitFor({ state: "attached" });
  for (const name of ["Dark", "18"])
    await other.getByRole("radio", { name, checked: true }).waitFor();
  await asks(other).getByRole("radio", { name: "Always", checked: true }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("a wrong key is reported in the conversation, with a button that opens the settings", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await enterKey(page);
  await chooseDefault(page);
  await page.keyboard.press("Escape");
  scene.upstream.script([failure("authentication")]);
  await send(page);
  await page.getByTestId("failure").getByRole("button", { name: "Open the settings" }).click();
  // The list of models did not need the key.
  await page.locator("summary", { hasText: "Anthropic" }).getByText("Key refused").waitFor();
});

test("the form for a provider says what its test found, saves only what works unless told to, and a test that is given up ends", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  using service = startRawUpstream();
  service.answer(() => ({ pieces: [], keepsOpen: true }));
  await page.getByRole("button", { name: "Model: Scripted demo" }).click();
  await page.getByRole("option", { name: "Scripted demo" }).waitFor();
  expect(await page.getByText("needs a key").count()).toBe(0);
  await page.getByRole("button", { name: "Add a provider…" }).click();
  // The form is open, and by keyboard alone one gets through it.
  await page.locator("select:focus").waitFor();
  await fillForm(page, service.url);
  await page.getByText("Asking Anthropic…").waitFor();
  await until(() => service.requests.length === 1, "the service is asked");
  await page.getByRole("button", { name: "Cancel" }).click();
  await service.requests[0]!.closed;
  const denial = '{"error":{"type":"authentication_error","message":"invalid x-api-key"}}';
  service.answer(() => http(denial, { status: "401 Unauthorized" }));
  await page.getByRole("textbox", { name: "Key" }).press("Enter");
  const verdict = page.getByRole("alert");
  await verdict.getByText("did not accept the key (401)").waitFor();
  const key = page.getByRole("textbox", { name: "Key" });
  await page.locator("input[type=password]:focus[aria-invalid=true]").waitFor();
  const described = (await key.getAttribute("aria-describedby"))!;
  expect(await page.locator(`[id="${described}"]`).textContent()).toContain("Nothing was saved.");
  const settings = join(scene.rein.dataDir, "settings.json");
  expect(existsSync(settings)).toBe(false);
  // Another address takes back what was said of this one.
  await page.getByLabel("Address", { exact: true }).fill("127.0.0.1:1");
  expect(await verdict.count()).toBe(0);
  await key.press("Enter");
  await verdict.getByText("cannot be reached").waitFor();
  await page.locator("[name=baseUrl]:focus").waitFor();
  await page.getByLabel("Address", { exact: true }).fill(service.url);
  await key.press("Enter");
  await verdict.getByText("did not accept the key (401)").waitFor();
  await page.getByRole("button", { name: "Save anyway" }).click();
  await page.getByText("Saved without a test that worked.").waitFor();
  await page.locator("summary", { hasText: "Anthropic" }).getByText("Key refused").waitFor();
  expect(existsSync(settings)).toBe(true);
  // Without a model the page asks for one, and the demo still helps.
  await page.getByRole("button", { name: "For new sessions: Choose a model" }).waitFor();
  await page.keyboard.press("Escape");
  await send(page);
  await page.getByText("Choose a model first: your text is kept.").waitFor();
  await page.getByText("Anthropic did not accept the key").nth(1).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Hello");
  // By no other way either.
  await page.getByLabel("Message", { exact: true }).press("Control+Shift+Enter");
  await page.getByText("Choose a model first: your text is kept.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByLabel("Message", { exact: true }).fill("/nudge go on");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("Choose a model first", { exact: true }).waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("go on");
  await page.getByRole("button", { name: "try the built-in demo" }).click();
  await page.getByTestId("suggestion").first().waitFor();
  expect(await page.getByText("your text is kept").count()).toBe(0);
  await page.getByRole("button", { name: "Model: Scripted demo" }).waitFor();
  // A key that works is told with its models, and the session of the demo gets the first.
  await page.getByRole("button", { name: "Settings" }).click();
  await page.locator("summary", { hasText: "Anthropic" }).click();
  await page.getByText("Custom address").click();
  await page
    .getByLabel("Address", { exact: true })
    .fill(`${scene.upstream.baseUrls.anthropic}/v1/messages`);
  await page.getByRole("button", { name: "Test and save" }).click();
  await page.getByText("The key works: 2 models, Claude Sonnet 4.5, Claude of Tomorrow.").waitFor();
  await page.getByText("This session uses Claude Sonnet 4.5.").waitFor();
  await page.getByRole("button", { name: "Model: Claude Sonnet 4.5" }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.locator("summary", { hasText: "Anthropic" }).click();
  await page.getByRole("button", { name: "Remove the key" }).click();
  await page.locator("summary", { hasText: "Anthropic" }).waitFor({ state: "detached" });
  expect(JSON.parse(readFileSync(settings, "utf8")).providers).toEqual({ anthropic: {} });
  expect(opened.errors.filter((line) => !line.includes("ERR_ABORTED"))).toEqual([]);
});

test("a rate limit shows a countdown, after which the answer comes", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await enterKey(page);
  await chooseDefault(page);
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
  await page.getByLabel("Message", { exact: true }).fill("Who are you?");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("scripted", { exact: false }).first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "More", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as Markdown" }).click();
  const exported = readFileSync(await (await download).path(), "utf8");
  expect(exported).toContain("# Who are you?");
});

/** The first that is listed, by keyboard. */
async function chooseDefault(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^For new sessions:/ }).focus();
  await page.keyboard.press("Enter");
  await page.locator("[role=option]:focus").waitFor();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: /^For new sessions/ }).waitFor({ state: "detached" });
}

async function enterKey(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Add a provider" }).click();
  await fillForm(page, scene.upstream.baseUrls.anthropic);
  await page.getByText("Ready").first().waitFor();
}

async function fillForm(page: Page, baseUrl: string): Promise<void> {
  await page.getByLabel("Service").selectOption("Anthropic");
  await page.getByRole("textbox", { name: "Key" }).fill("a-secret-key");
  await page.getByText("Custom address").click();
  await page.getByLabel("Address", { exact: true }).fill(baseUrl);
  await page.getByRole("button", { name: "Test and save" }).click();
}

async function send(page: Page): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill("Hello");
  await page.getByLabel("Message", { exact: true }).press("Enter");
}
