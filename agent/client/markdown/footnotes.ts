/** Footnotes that lead to each other inside one message: buttons, so that neither the address nor the history changes. */
import { t } from "../../shared/translation";
import styles from "./Markdown.module.css";

/** Makes buttons of the references in `within`, and gives its footnotes a way back. */
export function connectFootnotes(within: Element): void {
  for (const reference of within.querySelectorAll<HTMLElement>(".footnote-reference")) {
    const label = reference.textContent ?? "";
    reference.dataset["footnoteReference"] = label;
    const button = makeButton(label, reference.ariaLabel ?? t("Footnote {label}", { label }));
    button.addEventListener("click", () => show(reference, "footnote", label));
    reference.ariaLabel = null;
    reference.replaceChildren(button);
  }
  for (const footnote of within.querySelectorAll<HTMLElement>(".footnote")) {
    const label = footnote.querySelector(".footnote-label")?.textContent ?? "";
    footnote.dataset["footnote"] = label;
    footnote.tabIndex = -1;
    const back = makeButton("↩", t("Back to the reference of footnote {label}", { label }));
    back.addEventListener("click", () => show(footnote, "footnoteReference", label));
    footnote.append(back);
  }
}

function makeButton(text: string, name: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.setAttribute("aria-label", name);
  return button;
}

/** Focuses the first such place of the message that `from` stands in, and opens what it is folded in. */
function show(from: Element, kind: "footnote" | "footnoteReference", label: string): void {
  const attribute = kind === "footnote" ? "data-footnote" : "data-footnote-reference";
  const place = from
    .closest(`.${styles["prose"]}`)
    ?.querySelector<HTMLElement>(`[${attribute}="${CSS.escape(label)}"]`);
  for (let one = place?.closest("details"); one; one = one.parentElement?.closest("details"))
    one.open = true;
  const target = kind === "footnote" ? place : place?.querySelector("button");
  target?.focus({ preventScroll: true });
  place?.scrollIntoView({ block: "nearest" });
}
