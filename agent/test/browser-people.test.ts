/** The page where people have names: sharing a session, keys of programs, signing in by a service, and what members see. */
import { afterAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { startProvider } from "./oidc-provider";
import { behindProxy, userHeader, visitor } from "./people-scene";
import { anthropicOn, browserScene } from "./scene";
import { hang, text } from "./upstream/upstream";

const provider = startProvider();
afterAll(() => provider[Symbol.asyncDispose]());

const scene = browserScene((upstream) => ({
  ...anthropicOn(upstream),
  ...behindProxy,
  REIN_OIDC_ISSUER: provider.issuer,
  REIN_OIDC_CLIENT_ID: "rein",
  REIN_OIDC_CLIENT_SECRET: "the client's secret",
}));

const never = new AbortController().signal;
const viaAnthropic = { provider: "anthropic", model: "claude-sonnet-4-5" };

test("a link is made with a role and an end, is opened by a member, and is revoked alone", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("Hello.")]);
  await page.getByLabel("Message", { exact: true }).fill("Do it");
  await page.keyboard.press("Enter");
  await page.getByText("Hello.").waitFor();
  await page
    .getByRole("button", { name: /^More for / })
    .first()
    .click();
  await page.getByRole("menuitem", { name: "Share", exact: true }).click();
  const dialog = page.getByTestId("share");
  await dialog.getByRole("combobox").selectOption("steer");
  await dialog.locator("input[type=date]").fill("2099-12-31");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const address = await dialog.getByLabel("The new link").inputValue();
  expect(address).toContain("#share=");
  await dialog.getByRole("button", { name: "Make a link" }).click();
  const revokes = dialog.getByRole("button", { name: "Revoke" });
  await revokes.nth(1).waitFor();
  const context = await opened.context
    .browser()!
    .newContext({ extraHTTPHeaders: { [userHeader]: "anna" } });
  const member = await context.newPage();
  await member.goto(address);
  await member.getByText("Hello.").waitFor();
  await member.getByRole("button", { name: "Settings" }).first().click();
  await member.getByTestId("settings").getByRole("heading", { name: "API keys" }).waitFor();
  const headings = await member.getByTestId("settings").locator("h3").allTextContents();
  for (const name of ["Schedules", "Hooks", "Language servers", "People"])
    expect(headings).not.toContain(name);
  await member.keyboard.press("Control+k");
  const found = member.getByTestId("palette");
  await found.getByRole("combobox").fill(">api keys");
  await found.getByRole("option", { name: /^API keys/ }).waitFor();
  await found.getByRole("combobox").fill(">people");
  await found.getByText("API keys").waitFor({ state: "detached" });
  expect(await found.getByRole("option", { name: /^People/ }).count()).toBe(0);
  await member.keyboard.press("Escape");
  const keys = member.getByTestId("api-keys");
  await keys.getByLabel("What the key is for").fill("ci");
  await keys.getByRole("button", { name: "Make a key" }).click();
  expect(await keys.locator("input[readonly]").inputValue()).toStartWith("rein_");
  await keys.getByRole("button", { name: "Revoke ci" }).click();
  await keys.getByRole("button", { name: "Revoke ci" }).waitFor({ state: "detached" });
  await revokes.first().click();
  await revokes.nth(1).waitFor({ state: "detached" });
  await context.close();
});

test("a page whose link is revoked while a run goes on offers no stop of that run any more", async () => {
  const olga = visitor(scene.rein, { credential: scene.rein.token });
  scene.upstream.script([text("Of olga."), hang]);
  const theirs = olga.chat({ ...viaAnthropic, message: "Not theirs for long" });
  await theirs.until(({ type }) => type === "part-delta");
  await using opened = await scene.open();
  const context = await opened.context
    .browser()!
    .newContext({ extraHTTPHeaders: { [userHeader]: "anna" } });
  const page = await context.newPage();
  const open = async (role: "steer" | "watch") => {
    const shared = await olga.sdk.share(theirs.sessionId, { role }, never);
    // From the same page only the part behind “#” would change.
    await page.goto("about:blank");
    await page.goto(`${scene.rein.url}/s/${theirs.sessionId}#share=${shared.token}`);
    await page.getByText("Of olga.").waitFor();
    return shared.link;
  };
  const field = page.getByTestId("composer").locator("textarea");
  const first = await open("steer");
  await field.fill("Not sent yet");
  await olga.sdk.revokeLink(theirs.sessionId, first.id, never);
  await page.getByText("Session not found").waitFor();
  const link = await open("watch");
  await page.getByTestId("stop").waitFor();
  // Who may only watch is offered nothing that would be refused.
  await page.getByPlaceholder("You may read and stop this").waitFor();
  expect(await field.isEditable()).toBe(false);
  await field.press("Enter");
  expect([await field.inputValue(), await page.getByTestId("ways").count()]).toEqual([
    "Not sent yet",
    0,
  ]);
  for (const name of [/^Pause/, /^Nudge/, /^Attach/])
    expect(await page.getByRole("button", { name }).count()).toBe(0);
  await olga.sdk.revokeLink(theirs.sessionId, link.id, never);
  await page.getByText("Session not found").waitFor();
  await page.getByTestId("stop").waitFor({ state: "detached" });
  await context.close();
  await olga.sdk.stopRun(theirs.runId, never);
});

test("the history of stops says who stopped, and is filtered by person", async () => {
  for (const name of ["anna", "bob"]) {
    const requests = scene.upstream.requests.length;
    scene.upstream.script([hang]);
    const chat = visitor(scene.rein, { name }).chat({ ...viaAnthropic, message: `Of ${name}` });
    await chat.until(({ type }) => type === "run-start");
    await scene.upstream.request(requests);
    await visitor(scene.rein, { name }).sdk.stopSession(chat.sessionId, {}, never);
    await chat.ended;
  }
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByRole("button", { name: "Stops", exact: true }).click();
  const rows = page.getByTestId("stop-row");
  await rows.filter({ hasText: "Stopped by anna" }).waitFor();
  await page.getByRole("combobox", { name: "By" }).selectOption({ label: "bob" });
  await rows.filter({ hasText: "Stopped by anna" }).waitFor({ state: "detached" });
  expect(await rows.filter({ hasText: "Stopped by bob" }).count()).toBe(1);
  await page.getByRole("combobox", { name: "By" }).selectOption({ label: "anna" });
  await rows.filter({ hasText: "Stopped by anna" }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("the button of the service signs a person in", async () => {
  await using opened = await scene.open();
  const context = await opened.context.browser()!.newContext();
  const page = await context.newPage();
  await page.goto(scene.rein.url);
  await page.getByRole("button", { name: /^Sign in with / }).click();
  await page.getByTestId("composer").waitFor();
  await context.close();
});

test("what one person typed and saw is not shown to the next one who signs in, in each tab", async () => {
  await using opened = await scene.open();
  const tokenOf = async (name: string) => {
    const init = { method: "POST", headers: { [userHeader]: name } };
    const answer = await fetch(`${scene.rein.url}/api/sign-ins/token`, init);
    return ((await answer.json()) as { token: string }).token;
  };
  const context = await opened.context.browser()!.newContext();
  const page = await context.newPage();
  await page.goto(`${scene.rein.url}/#token=${await tokenOf("carla")}`);
  const message = page.getByLabel("Message", { exact: true });
  scene.upstream.script([text("Only for carla.")]);
  await message.fill("A question of carla's");
  await page.keyboard.press("Enter");
  await page.getByText("Only for carla.").waitFor();
  await message.fill("A draft of carla's");
  // Who follows a link of another person's stays who they are, and is told so.
  const address = `${scene.rein.url}/#token=${await tokenOf("dora")}`;
  await page.evaluate((hash) => (location.hash = hash), new URL(address).hash);
  await page.getByText("This browser was not signed in anew").waitFor();
  expect(await message.inputValue()).toBe("A draft of carla's");
  const other = await context.newPage();
  await other.goto(scene.rein.url);
  await other.getByTestId("composer").waitFor();
  await other.evaluate(async () => {
    const Authorization = `Bearer ${localStorage.getItem("rein.credential")}`;
    await fetch("/api/sign-ins", { method: "DELETE", headers: { Authorization } });
  });
  await page.getByRole("button", { name: /^Sign in with / }).waitFor();
  await other.getByRole("button", { name: /^Sign in with / }).waitFor();
  await other.goto(`${scene.rein.url}/#token=${await tokenOf("dora")}`);
  for (const tab of [other, page]) {
    await tab.getByTestId("composer").waitFor();
    expect(await tab.getByText("carla").count()).toBe(0);
    const kept = await tab.evaluate(() => JSON.stringify([sessionStorage, localStorage]));
    expect(kept).not.toContain("carla");
  }
  await context.close();
});

test("the side bar names who began a session to everybody but that person", async () => {
  await using opened = await scene.open();
  scene.upstream.script([text("Hello.")]);
  const chat = visitor(scene.rein, { name: "erna" }).chat({
    message: "A question of erna's",
    provider: "anthropic",
    model: "claude-of-tomorrow",
  });
  await chat.ended;
  const row = (page: Page) => page.getByRole("link", { name: /A question of erna's/ });
  await row(opened.page).getByTitle("Begun by erna").waitFor();
  const init = { method: "POST", headers: { [userHeader]: "erna" } };
  const answer = await fetch(`${scene.rein.url}/api/sign-ins/token`, init);
  const { token } = (await answer.json()) as { token: string };
  const context = await opened.context.browser()!.newContext();
  const page = await context.newPage();
  await page.goto(`${scene.rein.url}/#token=${token}`);
  await row(page).waitFor();
  expect(await row(page).getByTitle("Begun by erna").count()).toBe(0);
  await context.close();
});
