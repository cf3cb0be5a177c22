/** A cluster in the page: any session is shown and stopped from any machine's page, and what was not delivered is said. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { desktop, launchBrowser, openPage, phone } from "./browser";
import { clusterToken } from "./cluster-node";
import { clusterScene } from "./cluster-scene";
import { type Front, startFront } from "./front";
import { lacksPostgres } from "./postgres";
import type { Rein } from "./rein";
import { hang, makeGate, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a"] });
const node = (name: string) => cluster.node(name);
const skips = lacksPostgres !== "";

/** Between the other machines and b. */
let way: Front;
beforeEach(async () => {
  if (skips) return;
  way = startFront({
    get url() {
      return node("b").rein.url;
    },
    signInAddress: () => node("b").rein.signInAddress(),
  });
  await cluster.add("b", { environment: { REIN_NODE_ADDRESS: way.url } });
});
afterEach(() => way?.[Symbol.asyncDispose]());

/** Requests to b get no answer; its database and its streams stay. */
const cut = () => void (way.instead = () => new Promise<never>(() => {}));
const mend = () => void (way.instead = () => undefined);

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

describe.skipIf(skips)(`on the page of another machine${lacksPostgres}`, () => {
  test("a session is named with its machine, shown as it streams, and stopped with its receipt", async () => {
    cluster.upstream.script([text("One ", makeGate())]);
    const chat = node("b").send();
    await using opened = await openPage(browser, node("a").rein);
    const { page } = opened;
    await rowOf(page, "b").click();
    await page.getByText("One").waitFor();
    await page
      .getByLabel("Working directory: ")
      .and(page.getByTitle(/on machine b$/))
      .waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("receipt").waitFor();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { from: "web" } }]);
    expect(opened.errors).toEqual([]);
  });

  test("a session of a machine that is gone can be read, keeps what is typed, and goes on when it is back", async () => {
    await cluster.add("c");
    cluster.upstream.script([text("One.")], [text("Two.")]);
    await node("c").send().ended;
    await using opened = await openPage(browser, node("a").rein);
    const { page } = opened;
    await rowOf(page, "c").click();
    await page.getByText("One.").waitFor();
    await node("c").kill();
    await page
      .getByTestId("machine-away")
      .getByText(/^Machine c has not answered since/)
      .waitFor();
    await page.getByRole("link", { name: /Its machine does not answer/ }).waitFor();
    const field = page.getByTestId("composer").locator("textarea");
    await field.fill("And more");
    await field.press("Enter");
    await page.getByText("Machine c does not answer: your text is kept.").waitFor();
    await page.reload();
    await page.getByText("One.").waitFor();
    expect(await field.inputValue()).toBe("And more");
    await node("c").start();
    await page.getByTestId("machine-away").waitFor({ state: "detached" });
    await field.press("Enter");
    await page.getByText("Two.").waitFor();
    expect(await field.inputValue()).toBe("");
  });

  test("a stop that its machine does not take waits with its name, and is sent again", async () => {
    cluster.upstream.script([text("One ", makeGate())]);
    const chat = node("b").send();
    await using opened = await openPage(browser, node("a").rein);
    const { page } = opened;
    await rowOf(page, "b").click();
    await page.getByText("One").waitFor();
    cut();
    await page.keyboard.press("Escape");
    const notice = page.getByTestId("notice").filter({ hasText: "Stop of “Do it” not delivered" });
    await notice.getByText(/^Machine b does not answer/).waitFor();
    await notice.getByRole("button", { name: "Take it back" }).waitFor();
    // On a phone its words have a row of their own, above the buttons.
    await page.setViewportSize(phone);
    const words = notice.locator("strong").locator("..");
    await untilAsync(async () => {
      // It is drawn anew when more is known of it.
      const { width } = (await words.boundingBox()) ?? { width: 0 };
      return width > phone.width * 0.8;
    }, "the words are as wide as the phone");
    await page.setViewportSize(desktop);
    expect(await page.getByTestId("receipt").count()).toBe(0);
    mend();
    const again = notice.getByRole("button", { name: "Try again" });
    // The page tries by itself, too: it may be there before the click.
    await Promise.any([again.click({ noWaitAfter: true }), notice.waitFor({ state: "detached" })]);
    await page.getByTestId("receipt").waitFor();
    await notice.waitFor({ state: "detached" });
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "user" } }]);
  });

  test("a stop that waits is delivered as soon as its machine is back, without a wait for the next attempt", async () => {
    cluster.upstream.script([text("One ", makeGate())]);
    const chat = node("b").send();
    await using opened = await openPage(browser, node("a").rein);
    const { page } = opened;
    await page.clock.install();
    await rowOf(page, "b").click();
    await page.getByText("One").waitFor();
    cut();
    await page.keyboard.press("Escape");
    await page.getByTestId("machine-away").waitFor();
    // No attempt of the page's own comes from now on.
    await page.clock.pauseAt(Date.now() + 1_000);
    mend();
    await page.getByTestId("receipt").waitFor();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "user" } }]);
  });

  test("a stop of everything names the machine that it has not reached, and reaches it later", async () => {
    cluster.upstream.script([hang], [hang]);
    const [here, there] = [node("a").send(), node("b").send()];
    for (const chat of [here, there]) await chat.until(({ type }) => type === "run-start");
    await using opened = await openPage(browser, node("a").rein);
    const { page } = opened;
    await rowOf(page, "b").waitFor();
    cut();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Stop everything/ }).click();
    await here.ended;
    const words = "“Stop everything” has not reached machine b";
    const notice = page.getByTestId("notice").filter({ hasText: words });
    await notice.waitFor();
    await page.getByText("Stopped 1 run on the machines that answer").waitFor();
    mend();
    await notice.waitFor({ state: "detached" });
    await there.ended;
    expect(there.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "user" } }]);
  });

  test("a window whose machine is gone says so, and goes on with another that was chosen", async () => {
    cluster.upstream.script([text("I am here.")]);
    await using balancer = startFront({
      get url() {
        return (node("a").isRunning ? node("a") : node("b")).rein.url;
      },
      signInAddress: () => node("a").rein.signInAddress(),
    });
    await using opened = await openPage(browser, balancer.rein as Rein);
    const { page } = opened;
    await page.getByLabel(/^Working directory: .* on machine a$/).waitFor();
    // Known to every machine.
    await page.evaluate((token) => localStorage.setItem("rein.credential", token), clusterToken);
    await node("a").kill();
    const field = page.getByTestId("composer").locator("textarea");
    await field.fill("Where are you?");
    await page.reload();
    const notice = page.getByTestId("notice").filter({ hasText: /^Machine a has not answered/ });
    await notice.getByRole("button", { name: "Go on with machine b" }).click();
    await notice.waitFor({ state: "detached" });
    await page.getByLabel(/^Working directory: .* on machine b$/).waitFor();
    await field.press("Enter");
    await page.getByText("I am here.").waitFor();
  });

  test("a new session works on the machine that was chosen beside the directory", async () => {
    cluster.upstream.script([text("I am here.")]);
    await using opened = await openPage(browser, node("a").rein);
    const { page } = opened;
    await page.getByLabel(/^Working directory: .* on machine a$/).click();
    await page.getByTestId("machine-select").selectOption("b");
    const [cwd] = node("b").rein.cwd.split("/").slice(-1);
    await page.getByRole("button", { name: `Work in ${cwd}` }).click();
    await page.getByLabel(`Working directory: ${node("b").rein.cwd} on machine b`).waitFor();
    const field = page.getByTestId("composer").locator("textarea");
    await field.fill("Where are you?");
    await field.press("Enter");
    await page.getByText("I am here.").waitFor();
    const [session] = (await node("a").rein.sdk.sessions(AbortSignal.timeout(10_000))).sessions;
    expect(session).toMatchObject({ node: "b", cwd: node("b").rein.cwd });
  });
});

function rowOf(page: Page, machine: string) {
  return page.getByRole("link", { name: new RegExp(`Do it.*On machine ${machine}`) });
}
