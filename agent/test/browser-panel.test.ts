/** In a real Chromium: the side panel with files, changes as a review, processes and the to-do list. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { phone } from "./browser";
import { gitIn } from "./git-in";
import { beginRepository, numbered, openTree } from "./review-page";
import { browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();
const hostileName = 'a "quoted"\n<img src=x onerror=alert(1)>‮.ts';

test("files are browsed with the keyboard, read, and lines of them commented on into the next message", async () => {
  const { cwd, write } = directory();
  mkdirSync(join(cwd, "src"));
  write("src/a.ts", "const one = 1;\nconst two = `\n${one}`;\n");
  write(hostileName, "x\n");
  symlinkSync("/etc", join(cwd, "link"));
  await using opened = await show();
  const { page } = opened;
  await page.keyboard.press("Control+b");
  const panel = page.getByTestId("side-panel");
  await panel
    .getByRole("tab", { name: "Files", selected: true })
    .and(page.locator(":focus"))
    .waitFor();
  const tree = panel.getByTestId("tree");
  await tree.getByRole("treeitem", { name: "src", exact: true }).focus();
  await page.keyboard.press("ArrowRight");
  await tree.getByRole("treeitem", { name: "a.ts", exact: true }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowLeft");
  await tree
    .getByRole("treeitem", { name: "src", exact: true })
    .and(page.locator(":focus"))
    .waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const file = panel.getByTestId("file-view");
  await file.locator(".hljs-keyword").first().waitFor();
  await file.getByRole("button", { name: "Comment on line 2" }).click();
  await file.getByRole("button", { name: "Comment on line 3" }).click({ modifiers: ["Shift"] });
  await page.getByRole("textbox", { name: "Comment" }).fill("Why a template?");
  await page.keyboard.press("Control+Enter");
  const chips = page.getByTestId("comments");
  await chips.getByText("src/a.ts:2-3").waitFor();
  // They survive a reload, as the text of the message does; the panel stays open at the file.
  // Also when the directory is known a moment later.
  const shown = Promise.withResolvers<void>();
  await page.route(/\/api\/models/, async (route) => {
    await shown.promise;
    await route.continue();
  });
  await page.reload();
  await chips.getByText("Why a template?").waitFor();
  await panel.waitFor();
  shown.resolve();
  await file.getByRole("button", { name: "Comment on line 2" }).waitFor();
  await file.getByRole("button", { name: "Mention" }).click();
  scene.upstream.script([text("Because.")]);
  await page.keyboard.press("Enter");
  await page.getByText("Because.").waitFor();
  expect(lastAsked()).toEndWith(
    "@src/a.ts \n\nsrc/a.ts:2-3:\n```\nconst two = `\n${one}`;\n```\nWhy a template?",
  );
  await chips.waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

test("a hunk is accepted and reverted in one of two pages, and both show the same; a revert is taken back", async () => {
  const { cwd, write } = repository({ "a.txt": numbered(30) });
  write("a.txt", numbered(30).replace("line 2\n", "line two\n").replace("line 28\n", "line 28b\n"));
  await using one = await show();
  await using other = await show(await sessionOf(one.page));
  await openTree(one.page);
  await openTree(other.page);
  await one.page
    .getByTestId("hunk")
    .nth(1)
    .getByRole("button", { name: /^Accept/ })
    .click();
  for (const { page } of [one, other])
    await page.locator("[data-testid=hunk][data-accepted]").waitFor();
  await other.page.route("**/api/review?*", (route) => route.abort());
  await one.page
    .getByTestId("hunk")
    .first()
    .getByRole("button", { name: /^Revert/ })
    .click();
  await one.page.getByTestId("reverted").waitFor();
  expect(readFileSync(join(cwd, "a.txt"), "utf8")).toContain("line 2\n");
  // This page has not read it anew: the server refuses what is no longer there.
  await other.page
    .getByTestId("hunk")
    .first()
    .getByRole("button", { name: /^Revert/ })
    .click();
  await other.page.getByText("It was not reverted").waitFor();
  await other.page.unroute("**/api/review?*");
  await other.page.getByRole("button", { name: "Read again" }).click();
  await other.page.getByTestId("hunk").nth(1).waitFor({ state: "detached" });
  await one.page.getByTestId("reverted").getByRole("button", { name: "Undo" }).press("Enter");
  for (const { page } of [one, other]) await page.getByTestId("hunk").nth(1).waitFor();
  expect(readFileSync(join(cwd, "a.txt"), "utf8")).toContain("line two\n");
  expect(one.errors).toEqual([]);
});

test("changes are commented on side by side, and committed with a message that the model drafts; a draft is stopped", async () => {
  const { cwd, write } = repository({ "a.ts": "const a = 1;\n", "b.ts": "const b = 1;\n" });
  write("a.ts", "const a = 2;\n");
  write("b.ts", "const b = 2;\n");
  await using opened = await show();
  const { page } = opened;
  await openTree(page);
  await page.getByRole("button", { name: "Side by side" }).click();
  const first = page.getByTestId("reviewed-file").first();
  await first.getByRole("button", { name: "Comment on removed line 1" }).click();
  await page.getByRole("textbox", { name: "Comment" }).fill("It was fine.");
  await page.getByRole("button", { name: "Add comment" }).click();
  await page.getByTestId("comments").getByText("a.ts:1").waitFor();

  const commit = page.getByTestId("commit");
  await page.getByRole("checkbox", { name: "Commit b.ts" }).uncheck();
  const gate = makeGate();
  const before = scene.upstream.requests.length;
  scene.upstream.script([gate, text("Never.")]);
  await commit.getByRole("button", { name: "Draft the message" }).click();
  const asked = await scene.upstream.request(before);
  await page.keyboard.press("Escape");
  expect(await asked.ended).toBe("client");
  await commit.getByRole("button", { name: "Draft the message" }).waitFor();
  gate.open();
  scene.upstream.script([text("a: count to two")]);
  await commit.getByRole("button", { name: "Draft the message" }).click();
  await page.waitForFunction(
    () =>
      document.querySelector<HTMLTextAreaElement>("[name=commit-message]")?.value ===
      "a: count to two",
  );
  await commit.getByRole("button", { name: "Commit 1 file" }).click();
  await commit
    .getByTestId("commit-state")
    .getByText(/^Committed/)
    .waitFor();
  await first.getByText("b.ts").waitFor();
  expect(gitIn(cwd)("log", "--format=%s", "-1").trim()).toBe("a: count to two");
  expect(gitIn(cwd)("status", "--porcelain").trim()).toBe("M b.ts");
  expect(opened.errors).toEqual([]);
});

test("on a phone the panel covers the page, Escape and back close it, and its width is kept on a desktop", async () => {
  directory();
  {
    await using small = await show(undefined, { viewport: phone, hasTouch: true, isMobile: true });
    const { page } = small;
    await page.getByRole("button", { name: "Side panel" }).tap();
    const panel = page.getByTestId("side-panel");
    await panel.getByRole("tab", { name: "To-do" }).tap();
    await panel.getByText("No to-do list.").waitFor();
    expect((await panel.boundingBox())!.width).toBe(phone.width);
    await page.goBack();
    await panel.waitFor({ state: "detached" });
    expect(small.errors).toEqual([]);
  }
  await using opened = await show();
  const { page } = opened;
  await page.getByRole("button", { name: "Side panel" }).click();
  const edge = page.getByRole("separator", { name: "Width of the side panel" });
  await edge.focus();
  const width = Number(await edge.getAttribute("aria-valuenow"));
  await page.keyboard.press("ArrowRight");
  expect(Number(await edge.getAttribute("aria-valuenow"))).toBe(width - 24);
  await page.reload();
  await edge.waitFor();
  expect(Number(await edge.getAttribute("aria-valuenow"))).toBe(width - 24);
  await page.keyboard.press("Control+b");
  await edge.waitFor({ state: "detached" });
});

function directory() {
  const { cwd } = scene.rein;
  return { cwd, write: (name: string, content: string) => writeFileSync(join(cwd, name), content) };
}

function repository(files: Record<string, string>) {
  const place = directory();
  beginRepository(place.cwd, files);
  return place;
}

/** A page on a session, a new one unless given. */
async function show(sessionId?: string, options: Parameters<typeof scene.open>[0] = {}) {
  const opened = await scene.open(options);
  let id = sessionId;
  if (id === undefined) {
    scene.upstream.script([text("Yes.")]);
    const chat = scene.rein.chat({
      provider: "anthropic",
      model: "claude-scripted",
      message: "Hello",
      onDisconnect: "continue",
    });
    await chat.ended;
    id = chat.sessionId;
  }
  await opened.page.goto(`${scene.rein.url}/s/${id}`);
  await opened.page.getByText("Yes.").waitFor();
  return opened;
}

async function sessionOf(page: Page): Promise<string> {
  return new URL(page.url()).pathname.replace("/s/", "");
}

/** What the last message to the model says. */
function lastAsked(): string {
  const body = scene.upstream.requests.at(-1)?.body as
    | { messages: { content: string | { text?: string }[] }[] }
    | undefined;
  const content = body?.messages.at(-1)?.content ?? "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}
