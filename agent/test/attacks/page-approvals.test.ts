/** An approval on the page: all of what is asked can be seen, before it can be allowed, and only a press meant for it counts. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { phone } from "../browser";
import { untilFile } from "../machine-facts";
import { browserScene } from "../scene";
import { makeGate, text, toolCall } from "../upstream/upstream";
import { until } from "../within";

const scene = browserScene();
const ready = "[data-testid=approval][data-ready]";

test("a command is shown whole, with a mark for every character that hides something, and is what runs", async () => {
  await using opened = await scene.open({ viewport: phone });
  const { page } = opened;
  const command = `printf 'ok\r\u001b[2K\u202e${"x".repeat(1500)}' > a;\n\n\n\n\n\n\necho  \\\n  hidden \u200b> b # аb`;
  await ask(page, toolCall("bash", { command, background: false, timeoutSeconds: 7, pty: true }));
  const box = page.getByTestId("approval");
  const drawn = `printf 'okCR ESC[2KU+202E${"x".repeat(1500)}' > a;\n6 blank lines\necho  \\\n  hidden U+200B> b # а U+0430b`;
  expect(await box.locator("pre").allTextContents()).toEqual([drawn]);
  expect(
    await box
      .getByRole("img")
      .evaluateAll((marks) => marks.map((mark) => mark.getAttribute("title"))),
  ).toEqual([
    "carriage return, escape",
    "right-to-left override",
    "blank lines",
    "zero-width space",
    "not an ASCII character",
  ]);
  expect(await box.getByRole("listitem").allTextContents()).toEqual([
    "Ended after 7 s at the latest",
    "With a terminal",
  ]);
  expect(await overflowing(page)).toEqual([]);
  // The rest of the card says nothing of the command that would be cut.
  expect(await page.getByTestId("tool-card").locator("code").count()).toBe(0);
  await press(page, "Allow once");
  await page.getByText("The end.").waitFor();
  expect(existsSync(join(scene.rein.cwd, "b"))).toBe(true);
  expect(await Bun.file(join(scene.rein.cwd, "a")).text()).toBe(
    `ok\r\u001b[2K\u202e${"x".repeat(1500)}`,
  );
  expect(opened.errors).toEqual([]);
});

test("a line that wraps is drawn as one: each has one number beside it, and a run of spaces is a mark", async () => {
  await using opened = await scene.open({ viewport: phone });
  const { page } = opened;
  const command = `# ${"words ".repeat(12)}\n# and${" ".repeat(3000)}; touch hidden\n\ttouch seen`;
  await ask(page, toolCall("bash", { command }));
  const lines = page.getByTestId("approval").locator("pre [data-line]");
  expect(await lines.evaluateAll((all) => all.map((one) => one.textContent))).toEqual([
    `# ${"words ".repeat(11)}words·\n`,
    "# and3,000 spaces; touch hidden\n",
    "\ttouch seen",
  ]);
  // Nothing of the text, of a wrapped line neither, is where the numbers are.
  const overlaps = await lines.evaluateAll((all) =>
    all.map((line) => {
      const range = document.createRange();
      range.selectNodeContents(line);
      const width = parseFloat(getComputedStyle(line, "::before").width);
      const edge = line.getBoundingClientRect().left + width;
      return [...range.getClientRects()].filter(({ left }) => left < edge).length;
    }),
  );
  expect(overlaps).toEqual([0, 0, 0]);
  expect(await overflowing(page)).toEqual([]);
  await press(page, "Deny");
  await page.getByText("The end.").waitFor();
});

test("a content of 1,000 lines cannot be allowed before all of it has been opened; it can be denied", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const content = `${Array.from({ length: 1000 }, (_, i) => `line ${i}`).join("\n")}\n`;
  const call = toolCall("write", { path: "big.txt", content }, { pieceLength: 5000 });
  scene.upstream.script([call]);
  await ask(page, call);
  for (const [name, path] of [
    ["Allow once", "big.txt"],
    [/^Always/, "big.txt"],
    ["More", "big.txt"],
  ] as const) {
    const button = page.getByTestId("approval").getByRole("button", { name });
    expect([name, await button.getAttribute("aria-disabled")]).toEqual([name, "true"]);
    const reason = await button.getAttribute("aria-describedby");
    expect(await page.locator(`[id="${reason}"]`).textContent()).toContain("before you allow it");
    await button.dispatchEvent("click");
    await button.press("Enter");
    expect(existsSync(join(scene.rein.cwd, path))).toBe(false);
  }
  expect(await page.getByRole("menu").count()).toBe(0);
  expect(scene.upstream.requests.length).toBe(1);
  await page.getByRole("button", { name: "Show all 1,000 lines" }).click();
  await untilReady(page);
  expect(await page.getByTestId("approval").locator("pre").last().textContent()).toBe(content);
  expect(await overflowing(page)).toEqual([]);
  await press(page, "Allow once");
  await untilFile(join(scene.rein.cwd, "big.txt"));
  // The second call of the same kind is denied unread.
  await until(() => existsSync(join(scene.rein.cwd, "big.txt")));
  await page
    .getByTestId("approval")
    .getByRole("button", { name: "Show all 1,000 lines" })
    .waitFor();
  expect(await Bun.file(join(scene.rein.cwd, "big.txt")).text()).toBe(content);
  await press(page, "Deny");
  await page.getByText("The end.").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a very long line is folded too; an edit shows both passages as a diff; a path outside says so", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await Bun.write(join(scene.rein.cwd, ".envrc"), "a\n-- b\nc\n");
  const command = `echo ${"a".repeat(30_000)}; touch hidden`;
  const change = { oldText: "a\n-- b\nc", newText: "a\n++ b \nc", replaceAll: true };
  scene.upstream.script(
    [toolCall("bash", { command }, { pieceLength: 5000 })],
    [toolCall("edit", { path: "./x/../.envrc", ...change })],
    [toolCall("grep", { pattern: "a\u202eb", path: "/etc/", glob: "*.conf" })],
    [text("The end.")],
  );
  await send(page, "Go");
  const box = page.getByTestId("approval");
  const drawn = async () => ({
    blocks: await box.locator("pre").allTextContents(),
    facts: await box.getByRole("listitem").allTextContents(),
  });
  await untilReady(page);
  expect(await allowOnce(page).getAttribute("aria-disabled")).toBe("true");
  await page.getByRole("button", { name: "Show all 30,019 characters" }).click();
  expect((await drawn()).blocks).toEqual([command]);
  await press(page, "Allow once");
  await page.getByRole("form", { name: /envrc/ }).waitFor();
  expect(await drawn()).toEqual({
    blocks: [".envrc", " a\n--- b\n+++ b·\n c\n"],
    facts: ["path: ./x/../.envrc", "Every occurrence in the file"],
  });
  expect(await box.textContent()).toContain("Asks each time:");
  expect(await box.getByRole("button", { name: /Always/ }).count()).toBe(0);
  await press(page, "Allow once");
  await page.getByRole("form", { name: /outside the working directory/ }).waitFor();
  expect(await drawn()).toEqual({
    blocks: ["/etc"],
    facts: ["pattern: aU+202Eb", "path: /etc/", "glob: *.conf"],
  });
  await press(page, "Deny");
  await page.getByText("The end.").waitFor();
  expect(opened.errors).toEqual([]);
});

test("a press that comes as the box appears, or as it moves under the pointer, is not an answer", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  // Presses the buttons in the very moment in which they appear, before anything is painted.
  await page.evaluate(() => {
    new MutationObserver(() => {
      for (const button of document.querySelectorAll(
        "[data-testid=approval]:not([data-seen]) button",
      ))
        (button as HTMLElement).click();
      document.querySelector("[data-testid=approval]")?.setAttribute("data-seen", "");
    }).observe(document.body, { childList: true, subtree: true });
  });
  await ask(page, toolCall("bash", { command: "touch pressed" }));
  expect(await page.getByTestId("approval").getAttribute("data-seen")).toBe("");
  // The page moves it, and in the same tick the pointer presses.
  await allowOnce(page).evaluate((button: HTMLElement) => {
    button.closest<HTMLElement>("[data-testid=tool-card]")!.style.marginTop = "40px";
    button.click();
  });
  await page.locator("[data-testid=approval]:not([data-ready])").waitFor();
  await untilReady(page);
  expect(existsSync(join(scene.rein.cwd, "pressed"))).toBe(false);
  // Typed as the focus comes to it.
  await allowOnce(page).press("Enter");
  expect(existsSync(join(scene.rein.cwd, "pressed"))).toBe(false);
  await page.locator("[data-testid=approval][data-listening]").waitFor();
  await allowOnce(page).press("Enter");
  await page.getByText("The end.").waitFor();
  expect(existsSync(join(scene.rein.cwd, "pressed"))).toBe(true);
});

test("a subagent's card shows all of what its call asks", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const command = `echo one;\n${"echo more;\n".repeat(30)}touch last`;
  scene.upstream.route(({ body }) => {
    const messages = JSON.stringify(body.messages);
    if (!messages.includes("Be alpha.") || messages.includes("Do it")) return undefined;
    return messages.includes("tool_result")
      ? [text("Alpha is done.")]
      : [toolCall("bash", { command }, { pieceLength: 500 })];
  });
  const sent = { role: "simple", title: "al\u202epha", task: "Be alpha." };
  scene.upstream.script([toolCall("subagent", sent)], [text("The end.")]);
  await send(page, "Do it");
  await untilReady(page);
  const card = page.getByTestId("subagent-card");
  expect(await card.getByTestId("approval").locator("pre").textContent()).toBe(command);
  expect(await card.getByRole("button", { name: "Open subagent al⟨U+202E⟩pha" }).count()).toBe(1);
  await press(page, "Deny");
  await page.getByText("The end.").waitFor();
});

test("what a session was allowed is listed and can be taken back; the directory's rules are added, changed and removed", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const gates = [makeGate(), makeGate()];
  scene.upstream.script(
    [toolCall("bash", { command: "npm\u00a0test" })],
    [text("Once more."), gates[0]!, toolCall("bash", { command: "npm\u00a0test" })],
    [text("Denied."), gates[1]!, toolCall("bash", { command: "git push --force" })],
    [text("The end.")],
  );
  await send(page, "Go");
  const always = page.getByRole("button", { name: "Always: this exact command" });
  await untilReady(page);
  await always.click();
  await page.getByText("Once more.").waitFor();
  await page.getByRole("button", { name: /^Permissions/ }).click();
  await page.getByRole("menuitem", { name: /^Rules/ }).click();
  const allowed = page.getByTestId("allowed").getByRole("listitem");
  expect(await allowed.allTextContents()).toEqual(["exactly `npmU+00A0test`Take back"]);
  await page.getByRole("button", { name: "Take back" }).click();
  await allowed.waitFor({ state: "detached" });
  await page.getByLabel("Of what").selectOption("prefix");
  await page.getByLabel("Command, path, host or tool").fill("git push");
  await page.getByRole("button", { name: "Add rule" }).click();
  const rule = page.getByTestId("rules").getByRole("listitem");
  for (const effect of ["ask", "deny"]) {
    const removed = page.waitForResponse((response) => response.request().method() === "DELETE");
    await rule.getByRole("combobox").selectOption(effect);
    await removed;
    await rule.nth(1).waitFor({ state: "detached" });
    expect(await rule.getByRole("combobox").inputValue()).toBe(effect);
  }
  await page.keyboard.press("Escape");
  gates[0]!.open();
  // Taken back: it asks again.
  await always.waitFor();
  await press(page, "Deny");
  gates[1]!.open();
  await page.getByText("The end.").waitFor();
  expect(JSON.stringify(scene.upstream.requests[3]!.body)).toContain(
    "A rule of this project forbids",
  );
  await page.getByRole("button", { name: /^Permissions/ }).click();
  await page.getByRole("menuitem", { name: /^Rules/ }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  await rule.waitFor({ state: "detached" });
  await page.getByLabel("Of what").selectOption("tool");
  await page.getByLabel("Command, path, host or tool").fill("WebFetch");
  await page.getByRole("button", { name: "Add rule" }).click();
  await rule.getByText("every use of WebFetch").waitFor();
  await page.getByRole("button", { name: "Remove" }).click();
  await rule.waitFor({ state: "detached" });
  await page.getByLabel("Of what").selectOption("host");
  await page.getByLabel("Command, path, host or tool").fill("https://Example.com:443/a");
  await page.getByRole("button", { name: "Add rule" }).click();
  await rule.getByText("fetch of any address at `example.com`").waitFor();
  await page.getByRole("button", { name: "Remove" }).click();
  await rule.waitFor({ state: "detached" });
  expect(opened.errors).toEqual([]);
});

async function ask(page: Page, call: ReturnType<typeof toolCall>): Promise<void> {
  scene.upstream.script([call], [text("The end.")]);
  await send(page, "Go");
  await untilReady(page);
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByLabel("Message", { exact: true }).press("Enter");
}

/** The buttons count once they have been in sight for a moment: what is below the fold is scrolled to first. */
async function untilReady(page: Page): Promise<void> {
  await allowOnce(page).scrollIntoViewIfNeeded();
  await page.locator(ready).waitFor();
}

async function press(page: Page, name: string): Promise<void> {
  await untilReady(page);
  await page.getByRole("button", { name }).click();
}

function allowOnce(page: Page) {
  return page.getByRole("button", { name: "Allow once" });
}

/** Elements of the approval whose content is wider or higher than they are: something would be cut, or scrolled inside. */
function overflowing(page: Page): Promise<string[]> {
  return page
    .getByTestId("approval")
    .locator("*")
    .evaluateAll((all) =>
      all
        .filter(
          (one) =>
            one.clientWidth > 0 &&
            (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1),
        )
        .map((one) => one.outerHTML),
    );
}
