/** How Markdown is read: formulas, footnotes, details, tasks, tables and images, whole and in any pieces. */
import { expect, test } from "bun:test";
import { array, assert, constantFrom, infiniteStream, integer, property } from "fast-check";
import { type Block, createBlockReader, readBlocks } from "../client/markdown/blocks";
import { Marked } from "marked";
import { detailsSyntax } from "../client/markdown/details-syntax";
import { footnoteSyntax } from "../client/markdown/footnote-syntax";
import { createSyntax } from "../client/markdown/syntax";

function htmlOf(blocks: Block[]): string {
  return blocks
    .map((block) => (block.kind === "html" ? block.unsafeHtml : `[${block.language}]`))
    .join("");
}
const html = (text: string) => htmlOf(readBlocks(text));
const growing = (text: string) => htmlOf(createBlockReader()(text));
const formulas = (text: string) =>
  [...html(text).matchAll(/<code class="formula(-display)?">([^<]*)</g)].map(
    ([, display, source]) => (display === undefined ? source! : `display: ${source}`),
  );

test.each([
  ["it is $x_1^2$, or $2x$", ["x_1^2", "2x"]],
  ["\\(a_b\\) and $$y$$ in a line", ["a_b", "display: y"]],
  ["where\n$$\na\n+ b\n$$\nand", ["display: a\n+ b"]],
  ["\\[\n\\frac{a}{b}\n\\]", ["display: \\frac{a}{b}"]],
  ["- \\(x\\)\n\n  $$\n  y\n  $$", ["x", "display: y"]],
  ["| a |\n| - |\n| $x$ |", ["x"]],
  ["(see $\\text{a \\$ b}$)", ["\\text{a \\$ b}"]],
])("%j has the formulas %j", (text, expected) => {
  expect(formulas(text)).toEqual(expected);
});

test.each([
  "costs $5 and $6",
  "$5 and 6$",
  "from $5 up to 6$",
  "US$5 and US$ 7",
  "$HOME/$PATH and $$ is the pid",
  "**$5** to **$6**",
  "a\\$b$ and \\$5$",
  "`$a$` and ``\\(b\\)``",
  "see \\[1\\] and \\[x\\]",
  "$$\nx\n\ny$$",
  "$$never closed",
  "    $$a$$",
  "```\n$a$\n$$\nb\n$$\n```",
  `$$${"x".repeat(5000)}$$`,
])("%j has no formula", (text) => {
  expect(formulas(text)).toEqual([]);
});

test("a formula that has not ended is shown as it is written, and no part of it as Markdown", () => {
  expect(growing("It is $$a_1 *b* c_1")).toBe("<p>It is $$a_1 *b* c_1</p>\n");
  expect(growing("$$\n\\frac{a}{\n+ b")).toBe("<p>$$\n\\frac{a}{\n+ b</p>");
  expect(growing("\\(a_1 *b*")).toBe("<p>\\(a_1 *b*</p>\n");
  expect(growing("$$\na\n\n*b*")).toContain("<em>b</em>");
});

test("a footnote keeps what is indented below it, and a reference without one stays text", () => {
  const shown = html("a[^1] b[^x] c[^no]\n\n[^1]: one\n\n    two\n[^x]: *x*\n\nend");
  expect(shown).toContain(
    'a<sup class="footnote-reference">1</sup> b<sup class="footnote-reference">x</sup> c[^no]',
  );
  expect(shown).toContain('<sup class="footnote-label">1</sup><div><p>one</p>\n<p>two</p>');
  expect(shown).toContain('<sup class="footnote-label">x</sup><div><p><em>x</em></p>');
  expect(shown).toEndWith("<p>end</p>\n");
  expect(html("a[^1] b[^1]\n\n[^1]: one")).toContain(
    'b<sup class="footnote-reference" aria-label="Footnote 1, reference 2">1</sup>',
  );
  expect(growing("a[^1] b[^x]")).toContain('<sup class="footnote-reference">1</sup> b[^x]');
  expect(html('a[^"><b>]\n\n[^"><b>]: x')).not.toContain("footnote");
});

test("details hold Markdown, nested ones too, and reach to the end while they are not closed", () => {
  expect(html("<details><summary>A *b*</summary>\n\n- x\n\n</details>\nafter")).toBe(
    "<details><summary>A <em>b</em></summary><ul>\n<li>x</li>\n</ul>\n</details>\n<p>after</p>\n",
  );
  expect(html("<details open>\n<details>x</details>\n</details>")).toBe(
    "<details open><summary>Details</summary><details><summary>Details</summary><p>x</p>\n</details>\n</details>\n",
  );
  expect(html("<details><summary>s</summary>\n\n```\n</details>\n```\nin")).toContain("<p>in</p>");
  expect(html("<details><summary>s</summary>\nstill *here*")).toContain("<em>here</em>");
});

test.each([
  "<details ontoggle=acted()><summary>x</summary></details>",
  "<details open style=x>y</details>",
  "<summary>x</summary>",
  "<details><summary onclick=acted()>x</summary></details>",
  "<section class=footnote>x</section>",
  '<code class="formula">x</code>',
  "<sup class=footnote-reference>x</sup>",
])("%j is shown as text, attributes and all", (text) => {
  expect(html(text)).not.toMatch(/<[^>]*(?:on\w+=|style|class)/);
  expect(html(text)).toContain("&lt;");
});

test("details and footnotes in each other without end are text from some depth on", () => {
  expect(html("<details>\n".repeat(3000)).match(/<details>/g)!.length).toBe(8);
  expect(html("[^1]: ".repeat(3000)).match(/class="footnote"/g)!.length).toBe(8);
});

test.each([
  ["[^1]: a\n", footnoteSyntax(() => true)[0]!],
  ["[^1]: a\n\n    b\n\n\n", footnoteSyntax(() => true)[0]!],
  ["<details></details>\n\n", detailsSyntax()],
  ["<details><summary>`<details>`</summary>\n~~~\n</details>\n~~~\n</details>\n", detailsSyntax()],
])("%j is read without a look at the text after the next line", (part, { tokenizer }) => {
  const text = new Watched(part.repeat(100));
  const lexer = { blockTokens: () => [], inlineTokens: () => [] };
  tokenizer.call({ lexer } as never, text as never, []);
  expect(text.seen.end).toBeWithin(part.trimEnd().length, 2 * part.length + 1);
});

/** A text that knows how far it has been searched. */
class Watched extends String {
  constructor(
    text: string,
    readonly start = 0,
    readonly seen = { end: 0 },
  ) {
    super(text);
  }
  #searched(end: number): void {
    this.seen.end = Math.max(this.seen.end, this.start + (end < 0 ? this.length : end));
  }
  override indexOf(wanted: string, from?: number): number {
    const index = super.indexOf(wanted, from);
    this.#searched(index < 0 ? index : index + wanted.length);
    return index;
  }
  override *matchAll(pattern: RegExp): ReturnType<string["matchAll"]> {
    for (const found of super.matchAll(pattern)) {
      this.#searched(found.index + found[0].length);
      yield found;
    }
  }
  override split(separator: unknown): string[] {
    this.#searched(-1);
    return super.split(separator as string);
  }
  override slice(start = 0, end?: number): string {
    const part: unknown = new Watched(super.slice(start, end), this.start + start, this.seen);
    return part as string;
  }
}

test("a text nested too deeply for the parser is shown as it is written", () => {
  const text = "> ".repeat(15_000);
  expect(readBlocks(text)).toEqual([
    { kind: "code", raw: text, code: text, language: "", closed: true },
  ]);
});

test("tasks keep their boxes in nested and in loose lists", () => {
  const boxes = html("- [x] a\n  - [ ] b\n\n    more\n- [x] c").match(/<input[^>]*>/g)!;
  expect(boxes.map((box) => box.includes(" checked"))).toEqual([true, false, true]);
});

test("an image is its words and its address, which can be followed when it is one of the web", () => {
  expect(html("![a chart](https://x.test/y.png)")).toBe(
    '<p><a href="https://x.test/y.png">a chart (x.test/y.png)</a></p>\n',
  );
  expect(html("![](https://x.test/y.png)")).toContain(">x.test/y.png</a>");
  expect(html("![d](data:image/png;base64,AAAA)")).toBe("<p>d (image/png, not shown)</p>\n");
  expect(html("![j](javascript:acted())")).toBe("<p>j (javascript:acted())</p>\n");
  expect(html("[![b](https://s.test/b.svg)](https://ci.test)")).toBe(
    '<p><a href="https://ci.test">b (s.test/b.svg)</a></p>\n',
  );
  expect(html(`![l](https://x.test/${"a".repeat(500)})`)).toMatch(/\(x\.test\/a{60,80}…\)/);
});

const pieces = [
  "# Title\n",
  "\n",
  "text with $x^2$ and $5 ",
  "\\(a\\)",
  "$$\nx\n",
  "$$\n",
  "\\[ a_1",
  " \\]\n",
  "- [x] task\n",
  "  - nested\n",
  "[^1]",
  "[^1]: note\n",
  "    more\n",
  "<details>",
  "<summary>s</summary>\n",
  "</details>\n",
  "```ts\n",
  "const a = 1;\n",
  "```\n",
  "| a | b |\n|---|--:|\n",
  "| 1 | 2 |\n",
  "![a](https://x.test/y.png)",
  "> quote\n",
  "\r\n",
];

test("in any pieces nothing of a text is lost, and a block that has ended stays the same", () => {
  assert(
    property(
      array(constantFrom(...pieces), { maxLength: 30 }),
      infiniteStream(integer({ min: 1, max: 9 })),
      (parts, lengths) => {
        const text = parts.join("");
        const read = createBlockReader();
        let end = 0;
        let before: Block[] = [];
        while (end < text.length) {
          end += lengths.next().value;
          const shown = text.slice(0, end).replace(/\r$/, "");
          const blocks = read(shown);
          const length = blocks.reduce((sum, { raw }) => sum + raw.length, 0);
          expect(length).toBe(shown.replace(/\r\n?/g, "\n").length);
          // All blocks but the last keep their identity.
          for (const [index, block] of before.slice(0, -1).entries())
            expect(blocks[index] === block).toBe(true);
          before = blocks;
        }
      },
    ),
    { numRuns: 300 },
  );
});

const lines = [
  "word",
  "===",
  " ---",
  "--- \t",
  "    =",
  "",
  " \t",
  "- item",
  "  ---",
  "> quote",
  "# title",
  "```",
];

test("headings that are underlined are read as marked reads them", () => {
  const syntax = createSyntax("");
  const marked = new Marked();
  assert(
    property(array(constantFrom(...lines), { maxLength: 12 }), (some) => {
      const text = some.join("\n");
      expect(syntax.read(text)).toEqual([...marked.lexer(text)]);
    }),
    { numRuns: 500 },
  );
});

const words = (count: number) => "word ".repeat(count);

test.each([
  ["paragraph", words(30_000)],
  ["text without a blank", "x".repeat(150_000)],
  ["text of characters outside the BMP", `a${"😀".repeat(60_000)}`],
  ["list", `- ${words(15_000)}\n- ${words(15_000)}\n`],
  ["table with a very long row", `| a |\n| - |\n| ${words(30_000)} |\n`],
])("a very long %s is read in pieces, which stay the same while it grows", (_, text) => {
  const read = createBlockReader();
  const before = read(text.slice(0, 120_000));
  const blocks = read(text);
  expect(blocks.length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...blocks.map(({ raw }) => raw.length))).toBeLessThanOrEqual(50_000);
  expect(blocks.map(({ raw }) => raw).join("")).toBe(text);
  expect(blocks.every(({ raw }) => raw.isWellFormed())).toBe(true);
  for (const [index, block] of before.slice(0, -1).entries()) expect(blocks[index]).toBe(block);
});

test("very long code and tables of many rows stay whole", () => {
  const rows = "| a | b |\n".repeat(10_000);
  const blocks = readBlocks(`${rows.slice(0, 10)}| - | - |\n${rows}\n~~~\n${words(30_000)}\n~~~\n`);
  expect(blocks.map(({ kind }) => kind)).toEqual(["html", "code"]);
});
