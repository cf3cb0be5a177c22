/** Signing in and out in a real browser: the address, the form, several tabs and browsers, and a browser without storage. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Page, Route } from "playwright-core";
import { startRein } from "./rein";
import { anthropicOn, browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();

test("the printed address signs a browser in once, and its token is gone from the address bar and the history", async () => {
  await using opened = await scene.open();
  const context = await opened.context.browser()!.newContext();
  const page = await context.newPage();
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.url(), request.headers()["referer"] ?? ""));
  // Not /stops, which makes an entry of its own when it is first opened.
  await page.goto(`${scene.rein.url}/s/none`);
  await page.getByTestId("sign-in").waitFor();
  await page.goto(scene.rein.printedAddress);
  await page.getByTestId("composer").waitFor();
  expect(page.url()).toBe(`${scene.rein.url}/`);
  expect(sent.join("\n")).not.toContain("token");
  await page.goBack();
  await page.goForward();
  expect(page.url()).not.toContain("token");
  const second = await opened.context.browser()!.newContext();
  const late = await second.newPage();
  await late.goto(scene.rein.printedAddress);
  await late.getByText("used before").waitFor();
  await Promise.all([context.close(), second.close()]);
});

test("a browser that is not signed in is asked, and accepts an address or the script token", async () => {
  await using opened = await scene.open();
  for (const pasted of [` ${await scene.rein.signInAddress()} `, scene.rein.token]) {
    const context = await opened.context.browser()!.newContext({ colorScheme: "dark" });
    const page = await context.newPage();
    const violations = failuresOf(page);
    await page.goto(`${scene.rein.url}/stops`);
    await enter(page, "wrong");
    await page.getByText("This token is wrong").waitFor();
    await enter(page, pasted);
    await page.getByTestId("composer").waitFor();
    expect(page.url()).toBe(`${scene.rein.url}/stops`);
    expect(violations).toEqual([]);
    await context.close();
  }
});

test("signed out during a run, the page keeps the typed text, and goes on after signing in again", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const gate = makeGate();
  scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
  await page.getByLabel("Message", { exact: true }).fill("Do it");
  await page.keyboard.press("Enter");
  await page.getByText("The answer is").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("half a thought");
  await scene.rein.json("/api/sign-ins", { method: "DELETE" });
  await page.getByTestId("sign-in").waitFor();
  // Nothing of the conversation is left on the screen.
  expect(await page.getByText("The answer is").count()).toBe(0);
  await enter(page, await scene.rein.signInAddress());
  await page.getByText("The answer is").waitFor();
  gate.open();
  await page.getByText("forty-two.").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a thought");
});

test("a message that is refused because of the sign-in comes back to the input", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const withWrongOne = (route: Route) =>
    route.continue({
      headers: { ...route.request().headers(), authorization: "Bearer no-longer-valid" },
    });
  await page.route("**/api/chat*", withWrongOne);
  await page.getByLabel("Message", { exact: true }).fill("Kept");
  await page.keyboard.press("Enter");
  await page.getByTestId("sign-in").waitFor();
  await enter(page, await scene.rein.signInAddress());
  await page.getByTestId("composer").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Kept");
});

test("the tabs of a browser sign out and in together", async () => {
  await using opened = await scene.open();
  const { page, context } = opened;
  const other = await context.newPage();
  await other.goto(scene.rein.url);
  await other.getByTestId("composer").waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Sign out this browser" }).click();
  for (const tab of [page, other]) await tab.getByTestId("sign-in").waitFor();
  await enter(other, await scene.rein.signInAddress());
  for (const tab of [page, other]) await tab.getByTestId("composer").waitFor();
});

test("the settings show an address for another browser, list both, and sign the other out", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Sign in another browser" }).click();
  const address = await page.getByRole("textbox", { name: "Sign-in address" }).inputValue();
  const context = await opened.context.browser()!.newContext({ userAgent: "A Firefox on Windows" });
  const other = await context.newPage();
  await other.goto(address);
  await other.getByTestId("composer").waitFor();
  await reopenSettings(page);
  const list = page.getByTestId("sign-ins");
  await list.getByText("Firefox on Windows").waitFor();
  expect(await list.getByText("(this browser)").count()).toBe(1);
  expect(await list.getByText(/signed in .*\d:\d\d/).count()).toBe(2);
  await list.getByRole("button", { name: "Sign out Firefox on Windows" }).click();
  await other.getByTestId("sign-in").waitFor();
  await list.getByText("Firefox on Windows").waitFor({ state: "detached" });
  // A used address in a page that is signed in has no effect, and is no matter after it has signed out.
  const refused = page.waitForResponse((response) => response.status() === 401);
  await page.evaluate((used) => (location.href = used), address);
  await refused;
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: "Sign out everywhere" })
    .last()
    .click();
  await page.getByRole("status").getByText("You signed out.").waitFor();
  expect(await page.getByRole("alert").textContent()).toBe("");
  await context.close();
});

test("a browser that was signed in before an update is told so, and its typed text is kept", async () => {
  await using opened = await scene.open();
  // The page of that version had no service worker, which keeps what the server says of the page.
  const options = { serviceWorkers: "block" } as const;
  const context = await opened.context.browser()!.newContext(options);
  const page = await context.newPage();
  await page.goto(scene.rein.url);
  await page.getByTestId("sign-in").waitFor();
  expect(await page.getByText("Rein was updated").count()).toBe(0);
  // As the page of the earlier version leaves it, which reloads when its cookie is refused.
  await page.evaluate(() => sessionStorage.setItem("rein.text.new", "half a thought"));
  const { port } = new URL(scene.rein.url);
  await context.addCookies([{ name: `rein_${port}`, value: "x", url: scene.rein.url }]);
  await page.reload();
  await page.getByText("Rein was updated: sign in once more.").waitFor();
  await enter(page, await scene.rein.signInAddress());
  await page.getByTestId("composer").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a thought");
  await context.close();
});

test("without storage the page works until it is closed", async () => {
  await using opened = await scene.open();
  const context = await opened.context.browser()!.newContext();
  await context.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException("denied", "SecurityError");
        },
      });
  });
  const page = await context.newPage();
  const failures = failuresOf(page);
  await page.goto(await scene.rein.signInAddress());
  await page.getByTestId("composer").waitFor();
  scene.upstream.script([text("Hello.")]);
  await page.getByLabel("Message", { exact: true }).fill("hi");
  await page.keyboard.press("Enter");
  await page.getByText("Hello.").waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("radio", { name: "Dark" }).click();
  expect(failures).toEqual([]);
  await context.close();
});

test("a server with a new data directory asks the page to sign in", async () => {
  const environment = anthropicOn(scene.upstream);
  const first = await startRein({ environment });
  const { port } = new URL(first.url);
  await using opened = await scene.open();
  const { page } = opened;
  await page.goto(await first.signInAddress());
  await page.getByTestId("composer").waitFor();
  await first[Symbol.asyncDispose]();
  await using second = await startRein({ environment: { ...environment, PORT: port } });
  await page.getByTestId("sign-in").waitFor();
  await enter(page, second.printedAddress);
  await page.getByTestId("composer").waitFor();
});

test("the exports of the stops are saved as files", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await page.goto(`${scene.rein.url}/stops`);
  for (const [name, file, start] of [
    ["CSV", "stops.csv", "asked_at,"],
    ["JSON", "stops.json", '{"stops":'],
  ] as const) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name }).click();
    const saved = await download;
    expect(saved.suggestedFilename()).toBe(file);
    expect(readFileSync(await saved.path(), "utf8")).toStartWith(start);
  }
});

async function enter(page: Page, token: string): Promise<void> {
  await page.getByLabel("Address or token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function reopenSettings(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await page.getByTestId("settings").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Settings" }).click();
}

/** What the page throws, and what its policy refuses. The browser itself logs each answer of 401. */
function failuresOf(page: Page): string[] {
  const found: string[] = [];
  page.on("pageerror", (error) => found.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("401")) found.push(message.text());
  });
  return found;
}
