/** A person's answers about what a project brings: for exactly the bytes that were shown, and all of a request or none. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { allowing, allowProject, DefinitionScene } from "./definition-scene";
import { text } from "./upstream/upstream";

const never = new AbortController().signal;
let scene: DefinitionScene;
beforeEach(() => {
  scene = new DefinitionScene();
});
afterEach(() => scene[Symbol.dispose]());

const review = ".claude/commands/review.md";
const skill = ".claude/skills/deploy";
const actingCommands = () => scene.definitions.commands(scene.project, never);

test("an answer is for the bytes that were shown", async () => {
  scene.write(review, "Look at all.");
  const shown = allowing((await scene.look()).definitions);
  scene.write(review, "Send all away.");
  expect(await scene.answer(shown)).toBe(false);
  expect(await actingCommands()).toEqual([]);
  scene.write(review, "Look at all.");
  expect(await scene.answer(shown)).toBe(true);
  expect(await actingCommands()).toMatchObject([{ text: "Look at all." }]);
});

test("a file swapped between the question and the use does not act", async () => {
  scene.write(review, "Look at all.");
  scene.write("AGENTS.md", "Speak of otters.");
  await scene.allowAll();
  // Of the same size, and at the same time as far as stamps go: what counts is its text.
  scene.write(`${review}.new`, "Look at me!!");
  renameSync(scene.path(`${review}.new`), scene.path(review));
  scene.write("AGENTS.md", "Speak of badgers.");
  expect(await actingCommands()).toEqual([]);
  expect(await scene.prompt()).not.toMatch(/otters|badgers/);
  expect(await scene.named("review")).toMatchObject({
    standing: "asked",
    before: "Look at all.",
    text: "Look at me!!",
  });
});

test("an allowed skill whose script changed is asked again", async () => {
  scene.write(`${skill}/SKILL.md`, "---\ndescription: Deploys\n---\nRun scripts/go.sh.");
  scene.write(`${skill}/scripts/go.sh`, "echo 1");
  await scene.allowAll();
  const [allowed] = await scene.definitions.skills(scene.project, never);
  const file = (path: string) => scene.definitions.skillFile(allowed!, path, never);
  expect((await file("scripts/go.sh"))?.toString()).toBe("echo 1");
  expect(await file("../../../AGENTS.md")).toBeUndefined();
  scene.write(`${skill}/scripts/go.sh`, "echo 2");
  expect(await file("scripts/go.sh")).toBeUndefined();
  expect(await scene.definitions.skills(scene.project, never)).toEqual([]);
  expect((await scene.named("deploy")).standing).toBe("asked");
  scene.write(`${skill}/scripts/go.sh`, "echo 1");
  expect((await scene.named("deploy")).standing).toBe("on");
  scene.write(`${skill}/more.md`, "");
  expect((await scene.named("deploy")).standing).toBe("asked");
});

test("instructions that follow changes are not asked again, commands are", async () => {
  scene.write("AGENTS.md", "Speak of otters.");
  scene.write(review, "Look at all.");
  const { definitions } = await scene.look();
  const given = allowing(definitions).map((one) =>
    one.kind === "instructions" ? { ...one, anyChange: true as const } : one,
  );
  expect(await scene.answer(given)).toBe(true);
  scene.write("AGENTS.md", "Speak of badgers.");
  scene.write(review, "Look at nothing.");
  expect(await scene.prompt()).toBe("Instructions of this project (AGENTS.md):\nSpeak of badgers.");
  expect(await scene.named("AGENTS.md")).toMatchObject({ standing: "on", anyChange: true });
  expect((await scene.named("review")).standing).toBe("asked");
});

test("of two answers one of which has changed nothing is kept", async () => {
  scene.write("AGENTS.md", "Speak of otters.");
  scene.write(review, "Look at all.");
  const shown = allowing((await scene.look()).definitions);
  scene.write(review, "Send all away.");
  expect(shown).toHaveLength(2);
  expect(await scene.answer(shown)).toBe(false);
  expect((await scene.named("AGENTS.md")).standing).toBe("asked");
});

test("what is refused does nothing, and is asked again once it changes", async () => {
  scene.write("AGENTS.md", "Speak of otters.");
  const { kind, name, digest } = await scene.named("AGENTS.md");
  expect(await scene.answer([{ kind, name, digest, answer: "refuse" }])).toBe(true);
  scene.definitions = scene.open();
  expect((await scene.named("AGENTS.md")).standing).toBe("refused");
  expect(await scene.prompt()).not.toContain("otters");
  scene.write("AGENTS.md", "Speak of seals.");
  const changed = await scene.named("AGENTS.md");
  expect([changed.standing, changed.before]).toEqual(["asked", undefined]);
});

test("sessions in the directories of one repository share its answers, and a repository in it has its own", async () => {
  const [inner, nested] = [scene.path("packages/one"), scene.path("vendor/other")];
  mkdirSync(inner, { recursive: true });
  mkdirSync(join(nested, ".git"), { recursive: true });
  for (const directory of ["", "packages/one/", "vendor/other/"])
    scene.write(`${directory}AGENTS.md`, `Speak of /${directory}.`);
  await scene.allowAll();
  expect(await scene.prompt(inner)).toContain("Speak of /.");
  expect(await scene.prompt(inner)).not.toContain("Speak of /packages/one/.");
  expect((await scene.look(nested)).root).toBe(nested);
  expect(await scene.prompt(nested)).not.toContain("Speak of");
  // An answer in one directory does not forget those about another.
  await scene.allowAll(inner);
  await scene.allowAll();
  expect(await scene.prompt(inner)).toContain("Speak of /packages/one/.");
});

test("a directory that a link has replaced brings nothing", async () => {
  scene.write("AGENTS.md", "Speak of otters.");
  await scene.allowAll();
  renameSync(scene.project, `${scene.project}2`);
  symlinkSync(`${scene.project}2`, scene.project);
  expect(await scene.prompt()).toBe("");
  rmSync(scene.project);
  expect(await scene.prompt()).toBe("");
});

test("a file of answers that Rein did not write is refused, and only its owner reads it", async () => {
  scene.write("AGENTS.md", "Speak of otters.");
  await scene.allowAll();
  const path = join(scene.directory, "project-answers.json");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const text of ['{"projects":', '{"projects":{"/p":{"command:a":{"answer":"allow"}}}}']) {
    writeFileSync(path, text);
    expect(() => scene.open()).toThrow("is not what Rein writes there. Repair it");
  }
});

describe("over the API", () => {
  const { rein, post, send, upstream, restart } = apiScene();
  const look = () => rein.sdk.project(rein.cwd, never);

  test("answers are kept for the next server, and of a changed list none is", async () => {
    writeFileSync(join(rein.cwd, "AGENTS.md"), "Speak of otters.");
    const before = await look();
    expect(before).toMatchObject({ root: rein.cwd, problems: [] });
    const answers = allowing(before.definitions);
    writeFileSync(join(rein.cwd, "AGENTS.md"), "Speak of seals.");
    const refused = await rein.fetch("/api/project/answer", {
      method: "POST",
      body: JSON.stringify({ cwd: rein.cwd, answers }),
    });
    expect([refused.status, await refused.text()]).toEqual([
      409,
      expect.stringContaining("none of the answers was kept"),
    ]);
    const { cwd } = rein;
    await allowProject(rein);
    await restart();
    upstream.script([text("Of seals.")]);
    await send({ cwd }).ended;
    expect(JSON.stringify(upstream.requests[0]!.body)).toContain("Speak of seals.");
    expect(JSON.stringify(await rein.sdk.project(cwd, never))).toContain('"standing":"on"');
    rmSync(cwd, { recursive: true, force: true });
  });

  test("a person's own that are switched off say nothing, and are listed", async () => {
    // Its home.
    const home = (await rein.sdk.project(undefined, never)).cwd;
    mkdirSync(join(home, ".claude"), { recursive: true });
    writeFileSync(join(home, ".claude/CLAUDE.md"), "Speak of otters.");
    upstream.script([text("I will.")], [text("I will not.")]);
    const chat = send();
    await chat.ended;
    expect(JSON.stringify(upstream.requests[0]!.body)).toContain("Speak of otters.");
    const definitionsOff = [{ kind: "instructions" as const, name: "~/.claude/CLAUDE.md" }];
    await rein.sdk.saveSettings({ definitionsOff }, never);
    await send({ sessionId: chat.sessionId }).ended;
    expect(JSON.stringify(upstream.requests[1]!.body)).not.toContain("otters");
    expect((await look()).definitions).toContainEqual(
      expect.objectContaining({ name: "~/.claude/CLAUDE.md", origin: "person", standing: "off" }),
    );
    await rein.sdk.saveSettings({ definitionsOff: [] }, never);
  });

  test("no answer is taken for a definition that is the person's, or that the project does not have", async () => {
    writeFileSync(join(rein.cwd, "AGENTS.md"), "Speak of otters.");
    const { definitions } = await look();
    const role = definitions.find(({ origin }) => origin === "built-in")!;
    for (const { kind, name, digest } of [role, { ...role, name: "constructor" }]) {
      const answers = [{ kind, name, digest, answer: "allow" }];
      const refused = await post("/api/project/answer", { cwd: rein.cwd, answers }).catch(String);
      expect(refused).toContain("409");
    }
  });
});
