/** An address of the web as it is asked about, compared with rules and requested: in one spelling. */

import { ellipsized } from "../../../shared/truncate";

/** Of an address that a page has chosen, in characters: more would be words for the model. */
const mostAddress = 300;

export function shownAddress({ href }: URL): string {
  return ellipsized(href, mostAddress);
}

/**
 * Of a whole address, or of one relative to `base`; without its fragment, and without the dot with which a name may end.
 * What cannot be fetched gives the reason, as a clause.
 */
export function webAddress(text: string, base?: URL): URL | string {
  const url = URL.parse(text, base);
  if (url === null) return "expected a whole address such as https://example.com/page";
  const { protocol, username, password } = url;
  if (protocol !== "http:" && protocol !== "https:")
    return `expected an address that begins with https:// or http://, not ${ellipsized(protocol, 20)}`;
  if (username !== "" || password !== "")
    return "expected an address without a user name and a password, which fetch never sends";
  url.hash = "";
  url.hostname = url.hostname.replace(/\.+$/, "");
  return url;
}
