/** How the address of an image is told, which the page does not load. */
import { t } from "../../shared/translation";

const maxLength = 80;

/** `shown` is for people: without the scheme, and not longer than `maxLength`; only a web address can be followed. */
export function imageAddress(href: string): { shown: string; isLink: boolean } {
  const type = /^data:([\w.+-]+\/[\w.+-]+)?/i.exec(href);
  if (type !== null)
    return { shown: t("{type}, not shown", { type: type[1] ?? "data" }), isLink: false };
  const shown = href.replace(/^https?:\/\//i, "");
  return {
    shown: shown.length > maxLength ? `${shown.slice(0, maxLength - 1)}…` : shown,
    isLink: /^https?:\/\//i.test(href),
  };
}
