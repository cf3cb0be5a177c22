/** Texts of files that are shown in the server's own sentences, and fields of front matter. */
import { ellipsized } from "../../shared/truncate";
import { visibleName } from "../../shared/visible-text";
import type { FrontMatter } from "./front-matter";

/** On one line, bounded, and with nothing invisible. */
export function quoted(text: string, length: number): string {
  return visibleName(ellipsized(text.trim(), length));
}

const maxField = 1024;

/** On one line, with nothing invisible; undefined when it is blank or no text. */
export function textField(fields: FrontMatter["fields"], name: string): string | undefined {
  const value = fields.get(name);
  if (typeof value === "object" && !Array.isArray(value)) return undefined;
  const text = typeof value === "string" ? value : value?.join(", ");
  return text === undefined
    ? undefined
    : quoted(text.replaceAll(/\s+/g, " "), maxField) || undefined;
}

/** A text or a list as it stands. */
export function listField(
  fields: FrontMatter["fields"],
  name: string,
): string | string[] | undefined {
  const value = fields.get(name);
  return typeof value === "object" && !Array.isArray(value) ? undefined : value;
}
