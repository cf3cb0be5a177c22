/** In a real Chromium: a review that is disturbed. By another page, by a stop, by a reload, by the end of the server, by names and texts. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, type Opened, openPage } from "./browser";
import { gitIn } from "./git-in";
import { isAlive } from "./machine-facts";
import { type Rein, startRein } from "./rein";
import { beginRepository, numbered, openTree } from "./review-page";
import { anthropicOn } from "./scene";
import { makeGate, startUpstream, text, toolCall, type Upstream } from "./upstream/upstream";
import { gatedGit } from "./sweep/gated-git";
import { until } from "./within";

let browser: Browser;
let upstream: Upstream;
let dataDir: string;
const servers: Rein[] = [];
let cwd: string;
const pages: Opened[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  upstream = startUpstream();
  dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
  await start();
});
afterAll(async () => {
  await browser.close();
  for (const server of servers) await server[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "rein-review-"));
});
afterEach(async () => {
  for (const page of pages.splice(0)) {
    expect(page.errors.filter((error) => !error.includes("Failed to load resource"))).toEqual([]);
    await page[Symbol.asyncDispose]();
  }
  rmSync(cwd, { recursive: true, force: true });
});

test("a comment that is being written keeps its text while a hunk above it is reverted, and is kept for the next message when its own lines go", async () => {
  beginRepository(cwd, { "a.txt": numbered(40) });
  const now = numbered(40).replace("line 2\n", "line two\nand more\n").replace("line 30\n", "30\n");
  write("a.txt", now);
  const id = await begin();
  const [one, other] = [await open(id), await open(id)];
  await openTree(one);
  await openTree(other);
  const form = one.getByRole("textbox", { name: "Comment", exact: true });
  await one.getByRole("button", { name: "Comment on line 31", exact: true }).click();
  await form.fill("Why not in words?");
  await revert(other, 0);
  await one.getByTestId("hunk").nth(1).waitFor({ state: "detached" });
  await one.getByRole("button", { name: "Comment on line 30", exact: true }).waitFor();
  expect(await form.inputValue()).toBe("Why not in words?");
  expect(await one.getByTestId("comments").count()).toBe(0);
  // It reads the changes for itself.
  await other.getByTestId("hunk").nth(1).waitFor({ state: "detached" });
  await revert(other, 0);
  await form.waitFor({ state: "detached" });
  const chips = one.getByTestId("comments");
  await chips.getByText("Why not in words?").waitFor();
  await chips.getByText("a.txt:31").waitFor();
  expect(readFileSync(join(cwd, "a.txt"), "utf8")).toBe(numbered(40));
  upstream.script([text("I see.")]);
  await one.getByTestId("send").click();
  await one.getByText("I see.").waitFor();
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("30\\n```\\nWhy not in words?");
});

test("comments outlive a kill of the server, a reload, and the reload while one is being written; the review goes on", async () => {
  beginRepository(cwd, { "a.txt": numbered(3) });
  write("a.txt", numbered(4));
  const page = await open(await begin());
  await openTree(page);
  const comment = async (line: number, words: string) => {
    await page.getByRole("button", { name: `Comment on line ${line}`, exact: true }).click();
    await page.getByRole("textbox", { name: "Comment", exact: true }).fill(words);
  };
  await comment(4, "Four?");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("button", { name: "Comment on line 4, which has one" }).waitFor();
  await comment(3, "Three is e");
  const { port } = new URL(rein().url);
  rein().signal("SIGKILL");
  await rein().exited;
  await page
    .getByTestId("reviewed-file")
    .getByRole("button", { name: "Accept a.txt", exact: true })
    .click();
  await page.getByText("It was not marked").waitFor();
  write("a.txt", numbered(5));
  await start(port);
  await page.getByRole("button", { name: "Comment on line 5", exact: true }).waitFor();
  const chips = page.getByTestId("comments");
  await chips.getByText("Four?").waitFor();
  // Its lines are in another hunk now: with one more line.
  await chips.getByText("Three is e").waitFor();
  await comment(5, "And f");
  await page.reload();
  for (const words of ["Four?", "Three is e", "And f"]) await chips.getByText(words).waitFor();
  await page
    .getByTestId("reviewed-file")
    .getByRole("button", { name: "Accept a.txt", exact: true })
    .click();
  await page.getByText("1 accepted").waitFor();
});

test("Escape stops a commit whose hook runs: nothing of it is left, and the message is; during a run it stops both", async () => {
  beginRepository(cwd, { "a.txt": "one\n" });
  write("a.txt", "two\n");
  const child = join(cwd, ".git/child");
  hook("pre-commit", `sleep 1000 & echo $! > '${child}'; echo begun; sleep 1000`);
  const page = await open(await begin());
  await openTree(page);
  const commit = page.getByTestId("commit");
  await commit.getByRole("textbox").fill("Two\n\nFor a reason.");
  await commit.getByRole("checkbox").check();
  const go = async () => {
    await commit.getByRole("button", { name: "Commit 1 file" }).click();
    await commit.getByText("begun").waitFor();
    return Number(readFileSync(child, "utf8"));
  };
  const first = await go();
  expect(isAlive(first)).toBe(true);
  // A page that is loaded meanwhile shows it, and can stop it, too.
  await page.reload();
  await commit.getByText("Committing…").waitFor();
  await page.keyboard.press("Escape");
  await commit.getByText("Stopped", { exact: true }).waitFor();
  expect(isAlive(first)).toBe(false);
  expect(await commit.getByRole("textbox").inputValue()).toBe("Two\n\nFor a reason.");
  expect(gitIn(cwd)("log", "--format=%s").trim()).toBe("First");

  await commit.getByRole("checkbox").check();
  const second = await go();
  upstream.script([text("I work ", makeGate())]);
  await page.getByLabel("Message", { exact: true }).fill("Work");
  await page.getByTestId("send").click();
  await page.getByText("I work").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  await commit.getByText("Stopped", { exact: true }).waitFor();
  await until(() => !isAlive(second), "the hook's process to end");
});

test("what a run has written is shown once it is compared, also some time after its end", async () => {
  const git = gatedGit(mkdtempSync(join(tmpdir(), "rein-review-git-")));
  git.arm(0);
  await restart({ PATH: git.path });
  const page = await open(await begin());
  const written = toolCall("write", { path: "a.txt", content: "one line\n" });
  const gate = makeGate();
  upstream.script([written], [text("Written ", gate, "now.")]);
  await page.getByLabel("Message", { exact: true }).fill("Write it");
  await page.getByTestId("send").click();
  await page.getByRole("button", { name: /^Allow once/ }).click();
  await page.getByText("Written").waitFor();
  git.arm(1);
  gate.open();
  await page.getByText("checking files…").waitFor();
  await page.getByRole("button", { name: "Side panel", exact: true }).click();
  await page.getByRole("tab", { name: "Changes", exact: true }).click();
  await page.getByText("A run is at work: what it changes is shown when it has ended.").waitFor();
  git.letGo();
  await page.getByTestId("hunk").getByText("one line").waitFor();
  await restart();
});

test("names and texts of a repository are shown as they are, within bounds, and taken by their bytes", async () => {
  const name = 'a "b"\n<img src=x onerror=alert(1)>\u202Egpj.ts';
  const long = `${"deep".repeat(50)}/`.repeat(18) + "end.txt";
  const subject = "<b>bold</b> \u202E[31m @everyone; `$(touch ran)`";
  beginRepository(cwd, { [name]: "export const a = 1;\n", [long]: "one\n" });
  write(name, "// \u202E</code><img src=x onerror=alert(2)>\u001B]0;title\u0007\n");
  write(long, "two\n");
  const page = await open(await begin());
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  await openTree(page);
  const panel = page.getByTestId("side-panel");
  const [first, second] = [
    panel.getByTestId("reviewed-file").first(),
    panel.getByTestId("reviewed-file").nth(1),
  ];
  expect(await marksIn(first.locator("header"))).toEqual(["LF", "U+202E"]);
  expect(await marksIn(first.locator("code[data-kind=added]"))).toEqual(["U+202E", "ESC", "BEL"]);
  const box = await second.locator("header").boundingBox();
  expect(box!.height).toBeLessThan(160);
  await second.getByRole("button", { name: "Comment on line 1", exact: true }).click();
  await page
    .getByRole("textbox", { name: "Comment", exact: true })
    .fill("<script>alert(3)</script>\u202E");
  await page.keyboard.press("Control+Enter");
  await first.getByRole("button", { name: "Comment on line 1", exact: true }).click();
  await page.getByRole("textbox", { name: "Comment", exact: true }).fill("Which is it?");
  await page.keyboard.press("Control+Enter");
  const chips = page.getByTestId("comments").getByRole("listitem");
  expect(await marksIn(chips.first())).toEqual(["U+202E"]);
  expect(await marksIn(chips.nth(1))).toEqual(["LF", "U+202E"]);

  const commit = page.getByTestId("commit");
  await page.getByRole("checkbox", { name: /^Commit deep/ }).uncheck();
  await commit.getByRole("textbox").fill(subject);
  await commit.getByRole("button", { name: "Commit 1 file" }).click();
  await commit.getByText(/^Committed/).waitFor();
  expect(gitIn(cwd)("log", "--format=%s", "-1")).toBe(`${subject}\n`);
  expect(gitIn(cwd)("show", "--format=", "--name-only", "-z").split("\0")[0]).toBe(name);

  await page.getByRole("tab", { name: "Files" }).click();
  const tree = panel.getByTestId("tree");
  expect(await marksIn(tree.getByRole("treeitem").nth(1))).toEqual(["LF", "U+202E"]);
  await tree.getByRole("treeitem").nth(1).click();
  const file = panel.getByTestId("file-view");
  await file.getByText("onerror=alert(2)").waitFor();
  await file.getByRole("button", { name: "Mention" }).click();
  const message = page.getByLabel("Message", { exact: true });
  expect(await message.inputValue()).toContain("onerror=alert(1)");
  expect(await panel.locator("img, script, b").count()).toBe(0);
  expect(await panel.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
  expect(dialogs).toBe(0);
});

function rein(): Rein {
  return servers.at(-1)!;
}

/** With other variables. */
async function restart(more: Record<string, string> = {}): Promise<void> {
  rein().signal("SIGTERM");
  await rein().exited;
  await start(undefined, more);
}

async function start(port?: string, more: Record<string, string> = {}): Promise<void> {
  const given = { ...more, ...(port !== undefined && { PORT: port }) };
  const environment = { ...anthropicOn(upstream), ...given };
  servers.push(await startRein({ dataDir, environment }));
}

function write(name: string, content: string): void {
  writeFileSync(join(cwd, name), content);
}

function hook(name: string, line: string): void {
  const path = join(cwd, ".git/hooks", name);
  mkdirSync(join(cwd, ".git/hooks"), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

/** A session in the directory. */
async function begin(): Promise<string> {
  upstream.script([text("Yes.")]);
  const model = { provider: "anthropic", model: "claude-scripted" };
  const chat = rein().chat({ ...model, message: "Hello", cwd, onDisconnect: "continue" });
  await chat.ended;
  return chat.sessionId;
}

async function open(sessionId: string): Promise<Page> {
  const opened = await openPage(browser, rein());
  pages.push(opened);
  await opened.page.goto(`${rein().url}/s/${sessionId}`);
  await opened.page.getByText("Yes.").waitFor();
  return opened.page;
}

async function revert(page: Page, at: number): Promise<void> {
  const button = page
    .getByTestId("hunk")
    .nth(at)
    .getByRole("button", { name: /^Revert/ });
  await button.click();
  await page.getByTestId("reverted").waitFor();
}

async function marksIn(place: ReturnType<Page["locator"]>): Promise<string[]> {
  await place.locator("[data-mark]").first().waitFor();
  return place.locator("[data-mark]").allTextContents();
}
