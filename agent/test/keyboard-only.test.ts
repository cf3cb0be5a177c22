/** Every feature of the page by keyboard alone: each control can be reached, shows that it has the focus, and leaves it somewhere when it goes. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { choose, expectFocus, faultsOf, field, press, say, untilInField } from "./keyboard-acts";
import { untilFile } from "./machine-facts";
import { browserScene } from "./scene";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { join } from "node:path";

const scene = browserScene();

test("a run is started, allowed, steered, paused, nudged and interrupted, and a part of it stopped", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const { upstream, rein } = scene;
  const address = await rein.signInAddress();
  await page.evaluate(() => localStorage.clear());
  await page.goto(rein.url);
  await page.locator("[data-testid=sign-in] input:focus").waitFor();
  await page.keyboard.insertText(address);
  await page.keyboard.press("Enter");
  await untilInField(page);
  await press(page.locator("main").getByRole("button", { name: /^Working directory/ }));
  await page.getByRole("dialog").locator(":focus").waitFor();
  await page.keyboard.press("Escape");
  await press(field(page), "a");
  await page.keyboard.press("Backspace");

  const command = "touch began; exec sleep 1000";
  upstream.script([toolCall("bash", { command })], [text("Told ", makeGate())]);
  await say(page, "Go");
  await page.locator("[data-testid=approval][data-ready]").waitFor();
  await page.keyboard.press("Tab");
  await page.locator("[data-testid=approval][data-listening]").waitFor();
  await page.keyboard.press("a");
  await untilFile(join(rein.cwd, "began"));
  await say(page, "Queued");
  const queued = page.getByTestId("queued");
  await queued.filter({ hasText: "Queued" }).waitFor();
  await say(page, "Steered", "Control+Enter");
  await queued.nth(1).waitFor();
  await press(page.getByRole("button", { name: "Remove: Queued" }));
  await queued.nth(1).waitFor({ state: "detached" });
  await page.locator("[data-testid=queue] :focus").waitFor();
  const card = page.getByTestId("tool-card");
  const toggle = card.locator("button[aria-expanded]");
  await press(toggle, "Space");
  expect(await toggle.getAttribute("aria-expanded")).toBe("false");
  await press(card.getByRole("button", { name: "Stop bash" }));
  await page.getByText("Told").waitFor();
  await card.locator(":focus").waitFor();

  const pause = page.getByTestId("pause");
  await press(pause);
  await page.locator("[data-testid=pause][data-state=pausing]:enabled").waitFor();
  await press(pause);
  await page.locator("[data-testid=pause][data-state=paused]:enabled").waitFor();
  upstream.script([text("again ", makeGate())]);
  await press(pause);
  await page.getByText("again").waitFor();
  upstream.script([text("Nudged ", makeGate())]);
  await press(page.getByRole("button", { name: "Nudge" }));
  await page.locator("[data-testid=nudge] textarea:focus").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Nudged").waitFor();
  await expectFocus(page);

  const sent = { role: "simple", title: "alpha", task: "Be alpha." };
  upstream.route(({ body }) => {
    const said = JSON.stringify(body.messages);
    const isSubagent = said.includes("Be alpha.") && !said.includes("Instead");
    return isSubagent ? [text("Alpha has ", makeGate())] : undefined;
  });
  upstream.script([toolCall("subagent", sent)], [text("The end.")]);
  await say(page, "Instead", "Control+Shift+Enter");
  await page.getByText("Alpha has").waitFor();
  await press(page.getByRole("button", { name: "Open subagent alpha" }));
  const window = page.getByRole("dialog", { name: "alpha" });
  await press(window.getByRole("button", { name: "Stop subagent alpha" }));
  await page.getByText("The end.").waitFor();
  await window.locator(":focus").waitFor();
  await page.keyboard.press("Escape");
  await window.waitFor({ state: "detached" });
  await page.locator("[data-testid=subagent-card] :focus").waitFor();
  expect(faultsOf(opened.errors)).toEqual([]);
});

test("an answer is copied, its changes are read, undone and redone, and it is asked again; a stop leaves its receipt", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const { upstream } = scene;
  const permissions = page.locator("main").getByRole("button", { name: /^Permissions/ });
  await press(permissions);
  await page.locator("[role^=menuitem]:focus").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Permissions: Allow everything" }).waitFor();
  const write = (content: string) => toolCall("write", { path: "notes.txt", content });
  upstream.script([write("one\n")], [text("Written.")]);
  await say(page, "Write");
  const row = page.getByTestId("run-footer");
  await row.getByTestId("open-files").waitFor();
  await press(row.getByRole("button", { name: /^Copy/ }));
  await press(row.getByTestId("open-files"));
  await page.getByTestId("changed-file").first().waitFor();
  await press(row.getByRole("button", { name: /^Undo/ }));
  await row.getByRole("button", { name: /^Redo/ }).waitFor();
  await expectFocus(page);
  await press(row.getByRole("button", { name: /^Redo/ }));
  await row.getByRole("button", { name: /^Undo/ }).waitFor();
  await expectFocus(page);
  const edit = page.getByTestId("edit").last();
  await press(edit);
  await page.locator("textarea:focus:not([name=message])").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("[data-testid=edit]:focus").waitFor();
  upstream.script([text("Once more ", makeGate())]);
  await press(row.getByRole("button", { name: /^Retry/ }));
  await page.getByText("Once more").waitFor();
  await untilInField(page);
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  await press(page.getByTestId("open-receipt"));
  await page.getByText("1 model call").waitFor();
  expect(faultsOf(opened.errors)).toEqual([]);
});

test("sessions are found, renamed, exported and deleted; sheets, the page of stops, processes and notices are used", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const { upstream, rein } = scene;
  upstream.script(
    [toolCall("bash", { command: "echo ready; exec sleep 1000", background: true })],
    [text("It runs.")],
  );
  const chat = rein.chat({
    message: "Start it",
    provider: "anthropic",
    model: "scripted",
    permissions: "all",
  });
  await chat.ended;
  await page.keyboard.press("Control+k");
  const palette = page.getByTestId("palette");
  await palette.locator("[role=combobox]:focus").waitFor();
  await page.keyboard.press("Escape");
  await palette.waitFor({ state: "detached" });
  await untilInField(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("start");
  await palette.locator("[aria-selected=true]").filter({ hasText: "Start it" }).waitFor();
  await page.keyboard.press("Enter");
  const list = page.getByRole("navigation", { name: "Sessions" });
  await page.getByTestId("open-details").waitFor();
  expect(await missedByTab(page)).toEqual([]);

  await choose(page, list.getByRole("button", { name: "More for Start it" }), "Rename");
  await list.locator("input:not([type=search]):focus").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("A start");
  await page.keyboard.press("Enter");
  const more = list.getByRole("button", { name: "More for A start" });
  await more.waitFor();
  await expectFocus(page);
  const downloaded = page.waitForEvent("download");
  await choose(page, more, "Export as JSON");
  await (await downloaded).cancel();

  await press(list.getByRole("button", { name: "Settings" }));
  const settings = page.getByRole("dialog", { name: "Settings" });
  await settings.locator(":focus").waitFor();
  for (const summary of (await settings.locator("summary").all()).slice(0, 3)) {
    const isOpen = () => summary.evaluate(({ parentElement }) => parentElement!.matches("[open]"));
    const before = await isOpen();
    await press(summary);
    expect(await isOpen()).toBe(!before);
  }
  await page.keyboard.press("Escape");
  await settings.waitFor({ state: "detached" });
  await list.getByRole("button", { name: "Settings" }).and(page.locator(":focus")).waitFor();

  await press(list.getByRole("button", { name: "Stops" }));
  const stops = page.getByRole("dialog", { name: "Stops" });
  await press(stops.getByLabel("By"), "ArrowDown");
  await press(stops.getByRole("checkbox", { name: "With survivors" }), "Space");
  expect(await stops.getByRole("checkbox", { name: "With survivors" }).isChecked()).toBe(true);
  await page.keyboard.press("Escape");
  await stops.waitFor({ state: "detached" });
  await expectFocus(page);

  await choose(
    page,
    page.locator("main header").getByRole("button", { name: "More" }),
    "Processes",
  );
  const processes = page.getByRole("complementary", { name: "Side panel" });
  await press(processes.getByTestId("process").getByRole("button", { name: /^Stop/ }));
  await processes.getByRole("heading", { name: "Ended" }).waitFor();
  await processes.locator(":focus").waitFor();
  await page.keyboard.press("Control+b");
  await processes.waitFor({ state: "detached" });

  await press(field(page), "?");
  await page.getByTestId("help").getByText("From the input to a question").waitFor();
  await page.keyboard.press("Escape");
  await untilInField(page);

  await choose(page, more, "Delete");
  await more.waitFor({ state: "detached" });
  await expectFocus(page);
  await press(page.getByTestId("toast").getByRole("button", { name: "Undo" }));
  await more.waitFor();
  await expectFocus(page);
  expect(faultsOf(opened.errors)).toEqual([]);
});

/** What can be seen and pressed, and Tab does not come to on its way through the page and back. */
async function missedByTab(page: Page): Promise<string[]> {
  const controls = page.locator("button:enabled, a[href], input, select, textarea, summary");
  // Until it begins anew. What is drawn meanwhile makes the way longer.
  const isAround = () =>
    page.evaluate(() => {
      const { activeElement } = document;
      const isPassed = activeElement?.hasAttribute("data-passed");
      activeElement?.setAttribute("data-passed", "");
      return isPassed ?? false;
    });
  do await page.keyboard.press("Tab");
  while (!(await isAround()));
  return controls.evaluateAll((all) =>
    all
      .filter((one) => one.checkVisibility({ visibilityProperty: true }))
      .filter((one) => !one.hasAttribute("data-passed"))
      .map((one) => one.outerHTML),
  );
}
