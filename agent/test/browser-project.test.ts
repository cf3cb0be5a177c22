/** What a project brings, on the page: one question that shows all of it, its commands in the input, notes about it, and the person's own in the settings. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import type { MemoryAnswer, ProjectView } from "../shared/protocol";
import { axeFaults } from "./axe";
import { screenSizes } from "./browser";
import { fitFaults } from "./page-fit";
import { browserScene } from "./scene";
import { hang, text, toolCall } from "./upstream/upstream";

const scene = browserScene();
const still = { reducedMotion: "reduce" } as const;

const command = (prompt: string) =>
  `---\ndescription: Reviews a change\nargument-hint: "[branch]"\nallowed-tools: Bash(git diff:*)\n---\n${prompt}\n`;

function project(files: Record<string, string>) {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-brought-")));
  mkdirSync(join(cwd, ".git"));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  return { cwd, write, [Symbol.dispose]: () => rmSync(cwd, { recursive: true, force: true }) };
}

/** A session there, and the page that shows it. */
async function openIn(page: Page, cwd: string): Promise<void> {
  scene.upstream.script([text("Hello.")]);
  const chat = scene.rein.chat({ message: "Hi", cwd, onDisconnect: "continue" });
  await chat.ended;
  await page.goto(`${scene.rein.url}/s/${chat.sessionId}`);
}

async function standings(cwd: string): Promise<Record<string, string>> {
  const path = `/api/project?cwd=${encodeURIComponent(cwd)}`;
  const { definitions } = await scene.rein.json<ProjectView>(path);
  const own = definitions.filter(({ origin }) => origin === "project");
  return Object.fromEntries(own.map(({ name, standing }) => [name, standing]));
}

for (const device of ["desktop", "phone"] as const)
  test(`all that a project brings is shown whole in one question, and allowed once it was on the screen: ${device}`, async () => {
    const long = Array.from({ length: 120 }, (_, at) => `Rule ${at}`).join("\n");
    using place = project({
      "AGENTS.md": `Use tabs.\u202E${"x".repeat(2000)}\n${long}\n`,
      ".claude/commands/review.md": command("Review $ARGUMENTS:\n\n!`git diff HEAD`"),
      ".rein/roles/tester.md": "---\nname: tester\ndescription: Runs the tests\n---\nRun them.\n",
      ".mcp.json": JSON.stringify({ mcpServers: { tickets: { command: "node", args: ["t.js"] } } }),
    });
    await using opened = await scene.open({ ...screenSizes[device], ...still });
    const { page } = opened;
    await openIn(page, place.cwd);
    const notice = page.getByTestId("project-notice");
    await notice
      .getByText("brings 1 instruction file, 1 command, 1 role and 1 MCP server.")
      .waitFor();
    await notice.getByRole("button", { name: "Review" }).click();
    const sheet = page.getByTestId("project");
    const review = sheet.getByTestId("definition-command-review");
    await review.getByText("git diff HEAD", { exact: true }).waitFor();
    await review.getByText("It allows").waitFor();
    expect(await sheet.locator("[data-mark]").count()).toBeGreaterThan(0);
    expect(await axeFaults(page)).toEqual([]);
    if (device === "phone") expect(await fitFaults(page, [])).toEqual([]);
    // No end of a long line is beside what is seen.
    const texts = sheet.locator("pre");
    expect(
      await texts.evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth)),
    ).toEqual([]);
    const all = sheet.getByRole("button", { name: "Allow all 3 as shown" });
    // By keys alone: the focus jumps over what was not in the view.
    await all.focus();
    await page.keyboard.press("Enter");
    await page.getByText("once all of it was on the screen").waitFor();
    expect(await standings(place.cwd)).toEqual({
      "AGENTS.md": "asked",
      review: "asked",
      tester: "asked",
    });
    await seeAll(page);
    await page.waitForFunction(
      () => document.activeElement?.getAttribute("aria-disabled") === "false",
    );
    await page.keyboard.press("Enter");
    await sheet.getByTestId("project-command").getByTestId("row-command-review").waitFor();
    expect(await standings(place.cwd)).toEqual({
      "AGENTS.md": "on",
      review: "on",
      tester: "on",
    });
    // It changes, and is asked again, with what was there before; then once more while it is shown.
    place.write(".claude/commands/review.md", command(`Review all of $ARGUMENTS.\n${long}`));
    await page.getByRole("button", { name: "Close" }).click();
    await notice.getByRole("button", { name: "Review" }).click();
    await review.getByText("It has changed since you allowed it").waitFor();
    await review.locator("[data-kind=removed]").getByText("git diff HEAD").waitFor();
    // Nothing of it is hidden in what scrolls by itself.
    const own = review.locator("pre").first();
    expect(await own.evaluate((one) => one.scrollHeight <= one.clientHeight)).toBe(true);
    place.write(".claude/commands/review.md", command("Something else."));
    const allow = review.getByRole("button", { name: "Allow /review" });
    await allow.scrollIntoViewIfNeeded();
    await seeAll(page);
    await allow.click();
    await page.getByText("It has changed since it was shown").waitFor();
    expect((await standings(place.cwd))["review"]).toBe("asked");
    await review.getByRole("button", { name: "Refuse /review" }).click();
    await sheet.getByTestId("row-command-review").getByText("refused").waitFor();
    expect(opened.errors.filter((one) => !one.includes("409"))).toEqual([]);
  });

/** Scrolls through the sheet, as a person who reads it would. */
async function seeAll(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const scroller = document.querySelector("dialog [data-scroller]")!;
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    for (let at = 0; at < scroller.scrollHeight; at += scroller.clientHeight / 2) {
      scroller.scrollTop = at;
      await frame();
      await frame();
    }
  });
}

test("a command of the project is completed with its origin and sent; the message is what was typed, and opens to what was sent", async () => {
  using place = project({
    ".claude/commands/team/review.md": command("Look at $ARGUMENTS with care."),
  });
  await using opened = await scene.open();
  const { page } = opened;
  await openIn(page, place.cwd);
  const { definitions } = await scene.rein.json<ProjectView>(
    `/api/project?cwd=${encodeURIComponent(place.cwd)}`,
  );
  const answers = definitions
    .filter(({ origin }) => origin === "project")
    .map(({ kind, name, digest }) => ({ kind, name, digest, answer: "allow" }));
  await scene.rein.json("/api/project/answer", {
    method: "POST",
    body: JSON.stringify({ cwd: place.cwd, answers }),
  });
  const field = page.getByLabel("Message", { exact: true });
  const message = page.getByTestId("command-message");
  scene.upstream.script([text("It is fine.")]);
  await field.pressSequentially("/team");
  const option = page.getByRole("option", { name: /team\/review/ });
  await option.getByText("Reviews a change · [branch] · of this project").waitFor();
  await page.keyboard.press("Enter");
  expect(await field.inputValue()).toBe("/team/review ");
  await page.keyboard.type("main");
  await page.keyboard.press("Enter");
  await page.getByText("It is fine.").waitFor();
  await message.getByText("/team/review main").waitFor();
  expect(await message.getByText("Look at main").count()).toBe(0);
  await message.getByText("a command of this project").click();
  await message.getByText("Look at main with care.").waitFor();
  // Edited as it was typed, and a command still; so is one that interrupts.
  scene.upstream.script([hang], [text("All is fine.")]);
  const asked = scene.upstream.requests.length;
  await page.getByTestId("edit").last().click();
  const edited = page.getByLabel("Edited text");
  expect(await edited.inputValue()).toBe("/team/review main");
  await edited.fill("/team/review all");
  await edited.press("Enter");
  await message.getByText("/team/review all").waitFor();
  await scene.upstream.request(asked);
  await field.fill("/team/review more");
  await page.getByRole("button", { name: "Interrupt and send" }).click();
  await page.getByText("All is fine.").waitFor();
  await message.getByText("/team/review more").waitFor();
  expect(JSON.stringify(scene.upstream.requests.at(-1)?.body)).toContain("Look at more with care.");
  // Sent before the commands are known, it waits for them.
  const listed = Promise.withResolvers<void>();
  const list = /\/api\/project\?/;
  await page.route(list, async (route) => {
    await listed.promise;
    await route.continue();
  });
  await page.reload();
  scene.upstream.script([text("Early, and fine.")]);
  await field.fill("/team/review early");
  await field.press("Enter");
  await field.press("Enter");
  expect(await field.inputValue()).toBe("/team/review early");
  listed.resolve();
  await page.getByText("Early, and fine.").waitFor();
  await message.getByText("/team/review early").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a note that a model proposes counts once it is kept: kept, edited, refused, and removed", async () => {
  using place = project({});
  await using opened = await scene.open({ ...screenSizes.phone, ...still });
  const { page } = opened;
  await openIn(page, place.cwd);
  scene.upstream.script(
    [
      toolCall("memory", { propose: "Tests run with bun." }),
      toolCall("memory", { propose: "Lines end with CRLF." }),
      toolCall("memory", { propose: "Nobody reads this." }),
    ],
    [text("Proposed.")],
  );
  await page.getByLabel("Message", { exact: true }).fill("Remember");
  await page.getByTestId("send").click();
  await page.getByText("Proposed.", { exact: true }).waitFor();
  const notice = page.getByTestId("memory-notice");
  await notice.getByText("3 notes proposed").waitFor();
  await notice.getByRole("button", { name: "Review the notes" }).click();
  const sheet = page.getByTestId("memory");
  const kept = async () => {
    const path = `/api/memory?cwd=${encodeURIComponent(place.cwd)}`;
    const { lines } = await scene.rein.json<MemoryAnswer>(path);
    return lines.filter(({ state }) => state === "kept").map((line) => line.text);
  };
  await sheet.getByText("Tests run with bun.").waitFor();
  expect(await axeFaults(page)).toEqual([]);
  expect(await fitFaults(page, [])).toEqual([]);
  expect(await kept()).toEqual([]);
  await sheet.getByRole("button", { name: "Keep: Tests run with bun." }).click();
  await sheet.getByRole("button", { name: "Refuse: Nobody reads this." }).click();
  await sheet.getByText("Nobody reads this.").waitFor({ state: "detached" });
  await sheet.getByRole("button", { name: "Edit: Lines end with CRLF." }).click();
  const field = sheet.getByLabel("The proposed note");
  await field.fill("Lines end with LF.");
  await field.press("Enter");
  await sheet.getByRole("button", { name: "Remove: Lines end with LF." }).waitFor();
  expect(await kept()).toEqual(["Tests run with bun.", "Lines end with LF."]);
  await sheet.getByRole("button", { name: "Remove: Tests run with bun." }).click();
  await sheet.getByText("Tests run with bun.").waitFor({ state: "detached" });
  await sheet.getByLabel("A note about this project").fill("Mine.");
  await sheet.getByRole("button", { name: "Add" }).click();
  await sheet.getByRole("button", { name: "Remove: Mine." }).waitFor();
  expect(await kept()).toEqual(["Lines end with LF.", "Mine."]);
  expect(opened.errors).toEqual([]);
});

test("the settings list what is Rein’s, the person’s and the project’s, and switch the person’s off", async () => {
  const own = join(scene.rein.cwd, ".claude/agents/mine.md");
  mkdirSync(dirname(own), { recursive: true });
  writeFileSync(own, "---\nname: mine\ndescription: Mine\nmaxTurns: 7\n---\nDo it.\n");
  await using opened = await scene.open(still);
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).first().click();
  const section = page.getByTestId("definitions");
  await section.getByTestId("row-role-researcher").getByText("of Rein").waitFor();
  const row = section.getByTestId("row-role-mine");
  await row.locator("summary").click();
  await row.getByText("at most 7 turns").waitFor();
  expect(await axeFaults(page)).toEqual([]);
  await row.getByRole("button", { name: "Switch off mine" }).click();
  await row.locator("summary").getByText("off", { exact: true }).waitFor();
  const role = page.getByTestId("subagents").getByTestId("role-researcher");
  await role.locator("summary").getByText("The session’s own").waitFor();
  await row.getByRole("button", { name: "Switch on mine" }).click();
  await row.locator("summary").getByText("on", { exact: true }).waitFor();
  expect(opened.errors).toEqual([]);
});

test("a hook and a language server are added, switched off and removed in the settings; what a hook said is on the card", async () => {
  await using opened = await scene.open(still);
  const { page } = opened;
  await page.getByRole("button", { name: "Settings" }).first().click();
  const hooks = page.getByTestId("hook-settings");
  await hooks.getByRole("button", { name: "Add a hook" }).click();
  const form = hooks.getByRole("form", { name: "New hook" });
  await form.getByLabel("Name").fill("tells");
  await form.getByLabel("Tools").fill("Write|Edit");
  await form.getByLabel("Command").fill("echo Look again. >&2; exit 2");
  await form.getByRole("button", { name: "Save" }).click();
  // Beside its button: on a phone the form is longer than the screen.
  await form.getByText("expected the name of one tool").waitFor();
  await form.getByLabel("Tools").fill("glob");
  await form.getByRole("button", { name: "Save" }).click();
  const row = hooks.getByTestId("hook-tells");
  await row.getByText("After a tool: glob").waitFor();
  const servers = page.getByTestId("language-servers");
  await servers.getByRole("button", { name: "Add a language server" }).click();
  const server = servers.getByRole("form", { name: "New language server" });
  await server.getByLabel("Name").fill("ts");
  await server.getByLabel("Command").fill("typescript-language-server --stdio");
  await server.getByLabel("Files").fill("*.ts, *.tsx");
  await server.getByLabel("Language, as").fill("typescript");
  await server.getByRole("button", { name: "Save" }).click();
  const own = servers.getByTestId("language-server-ts");
  await own.getByText("*.ts, *.tsx").waitFor();
  await own.locator("summary").click();
  await own.getByRole("button", { name: "Switch off ts" }).click();
  await own.locator("summary").getByText("off", { exact: true }).waitFor();
  await own.getByRole("button", { name: "Remove ts" }).click();
  await own.waitFor({ state: "detached" });
  expect(await axeFaults(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).click();
  scene.upstream.script([toolCall("glob", { pattern: "*" })], [text("I looked.")]);
  await page.getByLabel("Message", { exact: true }).fill("Look");
  await page.getByTestId("send").click();
  await page.getByText("I looked.").waitFor();
  const line = page.getByTestId("tool-card").getByTestId("hooks");
  await line.getByText(/^Hook tells, after a tool: /).waitFor();
  await line.getByText("Look again.").waitFor();
  await page.getByRole("button", { name: "Settings" }).first().click();
  await row.locator("summary").click();
  await row.getByRole("button", { name: "Switch off tells" }).click();
  await row.locator("summary").getByText("off", { exact: true }).waitFor();
  // What is saved then does not switch it on.
  await row.getByLabel("Name").fill("tells all");
  await row.getByRole("button", { name: "Save" }).click();
  const renamed = hooks.getByTestId("hook-tells all");
  await renamed.locator("summary").getByText("off", { exact: true }).waitFor();
  if ((await renamed.getAttribute("open")) === null) await renamed.locator("summary").click();
  await renamed.getByRole("button", { name: "Remove tells all" }).click();
  await renamed.waitFor({ state: "detached" });
  await row.waitFor({ state: "detached" });
  expect(opened.errors.filter((one) => !one.includes("400"))).toEqual([]);
});
