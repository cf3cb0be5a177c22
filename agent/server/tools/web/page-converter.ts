/**
 * A program of its own: reads a page from standard input as JSON, and writes its text as JSON. A page can make it slow, large
 * or crash, so it never runs within the server.
 */
import { Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
import Turndown from "turndown";
import { plainText } from "./plain-text";

export interface PageInput {
  html: string;
  url: string;
  /** What is too large for Markdown becomes plain text. */
  as: "markdown" | "plain";
}

export interface PageText {
  title: string;
  text: string;
  isPlain: boolean;
}

const maxCharacters = 3_000_000;
const maxTags = 60_000;

function markdownOf({ html, url }: PageInput): PageText | undefined {
  if (html.length > maxCharacters || (html.match(/</g) ?? []).length > maxTags) return undefined;
  const { document } = parseHTML(
    /<html[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`,
  );
  const base =
    URL.parse(document.querySelector("base")?.getAttribute("href") ?? "", url)?.href ?? url;
  for (const one of document.querySelectorAll(unread)) one.remove();
  for (const one of document.querySelectorAll("[style]"))
    if (hides(one.getAttribute("style") ?? "")) one.remove();
  for (const name of ["href", "src"])
    for (const one of document.querySelectorAll(`[${name}]`)) {
      const to = URL.parse(one.getAttribute(name) ?? "", base);
      if (to && /^(https?|mailto):$/.test(to.protocol)) one.setAttribute(name, to.href);
      else one.removeAttribute(name);
    }
  // Wherever it stands: a page may leave out its head.
  const titles = [...document.querySelectorAll("title")];
  const title = titles[0]?.textContent?.trim() ?? "";
  for (const one of titles) one.remove();
  const whole = document.body.innerHTML;
  const article = new Readability(document).parse();
  const turndown = new Turndown({
    headingStyle: "atx",
    codeBlockStyle: "fenced",
    bulletListMarker: "-",
  });
  const found = article?.content ? turndown.turndown(bodyOf(article.content)) : "";
  // A page that is no article, a list of links for example, has lost most of itself.
  const isArticle = found.length > 500 || found.length > whole.length / 4;
  const text = isArticle ? found : turndown.turndown(bodyOf(whole));
  return { title, text, isPlain: false };
}

/** What a reader does not see is not the page's text. What style sheets hide is not known here. */
const unread =
  "script, style, noscript, template, iframe, object, embed, svg, canvas, audio, video, dialog:not([open]), datalist, annotation, noembed, noframes, [hidden]";

function hides(style: string): boolean {
  const plain = style.replaceAll(/\/\*.*?\*\//gs, "");
  return /(^|;)\s*(display\s*:\s*none|visibility\s*:\s*(hidden|collapse))(?![\w-])/i.test(plain);
}

function bodyOf(html: string): HTMLElement {
  return parseHTML(`<html><body>${html}</body></html>`).document.body;
}

const input = JSON.parse(await Bun.stdin.text()) as PageInput;
const markdown = input.as === "markdown" ? markdownOf(input) : undefined;
const found: PageText = markdown ?? { ...plainText(input.html), isPlain: true };
await Bun.write(Bun.stdout, JSON.stringify(found));
