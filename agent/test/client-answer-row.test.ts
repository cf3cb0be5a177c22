/** In a real Chromium: the row under an answer, the edit of a message in its place, and a stop that is told once. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { phone } from "./browser";
import { browserScene } from "./scene";
import { failure, makeGate, text, toolCall } from "./upstream/upstream";

const scene = browserScene();
const touch = { viewport: phone, hasTouch: true, isMobile: true };

test("a message is edited in its place: the draft stays, Escape closes the edit, and a refused one is not lost", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("A first try.")], [text("A second try.")]);
  await send(page, "Say it");
  await page.getByText("A first try.").waitFor();
  await field(page).fill("half a thought");
  const edit = page.getByTestId("message-edit");
  const edited = page.getByLabel("Edited text");

  await shrinkToContent(page);
  await button(page, "Edit").click();
  await edited.fill("Something else");
  expect(await scrolled(page)).toBe(0);
  await page.keyboard.press("Escape");
  await edit.waitFor({ state: "detached" });
  expect(await focused(page)).toBe("Edit");

  await page.keyboard.press("Enter");
  await page.locator(":focus[name=edit]").waitFor();
  expect(await edited.inputValue()).toBe("Say it");
  await edited.fill(" ");
  expect(await edit.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
  await edited.fill("Say it");
  await edited.press("Shift+Enter");
  await edited.pressSequentially("in verse");
  // An input method's Enter takes its word.
  await edited.evaluate((element) =>
    element.dispatchEvent(
      new KeyboardEvent("keydown", {
        key: "Enter",
        code: "Enter",
        isComposing: true,
        bubbles: true,
        cancelable: true,
      }),
    ),
  );
  // A page reliably intercepts requests only from its next document on.
  await page.route(/\/api\/chat/, (route) => route.abort());
  await page.reload();
  expect(await edited.inputValue()).toBe("Say it\nin verse");

  await edited.press("Enter");
  await page.getByText("The message was not sent").waitFor();
  expect(await edited.inputValue()).toBe("Say it\nin verse");
  expect(await field(page).inputValue()).toBe("half a thought");
  expect(scene.upstream.requests.length).toBe(1);
  await page.unroute(/\/api\/chat/);
  await edited.press("Enter");
  await page.getByText("A second try.").waitFor();
  await edit.waitFor({ state: "detached" });
  expect(JSON.stringify(scene.upstream.requests[1]!.body)).toContain("Say it\\nin verse");
  expect(await field(page).inputValue()).toBe("half a thought");
  // The aborted request is no error of the page.
  expect(opened.errors.filter((one) => !one.includes("ERR_FAILED"))).toEqual([]);
});

test("the whole answer is copied as Markdown, also where the browser gives no clipboard", async () => {
  await using opened = await scene.open();
  const { page, context } = opened;
  await context.addInitScript("delete Navigator.prototype.clipboard");
  await page.reload();
  expect(await page.evaluate(() => "clipboard" in navigator)).toBe(false);
  scene.upstream.script(
    [text("**First** this."), toolCall("read", { path: "none" })],
    [text("- and that")],
  );
  await send(page, "Say it");
  await page.getByText("and that").waitFor();
  await button(page, "Copy").click();
  await page.getByTestId("tooltip").getByText("Copied").waitFor();
  await field(page).focus();
  await page.keyboard.press("Control+V");
  expect(await field(page).inputValue()).toBe("**First** this.\n\n- and that");
  expect(opened.errors).toEqual([]);
});

test("the icons say their names on hover and on the keyboard's focus, and Escape with one shown still stops", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("A first try.")], [text("On and on ", makeGate())]);
  await send(page, "Say it");
  await page.getByText("A first try.").waitFor();
  const tooltip = page.getByTestId("tooltip");
  await button(page, "Retry").hover();
  await tooltip.getByText("Retry", { exact: true }).waitFor();
  await field(page).hover();
  await tooltip.waitFor({ state: "detached" });
  await button(page, "Copy").focus();
  await page.keyboard.press("Tab");
  await tooltip.getByText("Retry", { exact: true }).waitFor();
  const box = (await tooltip.boundingBox())!;
  expect(box.x).toBeGreaterThanOrEqual(0);
  await send(page, "Once more");
  await page.getByText("On and on").waitFor();
  await button(page, "Copy").first().hover();
  await tooltip.getByText("Copy", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  await tooltip.waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

test("on a phone the row is one line of touch targets, after a stop too, and a tap leaves no tooltip", async () => {
  await using opened = await scene.open(touch);
  const { page } = opened;
  scene.upstream.script(
    [toolCall("bash", { command: "echo 1 > a.txt; echo 2 > b.txt" })],
    [text("Both are written.")],
  );
  await send(page, "Write them");
  await button(page, /^Allow once/).tap();
  await page.getByText("Both are written.").waitFor();
  await page.getByTestId("open-files").waitFor();
  await expectOneLine(page, "run-footer");
  await button(page, "Edit").tap();
  expect(await page.getByTestId("tooltip").count()).toBe(0);
  await button(page, "Cancel").tap();
  scene.upstream.script([
    text("A few words "),
    toolCall("bash", { command: "echo 3 > a.txt; echo go; sleep 1000" }),
  ]);
  await send(page, "Go on");
  await button(page, /^Allow once/).tap();
  await page.getByTestId("tool-card").last().getByText("go", { exact: true }).waitFor();
  await page.getByTestId("stop").tap();
  await page.getByTestId("receipt").getByTestId("open-files").waitFor();
  await expectOneLine(page, "receipt");
  const line = (await page.getByTestId("open-receipt").locator("svg").boundingBox())!;
  expect(line.x + line.width).toBeLessThan(phone.width);
});

test("a stop is told once, where it came, without a toast", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text("The answer is ", makeGate())]);
  await send(page, "Say it");
  await page.getByText("The answer is").waitFor();
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => {
      for (const toast of document.querySelectorAll("[data-testid=toast]"))
        seen.push(toast.textContent);
    }).observe(document.body, { childList: true, subtree: true });
  });
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  await page.getByTestId("send").waitFor();
  const words = await page.locator("[data-scroller]").innerText();
  expect(words.match(/stopped|interrupted/gi)).toEqual(["Stopped"]);
  expect(words.match(/Stopped in \d+ m?s while the model was writing/g)).toHaveLength(1);
  expect(await page.evaluate("seen")).toEqual([]);
  scene.upstream.script([failure("rate-limit", { headers: { "retry-after": "300" } })]);
  await send(page, "Again");
  await page.getByTestId("retry").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("while waiting to try again").waitFor();
});

/** All that can be pressed in the last row of that name: beside each other, inside of the page, and large enough. */
async function expectOneLine(page: Page, testId: string): Promise<void> {
  const rows = page.getByTestId(testId).last().getByTestId("run-row");
  const boxes = [];
  for (const one of await rows.getByRole("button").all()) boxes.push((await one.boundingBox())!);
  expect(boxes.length).toBeGreaterThan(5);
  for (const { x, y, width, height } of boxes) {
    expect(y).toBe(boxes[0]!.y);
    expect(height).toBeGreaterThanOrEqual(44);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(phone.width);
  }
}

/** The conversation then just fits: whatever grows in it overflows. */
async function shrinkToContent(page: Page): Promise<void> {
  const free = await page
    .getByTestId("conversation")
    .evaluate((scroller) => scroller.clientHeight - scroller.firstElementChild!.clientHeight);
  const { width, height } = page.viewportSize()!;
  expect(free).toBeGreaterThan(0);
  await page.setViewportSize({ width, height: height - free });
}

/** After what has changed was laid out, and those who observe sizes have seen it. */
function scrolled(page: Page): Promise<number> {
  return page.getByTestId("conversation").evaluate(async (scroller) => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    if (scroller.scrollHeight <= scroller.clientHeight) throw new Error("Nothing overflows");
    return scroller.scrollTop;
  });
}

function button(page: Page, name: string | RegExp) {
  return page.getByRole("button", { name, exact: true });
}

function field(page: Page) {
  return page.getByLabel("Message", { exact: true });
}

function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? null);
}

async function send(page: Page, message: string): Promise<void> {
  await field(page).fill(message);
  await page.getByTestId("send").click();
}
