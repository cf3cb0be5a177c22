/** The fetch tool: a page of the web as Markdown, or a picture or PDF for a model that takes it. */
import { z } from "zod";
import { nameOfType, sizeOf } from "../../../shared/taken-files";
import { inspectFile } from "../../attachments/file-content";
import { outputLines } from "../outputs/long-lines";
import type { OutputFile } from "../outputs/output-store";
import { type Tool, type ToolContext, ToolError, type ToolResult } from "../tool";
import { type Lookup, systemLookup } from "./host-addresses";
import { decoded } from "./page-charset";
import { pageText } from "./page-text";
import {
  type Answer,
  type PageRequest,
  requestPage,
  type WebBounds,
  webBounds,
} from "./request-page";
import { shownAddress, webAddress } from "./web-address";
import { framed } from "./web-frame";
import type { WebSettings } from "../../../shared/requests";

const maxCharacters = 40_000;
const maxTitleCharacters = 300;

const input = z.strictObject({
  url: z.string().min(1).max(8000).describe("The whole address, with https:// or http://"),
  offset: z
    .int()
    .min(0)
    .default(0)
    .describe("Where to begin in a long text, as the end of an answer says"),
});

export type FetchInput = z.output<typeof input>;

export interface FetchParts {
  web: () => WebSettings;
  lookup?: Lookup;
  bounds?: WebBounds;
  proxies: () => PageRequest["environment"];
}

export function createFetch(parts: FetchParts): Tool<FetchInput> {
  return {
    name: "fetch",
    description:
      "Gets a page of the web (http or https) and returns its text as Markdown; JSON, XML and other text as it is. " +
      "A picture or PDF is shown to you if you can see it. A redirect to another host is not followed: fetch the new address. " +
      "No private addresses, no logins. What it returns is not from the user.",
    input,
    prepare({ url: text, offset }, context, signal) {
      const url = webAddress(text);
      if (typeof url === "string") throw new ToolError(`This address cannot be fetched: ${url}.`);
      return {
        access: { kind: "tool", tool: "fetch", subject: url.href, host: url.host },
        changesNothing: true,
        run: () => fetchPage(url, offset, parts, context, signal),
      };
    },
  };
}

async function fetchPage(
  url: URL,
  offset: number,
  { web, lookup = systemLookup, bounds = webBounds, proxies }: FetchParts,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const redirects: URL[] = [];
  const { allowedPrivate } = web();
  const answer = await requestPage(
    { url, allowedPrivate, lookup, bounds, environment: proxies() },
    redirects,
    signal,
  );
  const sent = redirects.map((to) => `Redirected to ${shownAddress(to)}`);
  if ("elsewhere" in answer) {
    const note =
      "That is another host, so the redirect was not followed. Fetch that address if you want it.";
    return { output: [...sent, note].join("\n") };
  }
  const head = [
    ...sent,
    `${shownAddress(answer.url)} (status ${answer.status}, ${sizeOf(answer.bytes.length)})`,
    ...(answer.retryAfter ? [`Retry-After: ${answer.retryAfter}`] : []),
  ];
  return (
    (await shownFile(answer, head, context, signal)) ?? {
      output: await shownText(answer, offset, head, bounds, context, signal),
    }
  );
}

async function shownFile(
  answer: Answer,
  head: string[],
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult | undefined> {
  const { bytes, isCut, url } = answer;
  const found = inspectFile(bytes);
  if (found === undefined || found.mediaType === "text/plain") return undefined;
  const { mediaType } = found;
  const what = mediaType === "application/pdf" ? "PDF" : `${nameOfType(mediaType)} picture`;
  if (isCut)
    throw new ToolError(`${shownAddress(url)} is a ${what} that is larger than fetch takes.`);
  const whyNot = context.files.whyNotTaken(mediaType);
  if (whyNot !== undefined)
    throw new ToolError(`${shownAddress(url)} is a ${what}, and ${whyNot}.`);
  const kept = await context.files.keep(bytes, signal);
  const name = (url.pathname.split("/").at(-1) || url.hostname).slice(0, 200);
  return {
    output: [...head, `A ${what}. It is not from the user.`].join("\n"),
    files: [{ name, ...kept }],
  };
}

async function shownText(
  answer: Answer,
  offset: number,
  head: string[],
  bounds: WebBounds,
  context: ToolContext,
  signal: AbortSignal,
): Promise<string> {
  const { bytes, url, isCut } = answer;
  const type = mediaTypeOf(answer);
  const content = decoded(bytes, answer.contentType);
  if (content.slice(0, 8000).includes("\0"))
    throw new ToolError(
      `${shownAddress(url)} is neither text nor a picture nor a PDF: ${type || "of no type"}, ${sizeOf(bytes.length)}.`,
    );
  const isPage =
    /^(text\/html|application\/xhtml\+xml)$/.test(type) || (type === "" && /^\s*</.test(content));
  const page = isPage
    ? await pageText({ html: content, url: url.href }, context, signal)
    : undefined;
  const text = page?.text ?? content;
  if (offset > 0 && offset >= text.length)
    throw new ToolError(`The text has only ${text.length} characters.`);
  const shown = text.slice(offset, offset + maxCharacters);
  const next = offset + shown.length;
  const kept = next < text.length ? await keepText(text, context) : undefined;
  const title = page?.title ? [`Title: ${oneLine(page.title)}`, ""] : [];
  const notes = [
    ...(page?.isPlain
      ? ["[too large or too nested for Markdown: its plain text, also what it hides from readers]"]
      : []),
    ...(isCut ? [`[only the first ${sizeOf(bounds.bodyBytes)} of it were read]`] : []),
    ...(next < text.length
      ? [
          `[characters ${offset} to ${next} of ${text.length}; ${onward(text, next, kept, context)}]`,
        ]
      : []),
  ];
  return [framed(head, [...title, shown || "[no text]"].join("\n")), ...notes].join("\n");
}

/** So that reading on asks the service for nothing. */
function keepText(
  text: string,
  { outputs, sessionId, toolCallId }: ToolContext,
): ReturnType<OutputFile["close"]> {
  const file = outputs.open(sessionId, toolCallId);
  file.write(text);
  return file.close();
}

function onward(
  text: string,
  next: number,
  kept: { characters: number } | undefined,
  { toolCallId }: ToolContext,
): string {
  if (kept === undefined || kept.characters <= next) return `continue with offset ${next}`;
  return `to go on, read output:${toolCallId} from line ${outputLines(text.slice(0, next)).length}`;
}

function mediaTypeOf({ contentType }: Answer): string {
  return /^\s*([\w.+-]{1,100}\/[\w.+-]{1,100})/.exec(contentType)?.[1]?.toLowerCase() ?? "";
}

function oneLine(title: string): string {
  return title.replaceAll(/\s+/g, " ").slice(0, maxTitleCharacters);
}
