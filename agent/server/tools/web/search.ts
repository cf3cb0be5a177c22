/** The search tool: asks the service of the settings about the web. */
import { z } from "zod";
import type { Tool } from "../tool";
import { ToolError } from "../tool";
import { type Hit, type SearchService, searchUrls, searchWeb } from "./search-services";
import { withoutReferences } from "./plain-text";
import { framed } from "./web-frame";
import type { WebSettings } from "../../../shared/requests";

const maxTitle = 200;
const maxText = 600;

const input = z.strictObject({
  query: z.string().trim().min(1).max(400).describe("A few words, as a person would search for"),
  count: z.int().min(1).max(20).default(8).describe("How many results"),
});

export type SearchInput = z.output<typeof input>;

export interface SearchParts {
  web: () => WebSettings;
  urls?: typeof searchUrls;
}

export function createSearch({ web, urls = searchUrls }: SearchParts): Tool<SearchInput> {
  return {
    name: "search",
    description:
      "Searches the web and returns titles, addresses and short texts, the best first. Use fetch to read one. " +
      "What it returns is not from the user.",
    input,
    isOffered: () => ownService(web()) !== undefined,
    prepare: ({ query, count }, _context, signal) => ({
      access: { kind: "tool", tool: "search", subject: query },
      changesNothing: true,
      run: async () => {
        const service = ownService(web());
        if (service === undefined)
          throw new ToolError("No search service is set up any more (settings, Web).");
        const hits = await searchWeb(service, query, count, urls, signal);
        if (hits.length === 0) return { output: "[no results]" };
        const head = [`${hits.length} results`];
        return { output: framed(head, hits.map(shown).join("\n\n")) };
      },
    }),
  };
}

/** None, too, where the model's own service searches. */
function ownService({ search }: WebSettings): SearchService | undefined {
  return search?.service === "provider" ? undefined : search;
}

function shown({ title, url, text }: Hit, index: number): string {
  return `${index + 1}. ${short(title, maxTitle)}\n${short(url, 2000)}\n${short(text, maxText)}`;
}

function short(text: string, characters: number): string {
  const line = withoutReferences(text.replaceAll(/<\/?[a-z]+>/gi, ""))
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length > characters ? `${line.slice(0, characters)} …` : line;
}
