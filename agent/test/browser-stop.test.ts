/** Every kind of stop, at every point of a run, in a real Chromium: the screen shows it, and closed sockets and dead processes prove it. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { phone } from "./browser";
import { isAlive, untilFile } from "./machine-facts";
import { browserScene } from "./scene";
import {
  failure,
  type Gate,
  hang,
  makeGate,
  reasoning,
  type Step,
  text,
  toolCall,
} from "./upstream/upstream";

const scene = browserScene();

describe("Escape stops a run", () => {
  test("before the first byte", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([hang]);
    await send(page, "Do it");
    const request = await scene.upstream.request(0);
    await page.keyboard.press("Escape");
    expect(await request.ended).toBe("client");
    await stopped(page, "");
    expect(opened.errors).toEqual([]);
  });

  test("during reasoning", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([reasoning("Let me think ".repeat(20), makeGate())]);
    await send(page, "Do it");
    await page.getByText("Let me think").waitFor({ state: "attached" });
    const title = page.locator("summary", { hasText: "Thinking" });
    expect((await title.boundingBox())!.height, "one line").toBeLessThan(30);
    await page.keyboard.press("Escape");
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    await stopped(page, "Thinking interrupted");
    await page.getByText("Thinking interrupted").click();
    await page.getByText("Let me think").waitFor();
    await stopped(page, "Let me think");
  });

  test("during text, which stays on screen, after a reload, and in what the model sees next", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await page.getByTestId("stop").click();
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    await stopped(page, "The answer is");
    await page.reload();
    await stopped(page, "The answer is");
    scene.upstream.script([text("Back again.")]);
    await send(page, "Go on");
    await page.getByText("Back again.").waitFor();
    expect(JSON.stringify(scene.upstream.requests[1]!.body)).toContain(
      "The answer is\\n\\n[interrupted by user]",
    );
    expect(opened.errors).toEqual([]);
  });

  test("while the model writes a tool's input", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([toolCall("bash", ['{"command":"echo half-', makeGate(), '"}'])]);
    await send(page, "Do it");
    await page.getByTestId("tool-card").getByText("echo half-").first().waitFor();
    await page.keyboard.press("Escape");
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    await stopped(page, "echo half-");
  });

  test("while an approval is pending", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([toolCall("bash", { command: "touch never" })]);
    await send(page, "Do it");
    await page.getByTestId("approval").waitFor();
    await page.keyboard.press("Escape");
    await stopped(page, "touch never");
    expect(await page.getByTestId("approval").getByRole("button").count()).toBe(0);
  });

  test("during a tool, whose processes are dead when the page says stopped", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([
      toolCall("bash", {
        command: "sleep 1000 & echo $! > new; echo be-gun | tr -d -; mv new pid; wait",
      }),
    ]);
    await send(page, "Do it");
    await page.getByRole("button", { name: "Allow once" }).click();
    await untilFile(join(scene.rein.cwd, "pid"));
    await page.getByTestId("tool-card").getByText("begun").first().waitFor();
    const pid = Number(readFileSync(join(scene.rein.cwd, "pid"), "utf8"));
    expect(isAlive(pid)).toBe(true);
    await page.keyboard.press("Escape");
    await stopped(page, "begun");
    expect(isAlive(pid)).toBe(false);
    expect(await page.getByTestId("receipt").textContent()).toContain("process");
  });

  test("during a retry's countdown", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([failure("rate-limit", { headers: { "retry-after": "100" } })]);
    await send(page, "Do it");
    await page.getByText(/\d+ s/).first().waitFor();
    await page.keyboard.press("Escape");
    await stopped(page, "");
    expect(scene.upstream.requests.length).toBe(1);
  });

  test("while subagents run, which all end", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    subagents({ alpha: [text("Alpha has ", makeGate())], beta: [text("Beta has ", makeGate())] });
    await send(page, "Do it");
    await page.getByText("Alpha has").waitFor();
    await page.getByText("Beta has").waitFor();
    await page.keyboard.press("Escape");
    const ends = scene.upstream.requests.slice(1).map((request) => request.ended);
    expect(await Promise.all(ends)).toEqual(["client", "client"]);
    await stopped(page, "Alpha has");
    expect(await page.getByTestId("subagent-card").getByText("Stopped").count()).toBe(2);
  });

  test("in the same tick as the message, which is kept", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.route(() => [hang]);
    await page.getByLabel("Message", { exact: true }).fill("Do it at once");
    await page.evaluate(() => {
      const press = (key: string) =>
        document.activeElement!.dispatchEvent(
          new KeyboardEvent("keydown", { key, code: key, bubbles: true, cancelable: true }),
        );
      document.querySelector<HTMLElement>("textarea")!.focus();
      press("Enter");
      press("Escape");
    });
    await page.getByTestId("receipt").waitFor();
    await stopped(page, "");
    await page.getByText("Do it at once").first().waitFor();
    for (const request of scene.upstream.requests) expect(await request.ended).toBe("client");
  });
});

describe("the Stop button", () => {
  test("shows Stopping… in the frame of the click, and the text in the input survives", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await page.getByLabel("Message", { exact: true }).fill("my next thought");
    const states = await page.evaluate(() => {
      const composer = document.querySelector<HTMLElement>("[data-testid=composer]")!;
      const before = composer.dataset.state;
      document.querySelector<HTMLElement>("[data-testid=stop]")!.click();
      return [before, composer.dataset.state];
    });
    expect(states).toEqual(["running", "stopping"]);
    await stopped(page, "The answer is");
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("my next thought");
    expect(await page.getByTestId("send").isEnabled()).toBe(true);
  });

  test("is 44 pixels on a touch screen, inside the view, and reached by the keyboard", async () => {
    const options = { viewport: phone, hasTouch: true, isMobile: true };
    await using opened = await scene.open(options);
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await page.getByLabel("Message", { exact: true }).fill("Do it");
    await page.getByTestId("send").tap();
    await page.getByText("The answer is").waitFor();
    const box = (await page.getByTestId("stop").boundingBox())!;
    expect(box.height).toBeGreaterThanOrEqual(44);
    expect(box.width).toBeGreaterThanOrEqual(44);
    expect(box.x + box.width).toBeLessThanOrEqual(phone.width);
    expect(box.y + box.height).toBeLessThanOrEqual(phone.height);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(phone.width);
    await page.getByTestId("stop").focus();
    await page.keyboard.press("Enter");
    await stopped(page, "The answer is");
  });

  test("announces the stop to screen readers", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    expect(await page.getByTestId("stop").getAttribute("aria-label")).toBe("Stop (Esc)");
    const said = await page.evaluate(async () => {
      const live = document.querySelector("[aria-live][data-testid=announcement]")!;
      const announced = [live.textContent];
      const over = new Promise<void>((resolve) => {
        new MutationObserver(() => {
          announced.push(live.textContent);
          if (live.textContent.startsWith("Stopped")) resolve();
        }).observe(live, { childList: true, characterData: true, subtree: true });
      });
      document.querySelector<HTMLElement>("[data-testid=stop]")!.click();
      await over;
      return announced;
    });
    expect(said[0]).toContain("Escape stops it");
    expect(said).toContain("Stopping…");
    expect(said.at(-1)).toMatch(/^Stopped in/);
  });

  test("that cannot be delivered is kept across a reload, and delivered by itself", async () => {
    await using opened = await scene.open();
    const { page, context } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await blockStops(context, page);
    await page.keyboard.press("Escape");
    const notice = page.getByText("Stop of “Do it” not delivered yet");
    await notice.waitFor();
    expect(await page.getByTestId("stop").isEnabled()).toBe(true);
    await page.reload();
    await notice.waitFor();
    expect(await page.getByRole("button", { name: "Stop now" }).isEnabled()).toBe(true);
    await context.unroute("**/stop");
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    await stopped(page, "The answer is");
    await notice.waitFor({ state: "hidden" });
  });

  test("that cannot be delivered leads to its session, goes when the run ends by itself, and can be taken back", async () => {
    await using opened = await scene.open();
    const { page, context } = opened;
    const gate = makeGate();
    scene.upstream.script([text("The answer is ", gate, "forty-two.")], [text("And ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await blockStops(context, page);
    await page.keyboard.press("Escape");
    const notice = page.getByTestId("notice").filter({ hasText: "Stop of “Do it”" });
    await notice.waitFor();
    await page.getByRole("button", { name: "New session" }).click();
    gate.open();
    await notice.getByRole("link", { name: "Show that session" }).click();
    await page.getByText("forty-two.").waitFor();
    await notice.waitFor({ state: "hidden" });
    await send(page, "More");
    await page.getByText("And").waitFor();
    await page.keyboard.press("Escape");
    await notice.getByRole("button", { name: "Take it back" }).click();
    await notice.waitFor({ state: "hidden" });
    await context.unroute("**/stop");
    await page.reload();
    await state(page, "running");
    expect((await onlySession()).runs.map(({ state, outcome }) => outcome ?? state)).toEqual([
      "done",
      "running",
    ]);
  });
});

describe("Escape", () => {
  test("does nothing while an input method is composing", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    const gate = makeGate();
    scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await page.getByLabel("Message", { exact: true }).focus();
    await page.evaluate(() => {
      const press = (init: KeyboardEventInit) =>
        document.activeElement!.dispatchEvent(
          new KeyboardEvent("keydown", { key: "Escape", bubbles: true, ...init }),
        );
      press({ isComposing: true });
      press({ keyCode: 229 });
    });
    gate.open();
    await page.getByText("forty-two.").waitFor();
    await state(page, "idle");
    expect((await onlySession()).runs[0]!.outcome).toBe("done");
  });

  test("closes an open dialog first, then a menu, and only then stops", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await state(page, "running");
    await page.getByRole("button", { name: "More", exact: true }).click();
    const item = page.getByRole("menuitem", { name: "Stop everything" });
    await item.waitFor();
    await page.keyboard.press("Escape");
    await item.waitFor({ state: "hidden" });
    await state(page, "running");
    await page.keyboard.press("Escape");
    await stopped(page, "The answer is");
  });

  test("held down closes one dialog or menu and does not stop the run beneath", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.down("Escape");
    await page.keyboard.down("Escape");
    await page.keyboard.up("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await state(page, "running");
    await page.keyboard.press("Escape");
    await stopped(page, "The answer is");
  });
});

describe("one subagent", () => {
  let gates: Record<string, Gate>;
  async function sendOut(page: Page): Promise<void> {
    gates = { alpha: makeGate(), beta: makeGate() };
    subagents({
      alpha: [text("Alpha has ", gates.alpha!, "finished.")],
      beta: [text("Beta has ", gates.beta!, "finished.")],
    });
    await send(page, "Do it");
    await page.getByText("Alpha has").waitFor();
    await page.getByText("Beta has").waitFor();
  }

  /** Asserts that alpha was stopped and that beta and the parent ran to their ends. */
  async function siblingsGoOn(page: Page): Promise<void> {
    await card(page, "alpha").getByText("Stopped").waitFor();
    const alpha = scene.upstream.requests.find(({ body }) => saysFirst(body.messages, "Be alpha."));
    expect(await alpha!.ended).toBe("client");
    scene.upstream.script([text("I use what I have.")]);
    gates.beta!.open();
    await page.getByText("I use what I have.").waitFor();
    await state(page, "idle");
    expect(await card(page, "beta").getByText("Stopped").count()).toBe(0);
    const requestText = JSON.stringify(scene.upstream.requests.at(-1)!.body);
    expect(requestText).toContain("Alpha has\\n\\n[interrupted by user]");
    expect(requestText).toContain("Beta has finished.");
  }

  test("is stopped by the button on its card, which does not open the card", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    await sendOut(page);
    await page.getByRole("button", { name: "Stop subagent alpha" }).click();
    expect(await page.getByRole("dialog").count()).toBe(0);
    await siblingsGoOn(page);
    expect(opened.errors).toEqual([]);
  });

  test("is stopped from its expanded window; Escape only closes the window", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    await sendOut(page);
    await card(page, "alpha").getByText("Alpha has").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Alpha has").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await state(page, "running");
    await card(page, "alpha").getByText("Alpha has").click();
    await dialog.getByRole("button", { name: /^Stop subagent/ }).click();
    await dialog.getByText("Stopped").first().waitFor();
    await page.keyboard.press("Escape");
    await siblingsGoOn(page);
  });

  test("one tool call is stopped by the button on its card, and the agent continues", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script(
      [toolCall("bash", { command: "touch begun; sleep 1000" })],
      [text("Then without it.")],
    );
    await send(page, "Do it");
    await page.getByRole("button", { name: "Allow once" }).click();
    await untilFile(join(scene.rein.cwd, "begun"));
    await page.getByTestId("tool-card").getByRole("button", { name: /^Stop/ }).click();
    await page.getByText("Then without it.").waitFor();
    await state(page, "idle");
  });
});

describe("another page or session", () => {
  test("shows the running answer after a reload, and its Stop works", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await page.reload();
    await page.getByText("The answer is").waitFor();
    await state(page, "running");
    await page.keyboard.press("Escape");
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    await stopped(page, "The answer is");
  });

  test("in a second tab stops the run, and both tabs show it", async () => {
    await using opened = await scene.open();
    const { page, context } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByText("The answer is").waitFor();
    await other.getByTestId("stop").click();
    await stopped(other, "The answer is");
    await stopped(page, "The answer is");
  });

  test("that is closed stops the run only if the person chose that setting", async () => {
    for (const [choice, outcome] of [
      ["keep", "done"],
      ["stop", "stopped"],
    ] as const) {
      await using opened = await scene.open();
      const { page } = opened;
      const gate = makeGate();
      scene.upstream.script([text("The answer is ", gate, "forty-two.")]);
      if (choice === "stop") await chooseStopOnClose(page);
      await send(page, "Do it");
      await page.getByText("The answer is").waitFor();
      const id = page.url().split("/").at(-1)!;
      const viewer = scene.rein.follow(id);
      await viewer.until((event) => event.type === "snapshot");
      await page.close();
      if (choice === "keep") gate.open();
      await viewer.until((event) => event.type === "run-end");
      viewer.hangUp();
      expect(viewer.session.runs[0]!.outcome).toBe(outcome);
      if (choice === "stop") expect(viewer.session.runs[0]!.stop!.by).toBe("disconnect");
    }
  });

  test("whose closing would stop the run reports the Stop button as a stop by the user", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await chooseStopOnClose(page);
    await send(page, "Do it");
    await page.getByText("The answer is").waitFor();
    await page.keyboard.press("Escape");
    await stopped(page, "The answer is");
    expect((await onlySession()).runs[0]!.stop!.by).toBe("user");
  });

  test("is stopped by Stop everything too", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("First ", makeGate())], [text("Second ", makeGate())]);
    await send(page, "One");
    await page.getByText("First", { exact: true }).waitFor();
    await page.getByRole("button", { name: "New session" }).click();
    await send(page, "Two");
    await page.getByText("Second", { exact: true }).waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Stop everything" }).click();
    const ends = scene.upstream.requests.map((request) => request.ended);
    expect(await Promise.all(ends)).toEqual(["client", "client"]);
    await stopped(page, "Second");
  });
});

async function send(page: Page, message: string): Promise<void> {
  const field = page.getByLabel("Message", { exact: true });
  await field.fill(message);
  await field.press("Enter");
}

function state(page: Page, name: string): Promise<void> {
  return page.locator(`[data-testid=composer][data-state=${name}]`).waitFor();
}

/** Asserts that the page says stopped: mark, receipt, kept text and Send again, and nothing that looks like an error. */
async function stopped(page: Page, kept: string): Promise<void> {
  await page.getByTestId("send").waitFor();
  await page.getByTestId("receipt").first().waitFor();
  expect(await page.getByTestId("message").last().textContent()).toContain(kept);
  expect(await page.getByRole("alert").count()).toBe(0);
}

function card(page: Page, title: string): Locator {
  return page.getByTestId("subagent-card").filter({ hasText: title });
}

async function chooseStopOnClose(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  const ending = page.getByRole("radiogroup", { name: "When I close the page" });
  await ending.getByRole("radio", { name: "Stop" }).check();
  await page.keyboard.press("Escape");
}

async function onlySession() {
  const { sessions } = await scene.rein.json<{ sessions: { id: string }[] }>("/api/sessions");
  return scene.rein.session(sessions[0]!.id);
}

function saysFirst(messages: unknown, words: string): boolean {
  return Array.isArray(messages) && JSON.stringify(messages[0]).includes(words);
}

/** The first request starts subagents; their requests are recognised by their task. */
function subagents(answers: Record<string, Step[]>): void {
  scene.upstream.script(
    Object.keys(answers).map((title) =>
      toolCall("subagent", { role: "simple", title, task: `Be ${title}.` }),
    ),
  );
  scene.upstream.route(({ body }) => {
    const messages = JSON.stringify(body.messages);
    const title = Object.keys(answers).find((one) => messages.includes(`Be ${one}.`));
    return title === undefined || messages.includes("Do it") ? undefined : answers[title];
  });
}

/** No stop reaches the server. */
async function blockStops(context: BrowserContext, page: Page): Promise<void> {
  await context.route("**/stop", (route) => route.abort());
  // A route takes effect in Chromium a moment after it was set.
  await page.waitForFunction(() =>
    fetch("/probe/stop")
      .then(() => false)
      .catch(() => true),
  );
}
