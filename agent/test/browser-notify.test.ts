/** What happens while the page is not in view: the title shows it, and the browser notifies where that is switched on. */
import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Opened } from "./browser";
import { findFullBrowser } from "./browser-places";
import { anthropicOn, browserScene } from "./scene";
import { failure, makeGate, type Step, text, toolCall } from "./upstream/upstream";

declare global {
  /** In the page. */
  var watched: { notifications: string[]; last: EventTarget; look(away: string): void };
}

const scene = browserScene(anthropicOn, findFullBrowser);

const ends: [name: string, after: Step[], words: string, mark: string][] = [
  ["is done", [text("and all.")], "Rein is done", "✓"],
  ["has failed", [failure("authentication")], "Rein’s run failed", "✓"],
  ["asks for an approval", [toolCall("bash", { command: "echo" })], asking(), "?"],
];

for (const away of ["hidden", "unfocused"] as const)
  describe(`when the page is ${away}`, () => {
    test.each(ends)(
      "a run that %s causes a notification, and a click on it shows the session",
      async (_name, after, words, mark) => {
        await using opened = await openWatched();
        const { page } = opened;
        await allow(opened);
        const gate = makeGate();
        scene.upstream.script([text("One "), gate, ...after]);
        await send(page, "Long work");
        await page.getByText("One").first().waitFor();
        await page.getByRole("button", { name: "New session" }).click();
        await look(page, away);
        gate.open();
        await untilTitle(page, `${mark} Rein`);
        await untilNotified(page, 1);
        expect(await notifications(page)).toEqual([`${words}: Long work`]);
        await page.evaluate(() => watched.last.dispatchEvent(new Event("click")));
        await page.getByText("One").first().waitFor();
        await look(page, "there");
        await untilTitle(page, mark === "?" ? "? Long work · Rein" : "Long work · Rein");
      },
    );
  });

test("a reached limit notifies at once, although a tool is still running", async () => {
  await using opened = await openWatched();
  const { page } = opened;
  await allow(opened);
  const limits = JSON.stringify({ run: { minutes: 0.02 } });
  await scene.rein.json("/api/limits", { method: "PUT", body: limits });
  scene.upstream.script([toolCall("bash", { command: "sleep 1000" })]);
  await look(page, "hidden");
  const chat = scene.rein.chat({
    message: "Long work",
    provider: "anthropic",
    model: "scripted",
    permissions: "all",
    onDisconnect: "continue",
  });
  await untilNotified(page, 1);
  expect(await notifications(page)).toEqual([`${asking()}: Long work`]);
  await scene.rein.stop(chat.sessionId);
  await untilNotified(page, 2);
  expect((await notifications(page))[1]).toBe("Rein’s run was stopped: Long work");
});

test("a page in view or with notifications off shows none: only the title changes", async () => {
  await using opened = await openWatched();
  const { page, context } = opened;
  await context.grantPermissions(["notifications"], { origin: scene.rein.url });
  for (const [message, away, title] of [
    ["First", "there", "First · Rein"],
    ["Second", "hidden", "✓ First · Rein"],
  ] as const) {
    const gate = makeGate();
    scene.upstream.script([text(`${message} `, gate, "answer.")]);
    await send(page, message);
    await page.getByText(`${message} `).last().waitFor();
    await look(page, away);
    gate.open();
    await page.getByText(`${message} answer.`).waitFor();
    await untilTitle(page, title);
  }
  expect(await notifications(page)).toEqual([]);
  await look(page, "there");
  await untilTitle(page, "First · Rein");
  expect(opened.errors).toEqual([]);
});

test("when the browser denies permission, notifications stay off and the settings say so", async () => {
  await using opened = await openWatched();
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).click();
  const choices = page.getByRole("radiogroup", { name: /Notify me/ });
  await choices.getByRole("radio", { name: "On" }).click();
  await page.getByText("The browser does not allow notifications").waitFor();
  expect(await choices.getByRole("radio", { name: "Off" }).isChecked()).toBe(true);
  expect(opened.errors).toEqual([]);
});

function asking(): string {
  return "Rein is waiting for your answer";
}

/** A page that records its notifications, and whose visibility and focus the test sets. */
async function openWatched(): Promise<Opened> {
  const opened = await scene.open();
  await opened.context.addInitScript(() => {
    const { Notification: Real } = window;
    let away = "there";
    window.watched = {
      notifications: [],
      last: new EventTarget(),
      look(next) {
        away = next;
        document.dispatchEvent(new Event("visibilitychange"));
        if (away === "there") window.dispatchEvent(new Event("focus"));
      },
    };
    class Notification extends EventTarget {
      static get permission() {
        return Real.permission;
      }
      static requestPermission() {
        return Real.requestPermission();
      }
      constructor(title: string, { body }: NotificationOptions) {
        super();
        watched.last = this;
        if (body !== undefined) watched.notifications.push(`${title}: ${body}`);
      }
    }
    Object.defineProperty(document, "hidden", { get: () => away === "hidden" });
    Object.defineProperty(document, "hasFocus", { value: () => away === "there" });
    Object.assign(window, { Notification });
  });
  await opened.page.reload();
  await opened.page.getByTestId("composer").waitFor();
  return opened;
}

function look(page: Page, away: "hidden" | "unfocused" | "there"): Promise<void> {
  return page.evaluate((how) => watched.look(how), away);
}

function notifications(page: Page): Promise<string[]> {
  return page.evaluate(() => watched.notifications);
}

async function untilNotified(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => watched.notifications.length === wanted, count);
}

async function untilTitle(page: Page, title: string): Promise<void> {
  await page.waitForFunction((wanted) => document.title === wanted, title);
}

/** Switches notifications on in the settings, as a person does. */
async function allow({ page, context }: Opened): Promise<void> {
  await context.grantPermissions(["notifications"], { origin: scene.rein.url });
  await page.getByRole("button", { name: "Settings" }).click();
  const choices = page.getByRole("radiogroup", { name: /Notify me/ });
  await choices.getByRole("radio", { name: "On" }).check();
  // The switch is on when the browser has answered; a page that is hidden before that closes its stream.
  await page.waitForFunction(() => localStorage.getItem("rein.notify") === "on");
  await page.keyboard.press("Escape");
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}
