/** What can be done with messages in a real Chromium: edit an earlier one, switch between branches, links, marked words, times. */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { browserScene } from "./scene";
import { hang, text, toolCall } from "./upstream/upstream";

const scene = browserScene();

describe("a message", () => {
  test("before the last one is edited in its place, and what was said there is a click away", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    await talk(
      page,
      ["one", "First answer."],
      ["two", "Second answer."],
      ["three", "Third answer."],
    );
    await act(page, "two", "Edit").click();
    const edit = page.getByLabel("Edited text");
    expect(await edit.inputValue()).toBe("two");
    await edit.press("Escape");
    await edit.waitFor({ state: "detached" });
    expect(await act(page, "two", "Edit").evaluate((one) => one === document.activeElement)).toBe(
      true,
    );
    await act(page, "two", "Edit").press("Enter");
    await edit.fill("zwei");
    scene.upstream.script([text("Zweite Antwort.")]);
    await edit.press("Enter");
    await page.getByText("Zweite Antwort.").waitFor();
    await page.getByTestId("send").waitFor();
    expect(await said(page)).toEqual(["one", "zwei"]);
    const asked = JSON.stringify(scene.upstream.requests.at(-1)!.body["messages"]);
    expect(asked).toContain("First answer.");
    expect(asked).not.toMatch(/two|Second answer|three/);
    // By the keyboard, which stays at the switch.
    await page.getByText("2 / 2").waitFor();
    await page.getByRole("button", { name: "Show the one before" }).press("Enter");
    await page.getByText("Third answer.").waitFor();
    expect(await said(page)).toEqual(["one", "two", "three"]);
    await page
      .getByRole("button", { name: "Show the one before" })
      .and(page.locator(":focus"))
      .waitFor();
    await page.reload();
    await page.getByText("Third answer.").waitFor();
    expect(await said(page)).toEqual(["one", "two", "three"]);
    await page.getByRole("button", { name: "Show the next one" }).press("Enter");
    await page.getByText("Zweite Antwort.").waitFor();
    expect(await said(page)).toEqual(["one", "zwei"]);
    expect(opened.errors).toEqual([]);
  });

  test("is copied, and its answer is asked for again from another model", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await talk(page, ["one", "First answer."], ["two", "Second answer."]);
    // It is said for a moment only.
    const told = page.getByRole("button", { name: "Copied", exact: true }).first().waitFor();
    await act(page, "one", "Copy message").click();
    await told;
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("one");
    const rows = page.getByTestId("run-row");
    await rows.first().getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Retry with another model" }).click();
    const other = page.getByTestId("other-models").getByRole("option").nth(1);
    const name = await other.textContent();
    scene.upstream.script([text("Another one.")]);
    await other.click();
    await page.getByText("Another one.").waitFor();
    await page.getByTestId("send").waitFor();
    expect(await said(page)).toEqual(["one"]);
    const { model } = await scene.rein.session(idOf(page));
    expect(name).toBeTruthy();
    expect(JSON.stringify(scene.upstream.requests.at(-1)!.body)).toContain(model);
    expect(opened.errors).toEqual([]);
  });

  test("is not edited, and no other branch is shown, while a run runs", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    await talk(page, ["one", "First answer."]);
    scene.upstream.script([text("Again.")]);
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByText("2 / 2").waitFor();
    await page.getByTestId("send").waitFor();
    scene.upstream.script([hang]);
    await send(page, "two");
    await page.getByTestId("stop").waitFor();
    expect(await page.getByRole("button", { name: "Edit", exact: true }).count()).toBe(0);
    const before = page.getByRole("button", { name: "Show the one before" });
    expect(await before.getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Escape");
    await page.getByTestId("receipt").waitFor();
    expect(await before.getAttribute("aria-disabled")).toBe("false");
    expect(opened.errors).toEqual([]);
  });
});

describe("a link to a message", () => {
  test("leads there and marks it; to one of another branch it offers that branch", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    await talk(page, ["one", "First answer."], ["two", "Second answer."]);
    const { messages } = await scene.rein.session(idOf(page));
    const second = messages.find(
      ({ role, parts }) => role === "user" && JSON.stringify(parts).includes("two"),
    )!;
    const session = page.url();
    await page.goto(`${session}#m-${second.id}`);
    await page.locator(`#m-${second.id}:focus`).waitFor();
    expect(page.url()).toBe(session);
    await act(page, "two", "Edit").click();
    await page.getByLabel("Edited text").fill("zwei");
    scene.upstream.script([text("Zweite Antwort.")]);
    await page.getByLabel("Edited text").press("Enter");
    await page.getByText("Zweite Antwort.").waitFor();
    await page.getByTestId("send").waitFor();
    await page.goto(`${session}#m-${second.id}`);
    await page.getByText("This message is in another branch of the conversation").waitFor();
    expect(await said(page)).toEqual(["one", "zwei"]);
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.locator(`#m-${second.id}:focus`).waitFor();
    expect(await said(page)).toEqual(["one", "two"]);
    await page.goto(`${session}#m-nobody`);
    await page.getByText("The message cannot be shown").waitFor();
    expect(page.url()).toBe(session);
    expect(opened.errors.filter((error) => !error.includes("404"))).toEqual([]);
  });
});

describe("one's own messages", () => {
  test("are gone through with Alt and the arrows, also from a text of one line", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    await talk(page, ["one", "First answer."], ["two", "Second answer."], ["three", "Third one."]);
    const field = page.getByLabel("Message", { exact: true });
    await field.fill("a draft");
    for (const message of ["three", "two", "one", "one"]) {
      await page.keyboard.press("Alt+ArrowUp");
      expect(await focused(page)).toBe(message);
    }
    for (const message of ["two", "three"]) {
      await page.keyboard.press("Alt+ArrowDown");
      expect(await focused(page)).toBe(message);
    }
    await page.keyboard.press("Alt+ArrowDown");
    expect(await field.evaluate((one) => one === document.activeElement)).toBe(true);
    // In a text of several lines the keys are those of the text.
    await field.fill("a draft\nof two lines");
    await page.keyboard.press("Alt+ArrowUp");
    expect(await field.evaluate((one) => one === document.activeElement)).toBe(true);
    expect(opened.errors).toEqual([]);
  });

  test("are listed, filtered without case and accents, and gone to with the words marked", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    const hostile = "</span><img src=x onerror=alert(1)> \u202Eevil";
    await talk(page, ["Zwei Äpfel", "First answer."], [hostile, "Second answer."]);
    await page.locator("header").getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Your messages" }).click();
    const outline = page.getByRole("dialog", { name: "Your messages" });
    const options = outline.getByRole("option");
    await options.nth(1).waitFor();
    expect(await options.count()).toBe(2);
    expect(await options.nth(1).getAttribute("aria-selected")).toBe("true");
    expect(await options.nth(1).locator("img").count()).toBe(0);
    expect(await options.nth(1).textContent()).not.toContain("\u202E");
    // The keys go round.
    for (const index of [0, 1, 0]) {
      await page.keyboard.press("ArrowUp");
      expect(await options.nth(index).getAttribute("aria-selected")).toBe("true");
    }
    await page.keyboard.type("nothing like it");
    await outline.getByText("Nothing found.").waitFor();
    await page.keyboard.press("Enter");
    await outline.getByRole("combobox").fill("apfel");
    expect(await options.count()).toBe(1);
    await page.keyboard.press("Enter");
    await outline.waitFor({ state: "detached" });
    await page.locator("[data-testid=message]:focus", { hasText: "Zwei Äpfel" }).waitFor();
    expect(await page.evaluate(() => CSS.highlights.get("found")?.size)).toBe(1);
    expect(opened.errors).toEqual([]);
  });
});

describe("the files of what has left the conversation", () => {
  test("are offered once: restored with one question about later runs, and redone on the way back", async () => {
    await using opened = await scene.open();
    const { page } = opened;
    const sessionId = await writeFiles("a.txt", "b.txt");
    await page.goto(`${scene.rein.url}/s/${sessionId}`);
    await act(page, "a.txt", "Edit").click();
    scene.upstream.script([write("c.txt")], [text("Written instead.")]);
    await page.getByLabel("Edited text").fill("c.txt, please");
    await page.getByLabel("Edited text").press("Enter");
    await page.getByText("Written instead.").waitFor();
    const offer = page.getByTestId("branch-files");
    await offer.getByText("2 files were changed by what is no longer").waitFor();
    await offer.getByRole("button", { name: "Restore them" }).click();
    await page.getByRole("button", { name: "Undo", exact: true }).click();
    await page.getByText("Undone: 2 files").waitFor();
    await offer.waitFor({ state: "detached" });
    expect(readdirSync(scene.rein.cwd)).toEqual(["c.txt"]);
    await page.getByRole("button", { name: "Show the one before" }).click();
    await offer.getByText("1 file was changed by what is no longer").waitFor();
    await offer.getByText("2 files of this conversation were undone.").waitFor();
    await offer.getByRole("button", { name: "Restore them" }).click();
    await page.getByText("Redone: 2 files").waitFor();
    expect(readdirSync(scene.rein.cwd).toSorted()).toEqual(["a.txt", "b.txt"]);
    // What a person undoes alone is no question.
    await page.getByTestId("run-row").last().getByRole("button", { name: "Undo changes" }).click();
    await page.getByText("Undone: 1 file").waitFor();
    await talk(page, ["and now", "Nothing more."]);
    expect(await offer.count()).toBe(0);
    expect(opened.errors.filter((error) => !error.includes("409"))).toEqual([]);
  });

  test("are left as they are by the next message, and by two pages at once restored once", async () => {
    await using first = await scene.open();
    const sessionId = await writeFiles("a.txt", "b.txt");
    await first.page.goto(`${scene.rein.url}/s/${sessionId}`);
    await act(first.page, "a.txt", "Edit").waitFor({ state: "attached" });
    await using second = await scene.open();
    await second.page.goto(first.page.url());
    await act(second.page, "a.txt", "Edit").waitFor({ state: "attached" });
    scene.upstream.script([text("Nothing.")]);
    const { runs } = await scene.rein.session(sessionId);
    await scene.rein.chat({ sessionId, message: "eins", retryOf: runs[0]!.id }).ended;
    const pages = [first.page, second.page];
    for (const page of pages) await page.getByTestId("branch-files").waitFor();
    // Both have asked before one is answered: what the first restores takes the button from the other.
    const both = Promise.withResolvers<void>();
    let asked = 0;
    for (const page of pages)
      await page.route("**/api/sessions/*/runs/*/undo", async (route) => {
        if (++asked === pages.length) both.resolve();
        await both.promise;
        await route.continue();
      });
    await Promise.all(
      pages.map((page) => page.getByRole("button", { name: "Restore them" }).click()),
    );
    for (const page of pages) await page.getByTestId("branch-files").waitFor({ state: "detached" });
    expect(readdirSync(scene.rein.cwd)).toEqual([]);
    for (const page of pages) expect(await page.getByText("The undo failed").count()).toBe(0);
    await first.page.getByRole("button", { name: "Show the one before" }).click();
    await first.page.getByText("2 files of this conversation were undone.").waitFor();
    await talk(first.page, ["go on", "Gone on."]);
    await first.page.getByTestId("branch-files").waitFor({ state: "detached" });
    expect(readdirSync(scene.rein.cwd)).toEqual([]);
  });
});

test("two pages, of which one edits and one shows another branch: both show the same", async () => {
  await using first = await scene.open();
  await talk(first.page, ["one", "First answer."]);
  scene.upstream.script([text("Again.")]);
  await first.page.getByRole("button", { name: "Retry", exact: true }).click();
  await first.page.getByText("Again.").waitFor();
  await first.page.getByTestId("send").waitFor();
  await using second = await scene.open();
  await second.page.goto(first.page.url());
  await second.page.getByText("Again.").waitFor();
  await act(first.page, "one", "Edit").click();
  await first.page.getByLabel("Edited text").fill("eins");
  await second.page.getByRole("button", { name: "Show the one before" }).click();
  for (const { page } of [first, second]) await page.getByText("First answer.").waitFor();
  // What is edited is in the branch that is shown no more: nothing is lost, and it is there again with its branch.
  expect(await first.page.getByLabel("Edited text").count()).toBe(0);
  await first.page.getByRole("button", { name: "Show the next one" }).click();
  expect(await first.page.getByLabel("Edited text").inputValue()).toBe("eins");
  await second.page.getByText("Again.").waitFor();
  expect([first.errors, second.errors]).toEqual([[], []]);
});

const write = (path: string) => toolCall("write", { path, content: "text" });

/** One run for each. Returns the id of their session. */
async function writeFiles(...paths: string[]): Promise<string> {
  let sessionId: string | undefined;
  for (const path of paths) {
    scene.upstream.script([write(path)], [text(`Wrote ${path}.`)]);
    const chat = scene.rein.chat({
      message: `${path}, please`,
      permissions: "all",
      ...(sessionId !== undefined && { sessionId }),
    });
    await chat.ended;
    sessionId = chat.sessionId;
  }
  return sessionId!;
}

async function talk(page: Page, ...turns: [string, string][]): Promise<void> {
  for (const [message, answer] of turns) {
    scene.upstream.script([text(answer)]);
    await send(page, message);
    await page.getByText(answer).waitFor();
    await page.getByTestId("send").waitFor();
  }
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}

function said(page: Page): Promise<string[]> {
  return page.locator("[data-testid=message][data-role=user]").allTextContents();
}

/** What can be done with the message of this text. */
function act(page: Page, message: string, name: string) {
  const article = page.locator("[data-testid=message][data-role=user]", { hasText: message });
  return article.locator("+ div").getByRole("button", { name, exact: true });
}

function focused(page: Page): Promise<string | null> {
  return page.locator("[data-testid=message]:focus").textContent();
}

function idOf(page: Page): string {
  return new URL(page.url()).pathname.split("/").at(-1)!;
}
