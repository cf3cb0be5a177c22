/** Steering a run in a real Chromium, at desktop and at phone size: buttons, keys, chips, commands. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { desktop, phone } from "./browser";
import { told } from "./control-api";
import { isAlive, untilFile } from "./machine-facts";
import { anthropicOn, browserScene } from "./scene";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";

const scene = browserScene((upstream) => ({
  ...anthropicOn(upstream),
  // The grace period is unlimited, unless a second Escape ends it.
  REIN_GRACE_MS: "3600000",
}));

const sizes = {
  desktop: { viewport: desktop },
  phone: { viewport: phone, hasTouch: true, isMobile: true },
};

for (const [size, options] of Object.entries(sizes))
  describe(`at ${size} size`, () => {
    test("a message sent while the agent works waits as a chip, and is sent when the run ends", async () => {
      await using opened = await scene.open(options);
      const { page } = opened;
      const gate = makeGate();
      scene.upstream.script([text("One ", gate, "and all.")], [text("Two.")]);
      await send(page, "First");
      await page.getByText("One").first().waitFor();
      const stopPlace = () => page.getByTestId("stop").boundingBox();
      const before = await stopPlace();
      await page.getByLabel("Message", { exact: true }).fill("Second");
      const queue = page.getByTestId("ways").getByRole("button", { name: /^Queue/ });
      await queue.waitFor();
      expect(await stopPlace()).toEqual(before);
      await queue.click();
      await chip(page, "Second", "run").waitFor();
      await page.reload();
      await chip(page, "Second", "run").waitFor();
      gate.open();
      await page.getByText("Two.").waitFor();
      await page.getByTestId("queue").waitFor({ state: "detached" });
      expect(opened.errors).toEqual([]);
    });

    test("a stop keeps the queued messages, says so, and sends them only on request", async () => {
      await using opened = await scene.open(options);
      const { page } = opened;
      scene.upstream.script([text("One ", makeGate())]);
      await send(page, "First");
      await page.getByText("One").first().waitFor();
      await page.getByLabel("Message", { exact: true }).fill("Second");
      await page
        .getByTestId("ways")
        .getByRole("button", { name: /^Queue/ })
        .click();
      await chip(page, "Second", "run").waitFor();
      // Also with the focus in the input, and a queue above it.
      if (size === "desktop") await page.keyboard.press("Escape");
      else await page.getByTestId("stop").click();
      await page.getByTestId("receipt").waitFor();
      await chip(page, "Second", "kept").waitFor();
      expect(scene.upstream.requests.length).toBe(1);
      scene.upstream.script([text("Two.")]);
      await page.getByRole("button", { name: "Send now" }).click();
      await page.getByText("Two.").waitFor();
      expect(opened.errors).toEqual([]);
    });

    test("a nudge stops a hanging run and continues with the hint", async () => {
      await using opened = await scene.open(options);
      const { page } = opened;
      scene.upstream.script([hang]);
      await send(page, "First");
      const request = await scene.upstream.request(0);
      await page.getByRole("button", { name: "Nudge" }).click();
      await page.getByTestId("nudge").getByRole("textbox").fill("Try the other door");
      expect((await page.getByTestId("nudge").boundingBox())!.x).toBeGreaterThan(0);
      scene.upstream.script([text("It was open.")]);
      await page.getByTestId("nudge").getByRole("button", { name: "Nudge" }).click();
      await page.getByText("It was open.").waitFor();
      expect(await request.ended).toBe("client");
      expect(told(scene.upstream.requests[1])).toContain("Try the other door");
      expect(opened.errors).toEqual([]);
    });
  });

describe("at either size alike", () => {
  test("a chip can be edited, moved and removed", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("One ", makeGate())]);
    await send(page, "First");
    await page.getByText("One").first().waitFor();
    for (const message of ["alpha", "beta"]) {
      await page.getByLabel("Message", { exact: true }).fill(message);
      await page
        .getByTestId("ways")
        .getByRole("button", { name: /^Queue/ })
        .click();
      await chip(page, message, "run").waitFor();
    }
    await page.getByRole("button", { name: "Move up: beta" }).click();
    // A chip that is moved while it is edited would lose the edit.
    await page.locator("[data-testid=queued]:first-child", { hasText: "beta" }).waitFor();
    await page.getByRole("button", { name: "Edit: alpha" }).click();
    await page.getByLabel("Edit the queued message").fill("gamma");
    await page.getByLabel("Edit the queued message").press("Enter");
    await chip(page, "gamma", "run").waitFor();
    expect(await page.getByTestId("queued-text").allTextContents()).toEqual(["beta", "gamma"]);
    await page.getByRole("button", { name: "Remove: beta" }).click();
    await chip(page, "beta", "run").waitFor({ state: "detached" });
    expect(opened.errors).toEqual([]);
  });

  test("Pause holds the run across a reload, and Resume continues it", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "First");
    await page.getByText("The answer is").waitFor();
    await pauseButton(page, "running").click();
    await pauseButton(page, "pausing").click();
    await pauseButton(page, "paused").waitFor();
    expect(await scene.upstream.requests[0]!.ended).toBe("client");
    await page.reload();
    await pauseButton(page, "paused").waitFor();
    expect(await page.title()).toStartWith("⏸");
    scene.upstream.script([text("forty-two.")]);
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("forty-two.").waitFor();
    await page.getByTestId("send").waitFor();
    expect(opened.errors).toEqual([]);
  });

  test("Retry asks again in place of the answer, which can be shown again", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("A first try.")], [text("A second try.")], [text("A third try.")]);
    await send(page, "Say it");
    await page.getByLabel("Message", { exact: true }).fill("half a thought");
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByText("A second try.").waitFor();
    expect(told(scene.upstream.requests[1])).not.toContain("A first try.");
    expect(await page.getByText("A first try.").count()).toBe(0);
    await page.getByText("2 / 2").waitFor();
    await page.getByRole("button", { name: "Show the one before" }).click();
    await page.getByText("A first try.").waitFor();
    await page.getByText("1 / 2").waitFor();
    expect(await page.getByText("A second try.").count()).toBe(0);
    await page.getByRole("button", { name: "Show the next one" }).click();
    await page.getByText("A second try.").waitFor();
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a thought");
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    const edit = page.getByLabel("Edited text");
    expect(await edit.inputValue()).toBe("Say it");
    await edit.fill("Say it in verse");
    await page.getByTestId("message-edit").getByRole("button", { name: "Send" }).click();
    await page.getByText("A third try.").waitFor();
    await edit.waitFor({ state: "detached" });
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a thought");
    expect(told(scene.upstream.requests[2])).toContain("Say it in verse");
    await page.reload();
    await page.getByText("A third try.").waitFor();
    await page.getByText("3 / 3").waitFor();
    expect(await page.getByText("A second try.").count()).toBe(0);
    expect(opened.errors).toEqual([]);
  });
});

describe("a limit", () => {
  for (const [size, options] of Object.entries(sizes))
    test(`set in the settings pauses the run and asks, at ${size} size`, async () => {
      await using opened = await scene.open(options);
      const { page } = opened;
      await openSettings(page, size);
      await page.getByLabel("Turns of a run").fill("1");
      await page.getByLabel("Turns of a run").press("Tab");
      await page.getByText("Saved", { exact: true }).waitFor();
      const attempts = page.getByLabel("Attempts in a row");
      await attempts.fill("");
      await attempts.press("Tab");
      expect(await attempts.inputValue()).toBe("30");
      await page.keyboard.press("Escape");
      scene.upstream.script([toolCall("read", { path: "none" })]);
      await send(page, "First");
      await page.getByTestId("limit-question").getByText("1 of 1 turns").waitFor();
      await page.reload();
      await page.getByTestId("limit-question").waitFor();
      // One way to go on, and one to stop.
      for (const [name, count] of [
        ["Go on", 1],
        ["Resume", 0],
        ["Stop", 1],
      ] as const)
        expect(await page.locator("main").getByRole("button", { name }).count()).toBe(count);
      scene.upstream.script([text("Further.")]);
      await page.getByLabel("How many turns more").fill("5");
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByText("Further.").waitFor();
      await page.getByTestId("limit-question").waitFor({ state: "detached" });
      expect(opened.errors).toEqual([]);
    });
});

describe("when stops must be confirmed", () => {
  for (const answer of ["Escape", "Enter"])
    test(`Escape asks, and ${answer} stops`, async () => {
      await using opened = await scene.open();
      const { page } = opened;
      await openSettings(page, "desktop");
      const question = page.getByRole("radiogroup", { name: "Ask before a stop" });
      await question.getByRole("radio", { name: "Always" }).check();
      await page.keyboard.press("Escape");
      scene.upstream.script([text("The answer is ", makeGate())]);
      await send(page, "First");
      await page.getByText("The answer is").waitFor();
      await page.keyboard.press("Escape");
      await page.getByText("Really stop?").waitFor();
      const [run] = (await scene.rein.session(page.url().split("/").at(-1)!)).runs;
      expect(run!.state).toBe("running");
      await page.keyboard.press(answer);
      await page.getByTestId("receipt").waitFor();
      expect(await scene.upstream.requests[0]!.ended).toBe("client");
      expect(opened.errors).toEqual([]);
    });
});

test("Stop everything lists what it will stop, including background processes", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script(
    [toolCall("bash", { command: "exec sleep 1000", background: true })],
    [text("It runs.")],
    [text("One ", makeGate())],
    [text("Two ", makeGate())],
  );
  await send(page, "A server");
  await page.getByRole("button", { name: "Allow once" }).click();
  await page.getByText("It runs.").waitFor();
  await page.getByTestId("send").waitFor();
  await page.getByRole("button", { name: "New session" }).click();
  await send(page, "Long work");
  await page.getByText("One").first().waitFor();
  await page.getByRole("button", { name: "New session" }).click();
  await send(page, "Other work");
  await page.getByText("Two").first().waitFor();
  await page.getByRole("button", { name: "More", exact: true }).click();
  const atWork = page.getByRole("group", { name: "What Stop everything stops" });
  expect(await atWork.locator("p").allTextContents()).toEqual([
    expect.stringContaining("Other work"),
    expect.stringContaining("Long work"),
    expect.stringMatching(/A server.*1 process$/),
  ]);
  await page.getByRole("menuitem", { name: "Stop everything 2 runs, 1 process" }).click();
  await page.getByTestId("receipt").waitFor();
  for (const request of scene.upstream.requests.slice(2))
    expect(await request.ended).toBe("client");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Stop everything 0 runs" }).waitFor();
  expect(opened.errors).toEqual([]);
});

describe("from the keyboard", () => {
  test("Enter queues, Control+Enter sends to the running model, Control+Shift+Enter interrupts", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script(
      [toolCall("bash", { command: "until [ -e go ]; do sleep 0.01; done" })],
      [text("Told ", makeGate())],
    );
    await send(page, "First");
    await page.getByRole("button", { name: "Allow once" }).click();
    await type(page, "Queued", "Enter");
    await chip(page, "Queued", "run").waitFor();
    await type(page, "Steered", "Control+Enter");
    await chip(page, "Steered", "turn").waitFor();
    writeFileSync(join(scene.rein.cwd, "go"), "");
    await page.getByText("Told").waitFor();
    expect(told(scene.upstream.requests[1])).toContain("Steered");
    expect(told(scene.upstream.requests[1])).not.toContain("Queued");
    scene.upstream.script([text("At once.")], [text("At last.")]);
    await type(page, "Instead", "Control+Shift+Enter");
    await page.getByText("At once.").waitFor();
    await page.getByText("At last.").waitFor();
    expect(told(scene.upstream.requests[3])).toContain("Queued");
    expect(opened.errors).toEqual([]);
  });

  test("Control+. pauses, cuts and resumes; Escape stops a paused run", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "First");
    await page.getByText("The answer is").waitFor();
    await page.keyboard.press("Control+.");
    await pauseButton(page, "pausing").waitFor();
    await page.keyboard.press("Control+.");
    await pauseButton(page, "paused").waitFor();
    scene.upstream.script([text("not ", makeGate())]);
    await page.keyboard.press("Control+.");
    await pauseButton(page, "running").waitFor();
    await page.keyboard.press("Control+.");
    await page.keyboard.press("Escape");
    await page.getByTestId("receipt").waitFor();
    await page.getByTestId("send").waitFor();
    expect(opened.errors).toEqual([]);
  });

  test("a second Escape ends the grace period of a process that is cleaning up", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([
      toolCall("bash", {
        command: `exec bash -c 'trap "touch cleaning" TERM; echo $$ > new; mv new pid; while :; do sleep 0.01; done'`,
      }),
    ]);
    await send(page, "First");
    await page.getByRole("button", { name: "Allow once" }).click();
    await untilFile(join(scene.rein.cwd, "pid"));
    const pid = Number(readFileSync(join(scene.rein.cwd, "pid"), "utf8"));
    await page.keyboard.press("Escape");
    await untilFile(join(scene.rein.cwd, "cleaning"));
    // A message behind the stop hides it from neither the person nor the second Escape.
    scene.upstream.script([text("The next answer.")]);
    await page.getByLabel("Message", { exact: true }).fill("Next");
    await page.keyboard.press("Enter");
    await page.locator("[data-testid=message]", { hasText: "Next" }).waitFor();
    expect(await page.getByTestId("composer").getAttribute("data-state")).toBe("stopping");
    await page.keyboard.press("Escape");
    await page.getByText("The next answer.").waitFor();
    await page.getByTestId("send").waitFor();
    expect(isAlive(pid)).toBe(false);
    expect(opened.errors).toEqual([]);
  });

  test("a slash command is completed and executed, and text that is not a command is sent as a message", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    scene.upstream.script([text("The answer is ", makeGate())]);
    await send(page, "First");
    await page.getByText("The answer is").waitFor();
    await page.getByLabel("Message", { exact: true }).fill("/st");
    await page.getByRole("option", { name: /\/stop/ }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByTestId("receipt").waitFor();
    scene.upstream.script([text("Again.")], [text("A path.")]);
    await type(page, "/retry", "Enter");
    await page.getByText("Again.").waitFor();
    expect(told(scene.upstream.requests[1]).match(/First/g)?.length).toBe(1);
    await type(page, "/etc/hosts is what?", "Enter");
    await page.getByText("A path.").waitFor();
    await type(page, "/stpo", "Enter");
    await page.getByText("There is no command /stpo here.").waitFor();
    await type(page, "/help", "Enter");
    await page.getByTestId("help").getByText("Stop hard").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("help").waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByTestId("help").waitFor();
    expect(scene.upstream.requests.length).toBe(3);
    expect(opened.errors).toEqual([]);
  });
});

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}

async function openSettings(page: Page, size: string): Promise<void> {
  if (size === "phone") {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Settings" }).click();
  } else await page.getByRole("button", { name: "Settings" }).click();
  await page.getByTestId("limits").waitFor();
}

async function type(page: Page, message: string, key: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByLabel("Message", { exact: true }).press(key);
}

function chip(page: Page, message: string, state: "run" | "turn" | "kept") {
  return page.locator(`[data-testid=queued][data-state=${state}]`).filter({ hasText: message });
}

function pauseButton(page: Page, state: "running" | "pausing" | "paused") {
  return page.locator(`[data-testid=pause][data-state=${state}]:not(:disabled)`);
}
