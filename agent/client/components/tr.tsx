/** Texts with elements in them, in the language that is chosen. */
import type { JSX } from "solid-js";
import { t } from "../../shared/translation";

/** The text with each `{name}` as the element of that name, such as `tr("Found at {path}", { path: <code>…</code> })`. */
export function tr(text: string, values: Readonly<Record<string, JSX.Element>>): JSX.Element {
  return t(text)
    .split(/(\{\w+\})/)
    .map((piece) => {
      const name = /^\{(\w+)\}$/.exec(piece)?.[1];
      return name !== undefined && Object.hasOwn(values, name) ? values[name] : piece;
    });
}
