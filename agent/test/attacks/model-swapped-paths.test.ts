/** A link that is swapped in between the question and the use of a path leads nowhere, at any level of it. */
import { describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { isWithin } from "../../shared/rules";
import { type PreparedCall, ToolError } from "../../server/tools/tool";
import { DefinitionScene } from "../definition-scene";
import { ToolBench } from "../tools-bench";
import { levels, secret, SwappedPaths, triesOf } from "./swapped-paths";

const never = new AbortController().signal;

const patch = (...lines: string[]) => ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");

const attacks: [string, object, number][] = [
  ["read", { path: "a/b/file.txt" }, 200],
  ["write", { path: "a/b/file.txt", content: "by the model" }, 100],
  ["write", { path: "a/b/new/file.txt", content: "by the model" }, 100],
  ["edit", { path: "a/b/file.txt", oldText: "text", newText: "text." }, 100],
  ["apply_patch", { input: patch("*** Delete File: a/b/file.txt") }, 100],
  ["apply_patch", { input: patch("*** Update File: a/b/file.txt", "*** Move to: a/b/c/x") }, 100],
  ["glob", { pattern: "*.txt" }, 25],
  ["glob", { pattern: "*.txt", path: "a/b" }, 25],
  ["grep", { pattern: "text" }, 25],
  ["grep", { pattern: "text", path: "a/b/file.txt" }, 25],
  // Nothing inside has this: a file that is listed shows that the pattern occurs outside.
  ["grep", { pattern: secret, filesOnly: true }, 25],
];

describe.each(levels)("while the %s is swapped for a link that leads out", (level) => {
  test.each(attacks)("%s %j reads and writes nothing outside", async (name, input, inSuite) => {
    await using paths = await SwappedPaths.start(level);
    using bench = new ToolBench();
    const tries = triesOf(inSuite, attacks.filter(([other]) => other === name).length);
    const counts = { asked: 0, refused: 0, inside: 0, read: 0, written: 0 };
    const isOutside = ({ access }: PreparedCall) =>
      access !== undefined &&
      "path" in access &&
      [access, ...(access.also ?? [])].some(({ path }) => !isWithin(path, paths.cwd));
    const isPatch = name === "apply_patch";
    const isSwapped =
      isPatch ||
      ("path" in input && (level === "file" ? input.path === "a/b/file.txt" : input.path !== "."));
    const hasMetBoth = () => counts.asked + counts.refused > 0 && counts.inside > 0;
    // The swaps are at work only if some calls meet the link, and some the file.
    const limit = () => (isSwapped && !hasMetBoth() ? 5000 * tries : tries);
    const attack = async () => {
      const caller = bench.beside({ cwd: paths.cwd });
      const call = await caller.prepare(name, input).catch(refusal);
      if (call instanceof ToolError) counts.refused++;
      else if (isOutside(call)) counts.asked++;
      else {
        const result = await call.run().catch(refusal);
        const text = `${caller.shown}${caller.diff}${JSON.stringify(result)}`;
        const mark = "filesOnly" in input ? ".txt" : secret;
        if (text.includes(mark)) counts.read++;
        else if (result instanceof ToolError) counts.refused++;
        else counts.inside++;
        if (paths.isOutsideChanged()) counts.written++;
        if (isPatch) paths.restoreInside();
      }
    };
    // A search is a process of its own: several at once use all cores.
    const atOnce = name === "glob" || name === "grep" ? 4 : 1;
    for (let at = 0; at < limit(); at += atOnce)
      await Promise.all(Array.from({ length: atOnce }, attack));
    report(`${name} ${level}`, tries, counts);
    expect(counts).toMatchObject({ read: 0, written: 0 });
    if (isSwapped) expect(hasMetBoth()).toBe(true);
  });

  test.each(["AGENTS.md", "CLAUDE.md"])("%s is never one from outside", async (name) => {
    await using paths = await SwappedPaths.start(level, name);
    using scene = new DefinitionScene();
    const cwd = `${paths.cwd}/a/b`;
    await scene.follow(cwd, name);
    const counts = { read: 0 };
    const tries = triesOf(100);
    for (let at = 0; at < tries; at++)
      if ((await scene.prompt(cwd)).includes(secret)) counts.read++;
    report(`${name} ${level}`, tries, counts);
    expect(counts).toEqual({ read: 0 });
  });
});

test("a swapped directory shows a skill's reader no file outside", async () => {
  using scene = new DefinitionScene();
  const folder = scene.path(".claude/skills/x");
  for (const [base, content] of [
    [".claude/skills/x", "inside"],
    ["~/outside", secret],
  ]) {
    scene.write(`${base}/SKILL.md`, "---\ndescription: Helps\n---\nRead docs/a.md.");
    scene.write(`${base}/docs/a.md`, content!);
  }
  await scene.allowAll();
  const [skill] = await scene.definitions.skills(scene.project, never);
  const swapped = join(folder, "docs");
  symlinkSync(scene.path("~/outside/docs"), scene.path("link"));
  const swapper = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, "path-swapper.ts"),
      "exchange",
      swapped,
      scene.path("link"),
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  try {
    await swapper.stdout.getReader().read();
    const counts = { inside: 0, refused: 0, secret: 0 };
    const limit = triesOf(200);
    const hasMetBoth = () => counts.inside > 0 && counts.refused > 0;
    for (let at = 0; at < limit || (!hasMetBoth() && at < 50 * limit); at++) {
      const bytes = await scene.definitions
        .skillFile(skill!, "docs/a.md", never)
        .catch(() => undefined); // the link is met
      const text = bytes?.toString();
      counts[text === undefined ? "refused" : text === "inside" ? "inside" : "secret"]++;
      const now = await scene.definitions.skills(scene.project, never);
      if (now.some(({ digest }) => digest !== skill!.digest)) counts.secret++;
    }
    report("skill file", limit, counts);
    expect(counts.secret).toBe(0);
    expect(hasMetBoth()).toBe(true);
  } finally {
    swapper.kill("SIGKILL");
    await swapper.exited;
  }
});

function refusal(error: unknown): ToolError {
  if (error instanceof ToolError) return error;
  throw error;
}

function report(attack: string, tries: number, counts: object): void {
  if (process.env.REIN_TRIES === "full") console.log(attack, tries, JSON.stringify(counts));
}
