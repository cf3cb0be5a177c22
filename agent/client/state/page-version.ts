/** Whether this page is out of date: the server, updated meanwhile, speaks another version of the wire. */
import { createSignal } from "solid-js";
import { wireHeader, wireVersion } from "../../shared/protocol";

const [isPageOutdated, setOutdated] = createSignal(false);
export { isPageOutdated };

/** Compares the version that an answer carries. One without a version tells nothing: a proxy answered. */
export function noteWireVersion(headers: Headers): void {
  const version = headers.get(wireHeader);
  if (version !== null) setOutdated(version !== String(wireVersion));
}
