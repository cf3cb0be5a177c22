/** What a model writes is shown as Markdown, and nothing in it can run or load anything. */
import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { nameFaults } from "./accessible-names";
import { axeFaults } from "./axe";
import { screenSizes } from "./browser";
import { fitFaults } from "./page-fit";
import { browserScene } from "./scene";
import { makeGate, text } from "./upstream/upstream";

const scene = browserScene();

const hostile = `Here it is:

<script>window.acted = 1</script>
<img src="/x" onerror="window.acted = 2">
<svg onload="window.acted = 3"></svg>
<style>body { display: none }</style>
<div class="approval" data-testid="approval" id="root">Allow?</div>
<form action="/api/stop"><button>Press</button></form>

[one](javascript:window.acted=4) [two](data:text/html,x) [three](/api/sessions) [four](https://example.test/a)

![a secret](https://example.test/leak.png)

The end.`;

test("hostile output creates no element that runs code, loads a resource or imitates a part of the page", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  scene.upstream.script([text(hostile)]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("The end.").waitFor();
  const message = page.getByTestId("message").last();
  const tags = await message.evaluate((element) =>
    [
      ...element.querySelectorAll(
        "script, img, svg, style, form, button, iframe, [class=approval], [data-testid], [id]",
      ),
    ].map((one) => one.outerHTML),
  );
  expect(tags).toEqual([]);
  expect(await message.textContent()).toContain("<script>window.acted = 1</script>");
  expect(await page.evaluate(() => "acted" in window)).toBe(false);
  expect(await page.getByTestId("approval").count()).toBe(0);
  const links = await message.evaluate((element) =>
    [...element.querySelectorAll("a[href]")].map((a) => [
      a.getAttribute("href"),
      a.getAttribute("rel"),
      a.getAttribute("target"),
    ]),
  );
  expect(links).toEqual([
    ["https://example.test/a", "noopener noreferrer", "_blank"],
    ["https://example.test/leak.png", "noopener noreferrer", "_blank"],
  ]);
  expect(fetched.filter((url) => !url.startsWith(scene.rein.url))).toEqual([]);
  expect(opened.errors).toEqual([]);
});

test("a finished block keeps its element while the text after it streams in", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const gate = makeGate();
  const code = "```ts\nconst a = 1;\nconst b = 2;\n```\n\n";
  const first = `# First\n\nSecond.\n\n${code}Third has `;
  scene.upstream.script([text(first, gate, "an end.\n\n- a\n- b\n")]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("Third has").waitFor();
  const heading = await page.getByRole("heading", { name: "First" }).elementHandle();
  const word = await page.locator("pre .hljs-keyword").first().elementHandle();
  gate.open();
  await page.getByText("Third has an end.").waitFor();
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  for (const element of [heading, word])
    expect(await element.evaluate((one) => one.isConnected)).toBe(true);
  expect(await page.getByTestId("message").last().locator("li").allTextContents()).toEqual([
    "a",
    "b",
  ]);
});

const row = (cell: string) => `|${` ${cell} |`.repeat(1000)}\n`;
const endless: Record<string, string> = {
  "lines of a paragraph": "a\n".repeat(60_000),
  quotes: `${">".repeat(4000)}${" deep\n".repeat(50)}`,
  items: "- item\n".repeat(20_000),
  "lists in each other": Array.from({ length: 500 }, (_, i) => `${"  ".repeat(i)}- item`).join(
    "\n",
  ),
  "cells of a table": row("c") + row("---") + "|x\n".repeat(5000),
  links: "[a](b) ".repeat(40_000),
  "code blocks": "```\na\n```\n".repeat(9000),
};

test("of Markdown without end so much is drawn that a press on Stop is shown, and the rest is shown as it is written", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const bounded: string[] = [];
  for (const [name, answer] of Object.entries(endless)) {
    scene.upstream.script([text(`Begin ${name}.\n\n${answer}`, makeGate())]);
    await page.getByLabel("Message", { exact: true }).fill(name);
    await page.getByLabel("Message", { exact: true }).press("Enter");
    const message = page.getByTestId("message").last();
    await message.getByText(`Begin ${name}.`).waitFor();
    await message.getByLabel("As it is written").waitFor();
    await page.getByTestId("stop").click();
    await page.getByTestId("send").waitFor();
    const elements = await message.evaluate((element) => element.querySelectorAll("*").length);
    if (elements < 16_000) bounded.push(name);
    await page.getByRole("button", { name: "New session" }).click();
    await page.getByRole("heading", { name: "New session" }).waitFor();
  }
  expect(bounded).toEqual(Object.keys(endless));
  expect(opened.errors).toEqual([]);
});

test("of a text with more than a million characters the beginning is drawn, and all of the rest is shown once asked for", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  scene.upstream.script([text(`Begin.\n\n${`${"word ".repeat(199)}\n\n`.repeat(1100)}The end.`)]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  const all = page.getByRole("button", { name: /^Show all [\d,]+ (lines|characters)$/ });
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  await all.waitFor();
  expect(await page.getByText("The end.").count()).toBe(0);
  await all.click();
  await page.getByText("The end.").waitFor();
  expect(await all.count()).toBe(0);
});

test("code is highlighted once its block is complete, in a list as well, and can be copied", async () => {
  await using opened = await scene.open({
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const { page } = opened;
  scene.upstream.script([
    text("```ts\nconst a = 1;\n```\n\n1. In a list:\n\n   ```sh\n   echo b\n   ```\n"),
  ]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.locator("pre .hljs-keyword", { hasText: "const" }).waitFor();
  await page.locator("li pre .hljs-built_in", { hasText: "echo" }).waitFor();
  await page.getByRole("button", { name: "Copy code" }).first().click();
  await page.getByText("Copied").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("const a = 1;");
  expect(opened.errors).toEqual([]);
});

test("checkboxes, list start numbers, column alignment and text direction are kept", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const table = "| a | b |\n| --- | ---: |\n| c | d |\n";
  scene.upstream.script([text(`- [x] done\n- [ ] to do\n\n5. five\n\n${table}\nשלום\n\nThe end.`)]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("The end.").waitFor();
  const message = page.getByTestId("message").last();
  const boxes = message.getByRole("checkbox");
  expect(await boxes.count()).toBe(2);
  expect([await boxes.nth(0).isChecked(), await boxes.nth(1).isChecked()]).toEqual([true, false]);
  expect(await message.locator("ol").getAttribute("start")).toBe("5");
  const cell = page.getByRole("cell", { name: "d" });
  expect(await cell.evaluate((one) => getComputedStyle(one).textAlign)).toContain("right");
  const isAtTheRight = await page.getByText("שלום").evaluate((paragraph) => {
    const text = document.createRange();
    text.selectNodeContents(paragraph);
    return text.getBoundingClientRect().right === paragraph.getBoundingClientRect().right;
  });
  expect(isAtTheRight).toBe(true);
});

test("formulas, footnotes, details and long lines of code work while they stream, and load from this server only", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  const gate = makeGate();
  const parts = [
    "It costs $5 and $6, and $e^{i\\pi}$ is $$\\sqrt{2}$$.[^1] Not $\\href{javascript:acted()}{x}$.\n\n",
    "<details><summary>More</summary>\n\nInside is $e^{i\\pi}$[^1]\n\n",
    "```ts\nconst a = 1;\nconst b = 2;\n```\n\n",
  ];
  const end = "and more.\n\n</details>\n\n[^1]: The note.\n";
  scene.upstream.script([text(...parts, gate, end)], [text("Again.[^1]\n\n[^1]: Another note.\n")]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  const message = page.getByTestId("message").last();
  await message.locator("p .katex").first().waitFor();
  await page.locator("summary", { hasText: "More" }).click();
  await page.getByText("Inside is").waitFor();
  const first = await message.locator("p .katex").first().elementHandle();
  gate.open();
  // Still open, and what has ended is the same element.
  await page.getByText("and more.").waitFor();
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  expect(await first.evaluate((element) => element.isConnected)).toBe(true);
  expect(await message.locator("math").count()).toBe(3);
  expect(await message.textContent()).toContain("It costs $5 and $6, and");
  expect(await message.textContent()).toContain("Not $\\href{javascript:acted()}{x}$.");
  await message.getByRole("button", { name: "Wrap lines" }).click();
  const wrapped = () =>
    message.locator("pre").evaluate((pre) => getComputedStyle(pre).whiteSpaceCollapse);
  const wraps = message.locator("pre").evaluate((pre) => getComputedStyle(pre).textWrapMode);
  expect([await wrapped(), await wraps]).toEqual(["preserve", "wrap"]);
  await page.getByLabel("Message", { exact: true }).fill("Go on");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("Another note.").waitFor();
  // Folded references are opened, notes of other messages left alone, and the address stays.
  const address = page.url();
  await page.locator("details").evaluate((details: HTMLDetailsElement) => (details.open = false));
  await page.getByRole("button", { name: "Footnote 1" }).first().press("Enter");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("The note.");
  await page.getByRole("button", { name: "Back to the reference" }).last().press("Enter");
  expect(await page.evaluate(() => document.activeElement?.closest("p")?.textContent)).toStartWith(
    "Again.",
  );
  expect(page.url()).toBe(address);
  // Many formulas are drawn from frame to frame, up to a bound; a large matrix would take too long at once.
  const matrix = `$$\\begin{matrix}${"&".repeat(400)}\\end{matrix}$$`;
  scene.upstream.script([text(`${matrix}\n\n${"$x$ ".repeat(1001)}`)]);
  await page.getByLabel("Message", { exact: true }).fill("Many");
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.locator(".katex").nth(1001).waitFor({ state: "attached" });
  await page.locator("[title='Formulas of so many cells are not drawn.']").waitFor();
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  expect(await page.getByTestId("message").last().locator(".katex").count()).toBe(999);
  expect(fetched.filter((url) => !url.startsWith(scene.rein.url))).toEqual([]);
  expect(fetched.filter((url) => url.endsWith(".woff2")).length).toBeGreaterThan(0);
  // All these browsers read the smallest of KaTeX's three formats.
  const built = await readdir(new URL("../dist/assets", import.meta.url));
  expect(built.filter((name) => /\.(?:woff|ttf)$/.test(name))).toEqual([]);
  expect(opened.errors).toEqual([]);
});

test("on a phone a finger and the keyboard reach footnotes and a wide formula, each by a name of its own", async () => {
  await using opened = await scene.open({ ...screenSizes.phone, reducedMotion: "reduce" });
  const { page } = opened;
  const terms = Array.from({ length: 20 }, (_, i) => `x_{${i}}`).join(" + ");
  const notes = "[^1]: The first note.\n[^2]: The second note.\n";
  scene.upstream.script([
    text(`It is so,[^1] and so,[^2] as was said.[^1]\n\n$$${terms}$$\n\n${notes}`),
  ]);
  await page.getByLabel("Message", { exact: true }).fill("Go");
  await page.getByRole("button", { name: "Send", exact: true }).tap();
  await page.getByRole("group", { name: "Formula" }).waitFor();
  await page.locator("[data-testid=composer][data-state=idle]").waitFor();
  await page.getByRole("button", { name: "Footnote 1, reference 2" }).waitFor();
  expect([
    ...(await axeFaults(page)),
    ...(await nameFaults(page)),
    ...(await fitFaults(page)),
  ]).toEqual([]);
});
