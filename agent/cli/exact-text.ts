/** Text that a person is asked about, as it is: whatever a terminal would obey or hide is a mark. */
import { visibleSegments } from "../shared/visible-text";

export function exact(text: string): string {
  return visibleSegments(text, { exact: true })
    .map((segment) => (segment.kind === "mark" ? `⟨${segment.text}⟩` : segment.text))
    .join("");
}

/** On one line. */
export function exactLine(text: string): string {
  return exact(text).replaceAll(/[\n\t]/g, " ");
}

export function indented(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
