/** The screens on which a person sees how an agent works, and decides about it: a project's files, a command, notes, a plan, the to-do list, a schedule. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text, toolCall } from "../upstream/upstream";
import {
  close,
  headerButton,
  newSession,
  say,
  screen,
  type Screen,
  scripted,
  send,
  show,
  type Stage,
  stopRun,
  variant,
} from "./stage";

export async function* howItWorks(stage: Stage): AsyncGenerator<Screen> {
  yield* projectFiles(stage);
  yield* plans(stage);
  yield* schedules(stage);
  await newSession(stage);
}

const files = {
  "AGENTS.md": "Use tabs.\u202E\nRun the tests before you say that it works.\n",
  ".claude/commands/review.md":
    '---\ndescription: Reviews a change\nargument-hint: "[branch]"\nallowed-tools: Bash(git diff:*), Bash\n---\nReview $ARGUMENTS:\n\n!`echo changed`\n',
  ".rein/roles/tester.md":
    "---\nname: tester\ndescription: Runs the tests\ntools: Read, Bash\nmaxTurns: 9\n---\nRun them.\n",
};

async function* projectFiles(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream, rein } = stage;
  const cwd = join(rein.cwd, "with files");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), content);
  }
  mkdirSync(join(cwd, ".git"));
  upstream.script(
    [
      toolCall("memory", { propose: "The tests run with bun." }),
      toolCall("memory", { propose: "Lines end with LF." }),
    ],
    [text("Noted.")],
  );
  const chat = rein.chat({ message: "Remember it", ...scripted, cwd });
  await chat.ended;
  await show(stage, chat);
  await page.getByTestId("memory-notice").waitFor();
  await page.getByTestId("project-notice").waitFor();
  yield screen("project-notices");
  await page.getByTestId("project-notice").getByRole("button").click();
  const question = page.getByTestId("definition-role-tester");
  await question.getByText("Run them.").waitFor();
  yield screen("project-question");
  const answers = await asked(stage, cwd);
  await send(stage, "POST", "/api/project/answer", { cwd, answers });
  writeFileSync(join(cwd, ".rein/roles/tester.md"), `${files[".rein/roles/tester.md"]}Twice.\n`);
  await close(stage);
  await page.getByTestId("project-notice").getByRole("button").click();
  await question.getByText("It has changed since you allowed it").waitFor();
  await page.getByTestId("row-command-review").locator("summary").click();
  yield screen("project-changed");
  await close(stage);
  await page.getByRole("button", { name: "Review the notes" }).click();
  await page.getByRole("button", { name: /^Keep: The tests/ }).click();
  await page.getByTestId("kept-note").waitFor();
  yield screen("notes");
  await close(stage);
  upstream.script([text("It is fine.")]);
  const field = page.getByLabel("Message", { exact: true });
  await field.fill("/rev");
  await page.getByRole("option", { name: /review/ }).waitFor();
  yield screen("command-completion");
  await field.fill("");
  await rein.chat({
    command: { name: "review", arguments: "main" },
    sessionId: chat.sessionId,
    permissions: "all",
  }).ended;
  await page.getByTestId("command-message").waitFor();
  yield screen("command-message");
}

async function asked({ rein }: Stage, cwd: string) {
  const { definitions } = await rein.sdk.project(cwd, AbortSignal.timeout(10_000));
  return definitions
    .filter(({ standing }) => standing === "asked")
    .map(({ kind, name, digest }) => ({ kind, name, digest, answer: "allow" }));
}

async function* plans(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  await newSession(stage);
  await headerButton(page, /^Permissions/).click();
  await page.getByRole("menuitemradio", { name: /^Plan/ }).click();
  const plan =
    "## How\n\n1. Read `a.txt`\n2. **Change** it\n\n| File | Change |\n|---|---|\n| a.txt | new |";
  const entry = (at: number, state: string) => ({ text: `Step ${at} of the work`, state });
  const entries = [entry(1, "completed"), entry(2, "in_progress"), entry(3, "pending")];
  upstream.script(
    [toolCall("todo", { entries })],
    [toolCall("plan", { title: "Change a.txt", plan })],
  );
  await say(stage, "Change a.txt");
  const question = page.getByTestId("plan-question");
  await question.getByRole("heading", { name: "How" }).waitFor();
  await page.getByTestId("todo").getByRole("button").first().click();
  await page.locator("[data-approval][data-ready]").waitFor();
  yield screen("plan-question");
  await question.getByRole("button", { name: "Edit" }).click();
  await question.getByLabel("The plan").waitFor();
  yield variant("plan-edited");
  await question.getByRole("button", { name: "Done editing" }).click();
  await stopRun(stage);
  await page.getByTestId("todo").locator("li[data-state=stopped]").waitFor();
  yield screen("todo-stopped");
}

async function* schedules(stage: Stage): AsyncGenerator<Screen> {
  const { page, rein } = stage;
  const when = { cron: "0 9 * * 1-5", timeZone: "Europe/Berlin" };
  const signal = AbortSignal.timeout(10_000);
  const fields = { name: "Morning look", message: "Look at the project.", when, ...scripted };
  const { id } = await rein.sdk.addSchedule(fields, signal);
  await headerButton(page, /^More/).click();
  await page.getByRole("menuitem", { name: "Schedules" }).click();
  const row = page.getByTestId("schedule-Morning look");
  await row.locator("summary").click();
  await row.getByRole("button", { name: /^Edit/ }).click();
  await row.scrollIntoViewIfNeeded();
  yield screen("schedules");
  await close(stage);
  await rein.sdk.removeSchedule(id, signal);
}
