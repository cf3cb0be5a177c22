/** The Markdown that the page understands: what marked reads, and formulas, footnotes and details. Makes HTML of tokens. */
import { Marked, Renderer, type Token, type Tokens } from "marked";
import { t } from "../../shared/translation";
import { type DetailsToken, detailsSyntax } from "./details-syntax";
import { type FootnoteToken, footnoteLabels, footnoteSyntax } from "./footnote-syntax";
import { imageAddress } from "./image-address";
import { type MathToken, mathSyntax } from "./math-syntax";

export interface Syntax {
  /** The tokens of a text; their raw texts add up to it. */
  read(text: string): Token[];
  /** HTML that still has to be sanitised. The classes in it are listed in sanitize.ts. */
  toHtml(token: Token): string;
}

/** For a complete text; without it for one that still grows, whose formulas may be unfinished and whose footnotes may come. */
export function createSyntax(text?: string): Syntax {
  const streaming = text === undefined;
  const labels = streaming ? undefined : footnoteLabels(text);
  const references = new Map<string, number>();
  const marked = new Marked({
    extensions: [
      ...mathSyntax(streaming),
      ...footnoteSyntax((label) => labels?.has(label) ?? /^\d+$/.test(label)),
      detailsSyntax(),
      { name: "math", renderer: (token) => mathHtml(token as MathToken) },
      {
        name: "footnote",
        renderer(token) {
          const { label, tokens } = token as FootnoteToken;
          const text = this.parser.parse(tokens ?? []);
          return `<section class="footnote"><sup class="footnote-label">${label}</sup><div>${text}</div></section>\n`;
        },
      },
      {
        name: "footnoteReference",
        renderer({ label }) {
          const nth = (references.get(label) ?? 0) + 1;
          references.set(label, nth);
          // A block that grows is read again and again: its references are counted when it has ended.
          const name = t("Footnote {label}, reference {nth}", { label, nth });
          const named = nth > 1 && !streaming ? ` aria-label="${escapeHtml(name)}"` : "";
          return `<sup class="footnote-reference"${named}>${label}</sup>`;
        },
      },
      {
        name: "details",
        renderer(token) {
          const { isOpen, summary, tokens } = token as DetailsToken;
          const title = this.parser.parseInline(summary);
          const open = isOpen ? " open" : "";
          return `<details${open}><summary>${title}</summary>${this.parser.parse(tokens)}</details>\n`;
        },
      },
    ],
  });
  marked.setOptions({ renderer: new PageRenderer() });
  marked.use({
    tokenizer: { lheading: (source) => (mayBeUnderlined(source) ? false : undefined) },
  });
  return {
    read: (given) => marked.lexer(given),
    toHtml: (token) => marked.parser([token]),
  };
}

/**
 * Whether the first paragraph has a line that could make a heading of those above it. Only then marked's own rule is
 * tried: that took half a second for a paragraph of 50,000 characters, and nothing else a hundredth of it.
 */
function mayBeUnderlined(source: string): boolean {
  const end = /\n\s*\n/.exec(source)?.index ?? source.length;
  return /\n {0,3}(?:=+|-+)[ \t]*(?:\n|$)/.test(source.slice(0, end + 1));
}

function mathHtml({ raw, text, isDisplay, isOpen, isBlock }: MathToken): string {
  if (isOpen) return isBlock ? `<p>${escapeHtml(raw)}</p>` : escapeHtml(raw);
  const formula = `<code class="formula${isDisplay ? "-display" : ""}">${escapeHtml(text.trim())}</code>`;
  return isBlock ? `<p>${formula}</p>\n` : formula;
}

class PageRenderer extends Renderer {
  #isInLink = false;

  /** Images become links: the page fetches nothing just because a model wrote it. */
  override image({ href, text }: Tokens.Image): string {
    const { shown, isLink } = imageAddress(href);
    const label = escapeHtml(text === "" ? shown : `${text} (${shown})`);
    return isLink && !this.#isInLink ? `<a href="${escapeHtml(href)}">${label}</a>` : label;
  }

  override link(token: Tokens.Link): string {
    const before = this.#isInLink;
    this.#isInLink = true;
    const html = super.link(token);
    this.#isInLink = before;
    return html;
  }

  /** A wide table scrolls in itself. */
  override table(token: Tokens.Table): string {
    return `<div class="table">${super.table(token)}</div>\n`;
  }

  /** The checkbox of a task gets a name for screen readers. */
  override checkbox({ checked }: Tokens.Checkbox): string {
    const name = escapeHtml(checked ? t("Done") : t("To do"));
    return `<input type="checkbox" disabled${checked ? " checked" : ""} aria-label="${name}">`;
  }

  /** HTML in a model's text is shown as text, so that nothing is lost; only a few inline tags are kept. */
  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return text.replace(/<(?!\/?(?:br|kbd|sub|sup)\s*\/?>)/gi, "&lt;");
  }
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
