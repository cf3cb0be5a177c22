/** Makes a model's HTML harmless: only the tags that Markdown produces, no styles, no scripts, no classes of the page. */
import createPurifier from "dompurify";

const purifier = createPurifier(window);

purifier.addHook("uponSanitizeAttribute", (_node, data) => {
  if (data.attrName === "class" && !/^language-[\w+#.-]+$/.test(data.attrValue))
    data.keepAttr = false;
});

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName !== "A" || !node.hasAttribute("href")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

const tags =
  "a blockquote br code del em h1 h2 h3 h4 h5 h6 hr input kbd li ol p pre strong sub sup table tbody td th thead tr ul";

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
      "aria-label",
    ],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    // DOMPurify applies the URI rule to every attribute that is not listed as safe.
    ADD_URI_SAFE_ATTR: ["align", "start", "type", "checked", "disabled", "aria-label"],
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  });
}
