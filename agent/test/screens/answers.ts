/** The screens of runs that have ended: done, undone and redone, written out, tried again, failed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { failure, text, toolCall, usage } from "../upstream/upstream";
import {
  close,
  headerButton,
  newSession,
  say,
  screen,
  type Screen,
  type Stage,
  stopRun,
  variant,
} from "./stage";

export async function* settledRuns(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream, rein } = stage;
  writeFileSync(join(rein.cwd, "notes.txt"), "one\ntwo\nthree\n");
  upstream.script(
    [
      toolCall("edit", { path: "notes.txt", oldText: "two", newText: "2" }),
      toolCall("write", { path: "made.txt", content: "new\n" }),
    ],
    [text("Both files are written."), usage(12_400, 310)],
  );
  await newSession(stage);
  await headerButton(page, /^Permissions/).click();
  await page.getByRole("menuitemradio", { name: /^Allow everything/ }).click();
  await say(stage, "Change the notes");
  await page.getByText("Both files are written.").waitFor();
  await page.getByTestId("open-files").waitFor();
  yield variant("done");
  await page.getByTestId("open-files").click();
  await page.getByTestId("changed-file").first().waitFor();
  yield screen("changes-open");
  await page.getByTestId("open-details").click();
  yield screen("run-details");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menu").waitFor();
  yield screen("answer-menu");
  await close(stage);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByTestId("message-edit").waitFor();
  yield screen("edit");
  await close(stage);
  await page.getByRole("button", { name: "Undo changes" }).click();
  await page.getByText(/, undone/).waitFor();
  yield screen("undone");
  await page.getByRole("button", { name: "Redo changes" }).click();
  await page.getByRole("button", { name: "Undo changes" }).waitFor();
  yield variant("redone");
  writeFileSync(join(rein.cwd, "notes.txt"), "one\nmine\nthree\n");
  await page.getByRole("button", { name: "Undo changes" }).click();
  await page.getByTestId("undo-question").waitFor();
  yield screen("undo-question");
  await close(stage);
}

const written = [
  "Euler: $e^{i\\pi} + 1 = 0$, and with room:\n\n$$\\sum_{n=1}^{\\infty} \\frac{1}{n^2} = \\frac{\\pi^2}{6}$$",
  "```mermaid\nflowchart LR\nA[Ask] -->|by hand| B[Answer]\n```",
  "<details><summary>More of it</summary>\n\nWhat is folded.\n\n</details>",
  "A note[^1], and another[^two].\n\n[^1]: The first.\n[^two]: The second.",
  "```python\nprint('one line of code')\n```",
  `|${" A column with a long name |".repeat(8)}\n|${"--|".repeat(8)}\n|${" a value |".repeat(8)}`,
].join("\n\n");

export async function* writtenAnswers(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  upstream.script([text(written)]);
  await newSession(stage);
  await say(stage, "Write all that there is");
  await page.locator(".katex").first().waitFor();
  await page.getByTestId("send").waitFor();
  // It is drawn when it comes into sight.
  await page.locator("figure[data-diagram]").scrollIntoViewIfNeeded();
  await page.locator("figure[data-diagram=drawn]").waitFor();
  await page.locator("details").filter({ hasText: "What is folded" }).locator("summary").click();
  yield screen("written-answer");
  upstream.script([text("In short: **all of it**."), usage(4000, 20)]);
  await say(stage, "/compact");
  const card = page.getByTestId("summary");
  await card.getByText("The model sees a summary").waitFor();
  await card.locator("summary").click();
  await card.locator("strong").waitFor();
  yield screen("summary");
}

export async function* failures(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  await newSession(stage);
  upstream.script([failure("authentication")]);
  await say(stage, "Try it with that key");
  await page.getByTestId("failure").waitFor();
  yield screen("failed");
  upstream.script([text("This time it works.")]);
  await page.getByRole("button", { name: "Retry", exact: true }).click();
  await page.getByText("This time it works.").waitFor();
  await page.getByTestId("send").waitFor();
  await page.getByText("2 / 2").waitFor();
  yield variant("said-anew");
  await page.getByTestId("run-row").getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Retry with another model" }).click();
  await page.getByTestId("other-models").waitFor();
  yield screen("other-models");
  await page.locator("header").getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Your messages" }).click();
  await page.getByTestId("outline").waitFor();
  yield screen("outline");
  // Beside it.
  await page.mouse.click(3, 3);
  await page.getByTestId("outline").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Show the one before" }).click();
  await page.getByTestId("failure").waitFor();
  yield screen("other-branch");
  await page.getByRole("button", { name: "Show the next one" }).click();
  await page.getByText("This time it works.").waitFor();
  upstream.script([failure("rate-limit", { headers: { "retry-after": "300" } })]);
  await say(stage, "Try it again");
  await page.getByTestId("retry").waitFor();
  yield screen("retry-countdown");
  await stopRun(stage);
  await page.context().setOffline(true);
  // The open stream would go on: only a new one fails.
  await page.goBack();
  await page.getByTestId("connection").waitFor();
  await page.getByRole("heading", { name: "Session not loaded yet" }).waitFor();
  yield screen("connection-lost");
  await page.context().setOffline(false);
  await page.getByTestId("connection").waitFor({ state: "hidden" });
}
