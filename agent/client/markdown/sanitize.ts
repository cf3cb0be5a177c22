/** Makes a model's HTML harmless: only the tags that Markdown produces, no styles, no scripts, no names or classes of the page. */
import createPurifier from "dompurify";

const purifier = createPurifier(window);

/** Of syntax.ts. HTML of a model cannot have them: it is shown as text. */
const classes = new Set([
  "formula",
  "formula-display",
  "footnote",
  "footnote-label",
  "footnote-reference",
  "table",
]);

const values: Record<string, (value: string) => boolean> = {
  class: (value) => classes.has(value) || /^language-[\w+#.-]+$/.test(value),
  align: (value) => /^(?:left|center|right)$/.test(value),
  start: (value) => /^\d{1,9}$/.test(value),
  type: (value) => value === "checkbox",
};

purifier.addHook("uponSanitizeAttribute", (_node, data) => {
  if (values[data.attrName]?.(data.attrValue) === false) data.keepAttr = false;
});

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (!(node instanceof HTMLAnchorElement) || !node.hasAttribute("href")) return;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  // As the browser reads it, with a name of other scripts in its ASCII form.
  node.title = node.href;
  if (namesAnother(node)) node.append(` (${node.host})`);
});

/** The text of the link is an address, and not the one that it leads to. */
function namesAnother({ textContent, host }: HTMLAnchorElement): boolean {
  const named = /^\s*(?:https?:\/\/|www\.)?([^\s/]+\.[^\s/]{2,})/i.exec(textContent)?.[1];
  const bare = (name: string) => name.toLowerCase().replace(/^www\./, "");
  return named !== undefined && host !== "" && bare(named) !== bare(host);
}

const tags =
  "a blockquote br code del details div em h1 h2 h3 h4 h5 h6 hr input kbd li ol p pre section strong sub summary sup " +
  "table tbody td th thead tr ul";

export function sanitize(html: string): string {
  return purifier.sanitize(html, {
    ALLOWED_TAGS: tags.split(" "),
    ALLOWED_ATTR: [
      "href",
      "title",
      "class",
      "align",
      "start",
      "type",
      "checked",
      "disabled",
      "open",
      "aria-label",
    ],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    // DOMPurify applies the URI rule to every attribute that is not listed as safe.
    ADD_URI_SAFE_ATTR: ["align", "start", "type", "checked", "disabled", "open", "aria-label"],
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  });
}
