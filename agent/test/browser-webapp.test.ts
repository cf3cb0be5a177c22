/** The page as an app: it opens without its server, its worker notifies, and the server pushes to a browser that shows no page. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, CDPSession, Page } from "playwright-core";
import { launchBrowser, type Opened, openPage } from "./browser";
import { findFullBrowser } from "./browser-places";
import { type Front, startFront } from "./front";
import { type PushService, startPushService } from "./push-service";
import { type Rein, startRein } from "./rein";
import { anthropicOn } from "./scene";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, startUpstream, text, type Upstream } from "./upstream/upstream";
import { untilAsync } from "./within";

declare global {
  /** In the page. */
  var played: number;
  var before: ServiceWorker | null;
  var lookAway: (isAway: boolean) => void;
}

const dist = join(import.meta.dir, "../dist");
const never = new AbortController().signal;
const directory = temporaryDirectory();
let browser: Browser;
let service: PushService;
let upstream: Upstream;
let rein: Rein;
let opened: Opened;
let front: Front;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchBrowser(findFullBrowser()), startPushService()]);
  upstream = startUpstream();
  await start();
  await rein.sdk.saveSettings({ web: { allowedPrivate: [service.host] } }, never);
});
afterAll(async () => {
  await browser.close();
  await rein[Symbol.asyncDispose]();
  await Promise.all([upstream.close(), service[Symbol.asyncDispose]()]);
  directory[Symbol.dispose]();
});
beforeEach(() => {
  service.taken.length = 0;
});
afterEach(() => opened[Symbol.asyncDispose]());

describe("at its own address", () => {
  beforeEach(async () => {
    opened = await openPage(browser, rein, { serviceWorkers: "allow" });
    await opened.context.grantPermissions(["notifications"], { origin: rein.url });
  });

  test("opened while its server is away, the page says so, keeps what is written, and goes on by itself", async () => {
    const { page } = opened;
    await untilWorking(page);
    upstream.script([text("The first answer.")]);
    await send(page, "Hello");
    await page.getByText("The first answer.").waitFor();
    // The end of the run is on the disk before it is told, and the answer with it.
    await page.getByTestId("run-footer").waitFor();
    const { port } = new URL(rein.url);
    rein.signal("SIGKILL");
    await rein.exited;
    await page.reload();
    await page.getByText("Rein cannot be reached").waitFor();
    await page.getByText("Session not loaded yet").waitFor();
    await page.getByLabel("Message", { exact: true }).fill("half a thought");
    const address = page.url();
    await page.goto(`${rein.url}/stops`);
    await page.getByText("Rein cannot be reached").waitFor();
    await page.goto(address);
    await page.getByText("Session not loaded yet").waitFor();
    const field = page.getByLabel("Message", { exact: true });
    expect(await field.inputValue()).toBe("half a thought");
    await start(port);
    await page.getByText("The first answer.").waitFor();
    await page.getByText("Rein cannot be reached").waitFor({ state: "hidden" });
    upstream.script([text("The second answer.")]);
    await field.press("Enter");
    await page.getByText("The second answer.").waitFor();
  });

  test("what is kept for that is the build alone: nothing of the API", async () => {
    const { page } = opened;
    await untilWorking(page);
    await page.reload();
    upstream.script([text("A secret answer.")]);
    await send(page, "Hello");
    await page.getByText("A secret answer.").waitFor();
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return all.flat().map(({ url }) => new URL(url).pathname);
    });
    expect(kept).toContain("/");
    expect(kept).toContain("/theme.js");
    expect(kept.filter((path) => path.startsWith("/assets/index-")).length).toBe(2);
    expect(kept.filter((path) => path.startsWith("/api") || path.startsWith("/s/"))).toEqual([]);
    expect(opened.errors).toEqual([]);
  });

  test("notifications come by the worker, with a sound when that is on, and a click on one shows its session", async () => {
    const { page } = opened;
    await watchPage(opened);
    await setUp(page, ["Notify me", "With a sound"]);
    // Choosing it plays it.
    await page.waitForFunction(() => played === 1);
    const gate = makeGate();
    upstream.script([text("One ", gate, "and all.")]);
    await send(page, "Long work");
    await page.getByText("One").first().waitFor();
    await page.getByRole("button", { name: "New session" }).click();
    await page.evaluate(() => lookAway(true));
    gate.open();
    await untilNotified(page, "Rein is done: Long work");
    await page.waitForFunction(() => played === 2);
    await clickNotification(opened);
    await page.getByText("One and all.").waitFor();
    expect(opened.errors).toEqual([]);
  });

  test("a browser whose page is hidden leaves it to the server, which pushes in the page's language", async () => {
    const { page } = opened;
    await watchPage(opened);
    await setUp(page, ["Notify me", "Also when Rein is closed"], async () => {
      await page.getByRole("radio", { name: "Deutsch" }).check();
    });
    expect((await service.nth(1)).message.state).toBe("first");
    const gate = makeGate();
    upstream.script([text("One ", gate, "and all.")]);
    await send(page, "Long work", "Nachricht");
    await page.getByText("One").first().waitFor();
    await page.evaluate(() => lookAway(true));
    await untilClosed();
    gate.open();
    const { message } = await service.nth(2);
    expect(message).toMatchObject({ state: "done", title: "Long work" });
    await deliver(opened, JSON.stringify(message));
    await untilNotified(page, "Rein ist fertig: Long work");
    await deliver(opened, "no JSON");
    await untilNotified(page, "Rein");
    await page.evaluate(() => lookAway(false));
    await page.getByText("One and all.").waitFor();
    expect(opened.errors).toEqual([]);
  });

  test("a push service that refuses is told in the settings, and nothing is switched on", async () => {
    const { page } = opened;
    await watchPage(opened);
    service.status = 403;
    await setUp(page, ["Notify me"], async () => {
      await page
        .getByRole("radiogroup", { name: "Also when" })
        .getByRole("radio", { name: "On" })
        .click();
      await page.getByText("answered with status 403").waitFor();
      const off = page.getByRole("radiogroup", { name: "Also when" }).getByRole("radio").first();
      expect(await off.isChecked()).toBe(true);
    });
    service.status = 201;
    expect(await page.evaluate(() => localStorage.getItem("rein.push"))).not.toBe("on");
  });
});

describe("behind a proxy", () => {
  beforeEach(async () => {
    front = startFront(rein);
    opened = await openPage(browser, front.rein as Rein, { serviceWorkers: "allow" });
    await untilWorking(opened.page);
    await opened.page.reload();
    await opened.page.getByTestId("composer").waitFor();
  });
  afterEach(() => front[Symbol.asyncDispose]());

  test("an address of the API is asked for once: the one of a sign-in works once", async () => {
    const { page } = opened;
    await page.goto(`${front.url}/api/mcp/callback?state=none&code=none`);
    await page.goto(`${front.url}/api/reference`);
    const asked = front.asked.filter((one) => /^GET \/api\/(?:mcp\/callback|reference)$/.test(one));
    expect(asked).toEqual(["GET /api/mcp/callback", "GET /api/reference"]);
  });

  test("that has lost the server and leaves requests unanswered, the page opens with all of its files", async () => {
    const { page } = opened;
    await page.evaluate(() => localStorage.setItem("rein.theme", "dark"));
    const silent = makeGate();
    front.instead = async (path) => {
      if (!path.startsWith("/s/")) await silent.pass();
      return new Response("No server is available.", { status: 503 });
    };
    await page.goto(`${front.url}/s/gone`);
    await page.locator("html[data-theme=dark]").waitFor();
    await page.getByTestId("composer").waitFor();
    silent.open();
    front.instead = () => undefined;
  });

  test("that now leads to another program, that one is shown as it is", async () => {
    const { page } = opened;
    let version = 1;
    const html = { headers: { "content-type": "text/html" } };
    const script = { headers: { "content-type": "text/javascript" } };
    front.instead = (path) =>
      path === "/assets/app.js"
        ? new Response(`document.title = "Other ${version}"`, script)
        : new Response("<!doctype html><script src=/assets/app.js></script>", html);
    for (; version < 3; version++) {
      await page.goto(`${front.url}/`);
      expect(await page.title()).toBe(`Other ${version}`);
    }
  });

  test("a page of the build before goes on while a newer one is there", async () => {
    const { page } = opened;
    front.instead = newerBuild("newer", 0);
    await page.evaluate(() => void (window.before = navigator.serviceWorker.controller));
    await updateWorker(page);
    await page.waitForFunction(() => {
      const { controller } = navigator.serviceWorker;
      return controller !== before && controller?.state === "activated";
    });
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("radio", { name: "Deutsch" }).check();
    await page.getByRole("heading", { name: "Einstellungen" }).waitFor();
  });

  test("a build of which only a part is there is not taken, and the page opens from the one before", async () => {
    const { page } = opened;
    front.instead = newerBuild("half", 1);
    await updateWorker(page);
    await page.evaluate(async () => {
      const { installing } = (await navigator.serviceWorker.getRegistration()) ?? {};
      if (installing && installing.state !== "redundant")
        await new Promise((resolve) => installing.addEventListener("statechange", resolve));
    });
    expect((await page.evaluate(() => caches.keys())).join()).not.toContain("half");
    front.instead = () => new Response("Bad gateway", { status: 502 });
    await page.reload();
    await page.getByText("Rein cannot be reached").waitFor();
  });
});

/** One that lacks the files of this build that the page loads later, and so many of those that it names. */
function newerBuild(version: string, lacking: number): Front["instead"] {
  const page = readFileSync(join(dist, "index.html"), "utf8");
  const named = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, name = ""]) => name);
  const files = ["/theme.js", ...named.slice(lacking)];
  const worker = readFileSync(join(dist, "sw.js"), "utf8")
    .replace(/const version = .*/, `const version = "${version}";`)
    .replace(/const files = .*/, `const files = ${JSON.stringify(files)};`);
  return (path) => {
    if (path === "/sw.js")
      return new Response(worker, { headers: { "content-type": "text/javascript" } });
    const isGone = path.startsWith("/assets/") && !files.includes(path);
    return isGone ? new Response("There is no such file.", { status: 404 }) : undefined;
  };
}

/** As the browser does when a page is opened. */
async function updateWorker(page: Page): Promise<void> {
  await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
}

async function start(port = "0"): Promise<void> {
  const environment = { ...anthropicOn(upstream), ...service.environment, PORT: port };
  rein = await startRein({ environment, dataDir: directory.path });
}

/** The worker has kept the page. */
async function untilWorking(page: Page): Promise<void> {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

/** A page that counts its sounds, that a test can hide, and that is given a subscription at the scripted service. */
async function watchPage({ context, page }: Opened): Promise<void> {
  await context.addInitScript((subscription) => {
    let isAway = false;
    window.lookAway = (next) => {
      isAway = next;
      document.dispatchEvent(new Event("visibilitychange"));
    };
    Object.defineProperty(document, "hidden", { get: () => isAway });
    Object.defineProperty(document, "hasFocus", { value: () => !isAway });
    window.played = 0;
    const { AudioContext: Real } = window;
    window.AudioContext = class extends Real {
      constructor() {
        super();
        window.played++;
      }
    };
    let kept: object | null = null;
    const given = {
      options: {},
      toJSON: () => subscription,
      async unsubscribe() {
        kept = null;
        return true;
      },
    };
    const { prototype } = PushManager;
    Object.defineProperty(prototype, "getSubscription", { value: async () => kept });
    Object.defineProperty(prototype, "subscribe", { value: async () => (kept = given) });
  }, service.subscription());
  await untilWorking(page);
  await page.reload();
  await page.getByTestId("composer").waitFor();
}

/** Switches these on in the settings, as a person does. */
async function setUp(
  page: Page,
  names: string[],
  then: () => Promise<void> = async () => {},
): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  for (const name of names) {
    const on = page.getByRole("radiogroup", { name }).getByRole("radio", { name: "On" });
    await on.check();
  }
  await then();
  await page.keyboard.press("Escape");
}

async function untilNotified(page: Page, words: string): Promise<void> {
  await page.waitForFunction(async (wanted) => {
    const worker = await navigator.serviceWorker.ready;
    const all = await worker.getNotifications();
    return all.some(({ title, body }) => (body ? `${title}: ${body}` : title) === wanted);
  }, words);
}

/** As the browser does when a person clicks on the one that shows a session. */
async function clickNotification({ context }: Opened): Promise<void> {
  const worker = context.serviceWorkers().findLast((one) => one.url().startsWith(rein.url));
  await worker!.evaluate(async () => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration };
    const all = await scope.registration.getNotifications();
    const notification = all.find(({ tag }) => tag.startsWith("rein-"));
    const Click = Reflect.get(globalThis, "NotificationEvent") as new (
      name: string,
      options: object,
    ) => Event;
    globalThis.dispatchEvent(new Click("notificationclick", { notification }));
  });
}

/** As the browser's push service does. */
async function deliver({ context, page }: Opened, data: string): Promise<void> {
  const devtools: CDPSession = await context.newCDPSession(page);
  const registration = Promise.withResolvers<string>();
  devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [first] }) => {
    if (first) registration.resolve(first.registrationId);
  });
  await devtools.send("ServiceWorker.enable");
  const registrationId = await registration.promise;
  await devtools.send("ServiceWorker.deliverPushMessage", {
    origin: rein.url,
    registrationId,
    data,
  });
  await devtools.detach();
}

async function untilClosed(): Promise<void> {
  await untilAsync(async () => {
    const metrics = await (await rein.fetch("/metrics")).text();
    return /^rein_viewers 0$/m.test(metrics);
  }, "the hidden page has no stream");
}

async function send(page: Page, message: string, field = "Message"): Promise<void> {
  await page.getByLabel(field, { exact: true }).fill(message);
  await page.getByTestId("send").click();
}
