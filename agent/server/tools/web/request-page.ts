/** Requests an address of the web: bounded in time and size, past no redirect to another host, at the checked address or through the proxy. */
import { link } from "../../abort";
import { ToolError } from "../tool";
import { acceptedEncodings, type Body, boundedBody } from "./bounded-body";
import { fetchChecked, type Network } from "./fetch-checked";
import { failureWords } from "./request-failure";
import { shownAddress, webAddress } from "./web-address";

export interface WebBounds {
  bodyBytes: number;
  /** Until the head of an answer, each. */
  headMs: number;
  allMs: number;
  redirects: number;
}

export const webBounds: WebBounds = {
  bodyBytes: 10_000_000,
  headMs: 30_000,
  allMs: 60_000,
  redirects: 10,
};

export interface PageRequest extends Network {
  url: URL;
  bounds: WebBounds;
}

const asked: BunFetchRequestInit = {
  headers: {
    "accept-encoding": acceptedEncodings,
    accept: "text/html, text/*;q=0.9, */*;q=0.8",
    "user-agent": "Rein (an agent; asked for by a person)",
  },
  decompress: false,
};

export interface Answer extends Body {
  /** Where the answer came from, after redirects. */
  url: URL;
  status: number;
  contentType: string;
  /** When the server wants to be asked again, as it says it: seconds or a date. */
  retryAfter?: string;
}

/** A redirect to another host, which was not followed. */
export interface Elsewhere {
  elsewhere: URL;
}

/**
 * Redirects within the host are followed, also from http to https. `redirects` gets each address that it was sent to.
 * Throws ToolError, the signal's reason when it aborts: then the connection is closed.
 */
export async function requestPage(
  request: PageRequest,
  redirects: URL[],
  signal: AbortSignal,
): Promise<Answer | Elsewhere> {
  using own = link(signal);
  const late = (ms: number, what: string) =>
    setTimeout(() => own.controller.abort(new ToolError(what)), ms);
  const { bounds } = request;
  const all = late(bounds.allMs, `The page did not arrive within ${bounds.allMs / 1000} s.`);
  try {
    for (let { url } = request; ;) {
      const words = `${url.host} did not answer within ${bounds.headMs / 1000} s.`;
      const head = late(bounds.headMs, words);
      const response = await fetchChecked(url, asked, request, own.controller.signal).finally(() =>
        clearTimeout(head),
      );
      const next = redirectOf(response, url);
      if (next === undefined) return await answerOf(response, url, bounds);
      await response.body?.cancel();
      redirects.push(next);
      if (!isSameHost(url, next)) return { elsewhere: next };
      if (redirects.length > bounds.redirects)
        throw new ToolError(
          `More than ${bounds.redirects} redirects, the last to ${shownAddress(next)}.`,
        );
      url = next;
    }
  } catch (error) {
    signal.throwIfAborted();
    own.controller.signal.throwIfAborted();
    if (error instanceof ToolError) throw error;
    throw new ToolError(`The request failed: ${failureWords(error)}.`, { cause: error });
  } finally {
    clearTimeout(all);
    own.controller.abort();
  }
}

function redirectOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get("location");
  if (location === null || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const to = webAddress(location, from);
  if (typeof to === "string")
    throw new ToolError(`${from.host} redirects to a place that cannot be fetched: ${to}.`);
  return to;
}

/** One that goes back from https to http is another place. */
function isSameHost(from: URL, to: URL): boolean {
  return from.host === to.host && (from.protocol === to.protocol || to.protocol === "https:");
}

/** Seconds, or a date of HTTP. Nothing else is shown: it would be words of the page’s. */
const waitTime = /^(\d{1,9}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT)$/;

async function answerOf(response: Response, url: URL, bounds: WebBounds): Promise<Answer> {
  const body = await boundedBody(response, bounds.bodyBytes);
  const contentType = response.headers.get("content-type") ?? "";
  const retryAfter = waitTime.exec(response.headers.get("retry-after") ?? "")?.[0];
  return { url, status: response.status, contentType, ...body, ...(retryAfter && { retryAfter }) };
}
