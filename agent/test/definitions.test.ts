/** Instructions, commands, skills and roles are read as the files that others write for them, within bounds. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { DefinitionScene } from "./definition-scene";

const never = new AbortController().signal;
let scene: DefinitionScene;
beforeEach(() => {
  scene = new DefinitionScene();
});
afterEach(() => scene[Symbol.dispose]());

test("a command of the person acts, and one of a project once it is allowed", async () => {
  scene.write("~/.claude/commands/mine.md", "Look at $ARGUMENTS.");
  scene.write(
    ".claude/commands/team/review.md",
    "---\ndescription: Reviews: all of it\nargument-hint: [file] [depth]\nallowed-tools: Bash(git diff:*), Bash, Edit\nmodel: m\n---\nReview $1.\n\nDiff: !`git diff HEAD`\n",
  );
  expect(await scene.definitions.commands(scene.project, never)).toMatchObject([
    { name: "mine", origin: "person", text: "Look at $ARGUMENTS." },
  ]);
  expect(await scene.named("team/review")).toMatchObject({
    standing: "asked",
    path: ".claude/commands/team/review.md",
    description: "Reviews: all of it",
    argumentHint: "[file] [depth]",
    runs: ["git diff HEAD"],
  });
  await scene.allowAll();
  const [, command] = await scene.definitions.commands(scene.project, never);
  expect(command).toMatchObject({
    name: "team/review",
    model: "m",
    text: "Review $1.\n\nDiff: !`git diff HEAD`",
    grants: [
      { kind: "command", match: "prefix", command: "git diff" },
      { kind: "edit", match: "directory", path: "." },
    ],
    notes: [
      "Its front matter is no YAML, so it is read line by line.",
      "Its allowed tool “Bash” allows nothing here.",
    ],
  });
});
