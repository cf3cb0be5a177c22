/** The panel beside the conversation, at each of its tabs, in a repository whose names and texts are meant to be shown as they are. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitIn } from "../git-in";
import { text, toolCall } from "../upstream/upstream";
import { headerButton, screen, type Screen, scripted, show, type Stage } from "./stage";

const hostileName = 'a "quoted"\n<img src=x onerror=alert(1)>\u202Egpj.ts';

export async function* sidePanel(stage: Stage): AsyncGenerator<Screen> {
  const { page } = stage;
  await show(stage, await reviewed(stage));
  await headerButton(page, /^Side panel/).click();
  const panel = page.getByTestId("side-panel");
  const tab = (name: string) => panel.getByRole("tab", { name }).click();
  await tab("Files");
  await panel.getByRole("treeitem", { name: "src", exact: true }).click();
  await panel.getByRole("treeitem", { name: "deep", exact: true }).click();
  await panel.getByRole("treeitem", { name: "steps.ts", exact: true }).waitFor();
  yield screen("side-files");
  await panel.getByRole("treeitem", { name: "steps.ts", exact: true }).click();
  await panel.locator(".hljs-keyword").first().waitFor();
  await panel.getByRole("button", { name: "Comment on line 3", exact: true }).click();
  await panel.getByRole("textbox", { name: "Comment" }).fill("Why three?");
  yield screen("side-file");
  await panel.getByRole("button", { name: "Add comment" }).click();
  await panel.getByRole("button", { name: "All files" }).click();
  await tab("Changes");
  await panel.getByRole("radio", { name: "Working tree" }).check({ force: true });
  const hunks = panel.getByTestId("hunk");
  await hunks.nth(2).locator(".hljs-number").first().waitFor();
  await hunks
    .last()
    .getByRole("button", { name: /^Accept/ })
    .click();
  await panel.locator("[data-testid=hunk][data-accepted]").waitFor();
  yield screen("side-changes");
  await panel.getByRole("button", { name: "Side by side" }).click();
  await panel
    .getByRole("button", { name: /^Revert .*steps\.ts @@/ })
    .first()
    .click();
  await panel.getByTestId("reverted").waitFor();
  // The changes are read again: what is committed is what is shown.
  await panel
    .getByRole("button", { name: /^Revert .*steps\.ts @@/ })
    .nth(1)
    .waitFor({ state: "detached" });
  yield screen("side-changes-split");
  const commit = panel.getByTestId("commit");
  await commit.getByRole("textbox").fill("Count further\n\nThree was not enough.");
  await commit.getByRole("checkbox").check();
  await commit.getByRole("button", { name: /^Commit \d/ }).click();
  await commit.getByText("Not committed").waitFor();
  await commit.scrollIntoViewIfNeeded();
  yield screen("side-commit");
  await panel.getByRole("button", { name: "Side by side" }).click();
  await tab("To-do");
  await panel.getByText("Count further", { exact: true }).waitFor();
  yield screen("side-to-do");
  await panel.getByRole("button", { name: "Close the side panel" }).click();
}

/** A session that keeps a to-do list, in a repository with changes that are not committed and with a hook that refuses. */
async function reviewed({ rein, upstream }: Stage) {
  const cwd = join(rein.cwd, "a reviewed project");
  const write = (name: string, content: string) => writeFileSync(join(cwd, name), content);
  mkdirSync(join(cwd, "src", "deep"), { recursive: true });
  const git = gitIn(cwd);
  git("init", "-q", "-b", "main");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.org");
  write("src/deep/steps.ts", steps("1", "20"));
  write(hostileName, "export const a = 1;\n");
  write("src/notes.md", "# Notes\n\nOne.\n");
  write(".gitignore", "built\n");
  write("built", "");
  symlinkSync("/etc", join(cwd, "link"));
  git("add", "-A");
  git("commit", "-q", "-m", "First");
  write("src/deep/steps.ts", steps("3", "21"));
  write(hostileName, "export const a = 2; // \u202E now\u001B[31m\n");
  write("new file.txt", "A line that is long enough to be wrapped on every screen. ".repeat(4));
  const hook = join(cwd, ".git", "hooks", "pre-commit");
  writeFileSync(
    hook,
    "#!/bin/sh\necho 'src/deep/steps.ts:3: no number may be three' >&2\nexit 1\n",
  );
  chmodSync(hook, 0o755);
  const entries = [
    { text: "Read the steps", state: "completed" },
    { text: "Count further", state: "in_progress" },
    { text: "Test it", state: "pending" },
  ];
  upstream.script([toolCall("todo", { entries })], [text("I have begun.")]);
  const chat = rein.chat({ message: "Count further", ...scripted, cwd, permissions: "all" });
  await chat.ended;
  return chat;
}

/** With two places far enough from each other to be two hunks. */
function steps(first: string, last: string): string {
  const middle = Array.from({ length: 16 }, (_, index) => `  step(${index}); // as before`);
  return [
    "/** Counts. */",
    "export function count(step: (at: number) => void): void {",
    `  step(${first});`,
    ...middle,
    `  step(${last});`,
    "}",
    "",
  ].join("\n");
}
