/** Text for the message field: what people type, paste and get back, without what would move or reorder a terminal. */
import { withoutEscapes } from "../../shared/escape-sequences";

/** As long as the server takes a message. */
export const mostCharacters = 1_000_000;

// oxlint-disable no-control-regex -- control characters are what is looked for
/** Controls but tab and line feed, and the marks that reorder what stands beside them. */
const controls = /[\0-\x08\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;
const usual = /^[\t\n -~]*$/;
// oxlint-enable no-control-regex

/** Line ends are line feeds. What is too long is cut. */
export function typedText(text: string): string {
  const bounded = text.length > mostCharacters ? text.slice(0, mostCharacters) : text;
  if (usual.test(bounded)) return bounded;
  const lines = bounded.replaceAll(/\r\n?/g, "\n");
  return withoutEscapes(lines).replaceAll(controls, "").toWellFormed();
}
