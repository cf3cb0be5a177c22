/** What the walk through the screens works on, and the steps that its acts share. Each step waits until its effect is seen. */
import type { Locator, Page } from "playwright-core";
import type { Chat, Rein } from "../rein";
import type { Upstream } from "../upstream/upstream";

export interface Stage {
  /** On `rein`, signed in, on the empty page. */
  page: Page;
  rein: Rein;
  /** The only service that `rein` has. */
  upstream: Upstream;
  isTouch: boolean;
}

export interface Screen {
  name: string;
  /** An earlier screen has the same parts, in the same places: a test may leave it out, pictures show it. */
  isVariant: boolean;
}

export const screen = (name: string): Screen => ({ name, isVariant: false });
export const variant = (name: string): Screen => ({ name, isVariant: true });

/** Of the model's service, for a chat that is sent past the page. */
export const scripted = { provider: "anthropic", model: "scripted" } as const;

export function headerButton(page: Page, name: RegExp) {
  return page.locator("main header").getByRole("button", { name });
}

/** Closes the topmost menu, sheet or question: with Escape, or by a tap where a person without keys would. */
export async function close({ page, isTouch }: Stage): Promise<void> {
  if (!isTouch) return page.keyboard.press("Escape");
  const opener = page.locator("[aria-haspopup][aria-expanded=true]");
  if ((await opener.count()) > 0) return opener.click();
  const named = (name: string) => page.getByRole("button", { name, exact: true });
  // A sheet has a Close, a question and a form only Cancel.
  const isSheet = (await named("Close").count()) > 0;
  await named(isSheet ? "Close" : "Cancel")
    .last()
    .click();
}

/** `fill("")` would press Delete: the page would take it for a hardware keyboard. */
export function clear(field: Locator): Promise<void> {
  return field.evaluate((element: HTMLInputElement) => {
    element.value = "";
    element.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
}

export async function openSidebar({ page }: Stage): Promise<void> {
  const button = headerButton(page, /^Sessions/);
  if (await button.isVisible()) await button.click();
}

export async function openSettings(stage: Stage): Promise<void> {
  await openSidebar(stage);
  await stage.page.getByRole("button", { name: "Settings" }).click();
  await stage.page.getByTestId("settings").waitFor();
}

export async function newSession(stage: Stage): Promise<void> {
  await openSidebar(stage);
  await stage.page.getByRole("button", { name: "New session" }).click();
  await stage.page.getByRole("heading", { name: "New session" }).waitFor();
}

export async function say({ page }: Stage, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}

export async function stopRun({ page }: Stage): Promise<void> {
  const receipts = await page.getByTestId("receipt").count();
  await page.getByTestId("stop").click();
  await page.getByTestId("receipt").nth(receipts).waitFor();
}

export async function show({ page, rein }: Stage, chat: Chat): Promise<void> {
  await page.goto(`${rein.url}/s/${chat.sessionId}`);
  await page.getByTestId("message").first().waitFor();
}

export async function send(
  { rein }: Stage,
  method: "POST" | "PUT",
  path: string,
  body: unknown,
): Promise<void> {
  const answer = await rein.fetch(path, { method, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
}
