/** The services that search the web: how each is asked, and what its answer says. */
import { z } from "zod";
import { link } from "../../abort";
import { ToolError } from "../tool";
import { acceptedEncodings, boundedBody } from "./bounded-body";
import { failureWords } from "./request-failure";
import type { SearchTest } from "../../../shared/protocol";
import type { WebSettings } from "../../../shared/requests";

/** One that Rein asks: the provider's own search runs within a model's answer. */
export type SearchService = Exclude<NonNullable<WebSettings["search"]>, { service: "provider" }>;

export interface Hit {
  title: string;
  url: string;
  text: string;
}

/** The addresses of the services; the tests have others. */
export const searchUrls = {
  brave: "https://api.search.brave.com/res/v1/web/search",
  tavily: "https://api.tavily.com/search",
};

const maxBytes = 2_000_000;
const timeLimitMs = 20_000;

/**
 * At most `count`, the best first. Throws ToolError with what the service says, without the key; the signal's reason when it
 * aborts: then the connection is closed.
 */
export async function searchWeb(
  service: SearchService,
  query: string,
  count: number,
  urls: typeof searchUrls,
  signal: AbortSignal,
): Promise<Hit[]> {
  using own = link(signal);
  const late = new ToolError(
    `The search failed: ${nameOf[service.service]} did not answer within ${timeLimitMs / 1000} s.`,
  );
  const timer = setTimeout(() => own.controller.abort(late), timeLimitMs);
  try {
    const response = await fetch(requestOf(service, query, count, urls), {
      redirect: "manual",
      decompress: false,
      signal: own.controller.signal,
    });
    if (!response.ok) throw new ToolError(refusal(service, response.status));
    const { bytes } = await boundedBody(response, maxBytes);
    return hitsIn(service, bytes.toString()).slice(0, count);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolError) throw error;
    own.controller.signal.throwIfAborted();
    throw new ToolError(
      `The search failed: ${nameOf[service.service]} cannot be reached: ${failureWords(error)}.`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    own.controller.abort();
  }
}

/** Asks the service for a word. The signal ends it: then its reason is thrown. */
export async function testSearch(
  service: WebSettings["search"],
  signal: AbortSignal,
  urls = searchUrls,
): Promise<SearchTest> {
  if (service === undefined) return { results: 0, reason: "No search service is set up." };
  if (service.service === "provider")
    return {
      results: 0,
      reason: "The model's own service searches within its answers: there is nothing to ask here.",
    };
  try {
    const hits = await searchWeb(service, "rein", 5, urls, signal);
    return hits.length > 0 ? { results: hits.length } : { results: 0, reason: "It found nothing." };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return { results: 0, reason: error.message };
  }
}

const nameOf = { brave: "Brave", tavily: "Tavily", searxng: "SearXNG" };

function requestOf(
  service: SearchService,
  query: string,
  count: number,
  urls: typeof searchUrls,
): Request {
  const headers = { accept: "application/json", "accept-encoding": acceptedEncodings };
  switch (service.service) {
    case "brave": {
      const url = new URL(urls.brave);
      url.search = new URLSearchParams({ q: query, count: String(count) }).toString();
      return new Request(url, { headers: { ...headers, "x-subscription-token": service.apiKey } });
    }
    case "tavily": {
      const authorization = `Bearer ${service.apiKey}`;
      return new Request(urls.tavily, {
        method: "POST",
        headers: { ...headers, authorization, "content-type": "application/json" },
        body: JSON.stringify({ query, max_results: count }),
      });
    }
    case "searxng": {
      const url = new URL(service.url);
      url.pathname = `${url.pathname.replace(/\/(search\/?)?$/, "")}/search`;
      url.search = new URLSearchParams({ q: query, format: "json" }).toString();
      return new Request(url, { headers });
    }
  }
}

function refusal({ service }: SearchService, status: number): string {
  const name = nameOf[service];
  if (status >= 300 && status < 400)
    return `The search failed: ${name} redirects to another address (${status}), where no search is sent. The user can enter that one in the settings (Web).`;
  if (service === "searxng" && status === 403)
    return "The search failed: this SearXNG gives no JSON (403): its settings.yml needs “json” in search.formats.";
  if (status === 401 || status === 403)
    return `The search failed: ${name} does not accept the key (${status}). The user can change it in the settings (Web).`;
  if ([402, 429, 432, 433].includes(status))
    return `The search failed: ${name} takes no more searches for now (${status}).`;
  return `The search failed: ${name} answered with status ${status}.`;
}

const text = z.string().catch("");
const noHit = { title: "", url: "", description: "", content: "" };
/** A damaged one takes no other with it. */
const hit = z.object({ title: text, url: text, description: text, content: text }).catch(noHit);
const hits = z.object({ results: z.array(hit) });
const brave = z.object({ web: hits.nullish() });

function hitsIn(service: SearchService, body: string): Hit[] {
  // What it says of the key is for no model. A short one is also a part of words, and no real one.
  const key = "apiKey" in service && service.apiKey.length >= 8 ? service.apiKey : undefined;
  const plain = (words: string) => (key === undefined ? words : words.replaceAll(key, "…"));
  try {
    const answer: unknown = JSON.parse(body);
    const found = service.service === "brave" ? brave.parse(answer).web : hits.parse(answer);
    return (found?.results ?? [])
      .filter(({ url }) => url !== "")
      .map(({ title, url, description, content }) => ({
        title: plain(title),
        url: plain(url),
        text: plain(description || content),
      }));
  } catch (error) {
    throw new ToolError(
      `The search failed: what ${nameOf[service.service]} answered is no list of results.`,
      { cause: error },
    );
  }
}
