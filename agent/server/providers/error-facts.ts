/** Reads status, names, message and retry-after from an SDK's error: each SDK keeps them in another place. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import { bounds } from "./bounds";

export interface ErrorFacts {
  status: number | undefined;
  /** Every machine-readable name that the service or the network gave, in one string. */
  names: string;
  /** The service's own words, or the SDK's; of a web page what it shows. */
  message: string;
  isPage: boolean;
  retryAfterMs: number | undefined;
  /** The place in the request that the service names, such as `messages[3].content` or `temperature`. */
  param: string | undefined;
}

export function readFacts(error: Error, answerHeaders?: Headers): ErrorFacts {
  const { status, headers = answerHeaders } = error as { status?: unknown; headers?: Headers };
  const body = readBody(error);
  // Whatever is read of the words is read of no more than this: a service may repeat a picture of 8 MB.
  const said = (body.message ?? ownMessage(error)).slice(0, bounds.errorCharacters);
  const isPage = /<(!doctype|html|head|body|h1)\b/i.test(said);
  return {
    status: typeof status === "number" ? status : body.status,
    names: [...namesOf(error), ...body.names].map(cutName).join(" "),
    message: isPage ? pageText(said) : said,
    isPage,
    retryAfterMs: readRetryAfter(headers) ?? body.retryAfterMs,
    param: body.param && cutName(body.param),
  };
}

function cutName(name: string): string {
  return name.slice(0, bounds.nameCharacters);
}

/**
 * The SDKs put the status before it, have words of their own for an answer without any, and wrap what fetch threw, which
 * names the cause.
 */
function ownMessage({ message, cause }: Error): string {
  if (cause instanceof Error) return ownMessage(cause);
  return message.replace(/^\d{3} /, "").replace(/^status code \(no body\)$/, "");
}

/** The names in an error and in its causes: fetch keeps the network's own code there. */
function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, type, name } = error as { code?: unknown; type?: unknown; name: string };
  const own = [error.constructor.name, name, code, type].filter((one) => typeof one === "string");
  return [...own, ...namesOf(error.cause)];
}

interface Body {
  /** "bare": only words came, with nothing for programs. */
  names: string[];
  status?: number;
  message?: string;
  retryAfterMs?: number;
  param?: string;
}

/** What is of another type is taken for absent. */
const text = z.string().optional().catch(undefined);
const problems = z.union([text, listOf(z.object({ msg: text })).transform(joined)]);
const fields = z.object({
  type: text,
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  status: text,
  message: z
    .union([z.string(), z.object({ detail: problems }).transform(({ detail }) => detail)])
    .optional()
    .catch(undefined),
  detail: problems.catch(undefined),
  param: text,
  /** OpenRouter: what the service behind it said. */
  metadata: z.object({ raw: text }).optional().catch(undefined),
  details: listOf(z.object({ reason: text, retryDelay: text }).catch({})).catch([]),
});

const errorBody = fields.extend({
  error: z.union([z.string(), fields]).optional().catch(undefined),
});

/** The first entries of a list: a list of millions would be checked for seconds. */
function listOf<Entry extends z.ZodType>(entry: Entry) {
  return z
    .custom<unknown[]>(Array.isArray)
    .transform((all) => all.slice(0, 20))
    .pipe(z.array(entry));
}

function joined(list: { msg?: string | undefined }[]): string {
  return list.flatMap(({ msg }) => msg ?? []).join(". ");
}

/** OpenAI's SDK keeps the inner object, Anthropic's the outer one, and Google's puts all of it into the message. */
function readBody(error: Error): Body {
  const given = (error as { error?: unknown }).error ?? parseBody(error.message);
  const own: unknown = Array.isArray(given) ? given[0] : given;
  if (typeof own === "string") return { names: ["bare"], message: own };
  const outer = errorBody.safeParse(own).data;
  if (outer === undefined) return { names: [] };
  if (typeof outer.error === "string") {
    const names = ["bare", outer.code].filter((name) => typeof name === "string");
    return { names, message: outer.error };
  }
  const { type, code, status, message, detail, param, metadata, details } = outer.error ?? outer;
  const reasons = details.map(({ reason }) => reason);
  const names = [type, code, status, ...reasons].filter((name) => typeof name === "string");
  const delayMs =
    Number.parseFloat(details.find(({ retryDelay }) => retryDelay)?.retryDelay ?? "") * 1000;
  const said = message ?? detail;
  return defined({
    names: names.length === 0 && said !== undefined ? ["bare"] : names,
    status: typeof code === "number" && code >= 400 ? code : undefined,
    message: said !== undefined && metadata?.raw ? `${said}: ${metadata.raw}` : said,
    retryAfterMs: delayMs >= 0 ? delayMs : undefined,
    param,
  });
}

/** Google's SDK puts all of the body into the message; the others put the status before it. */
function parseBody(message: string): unknown {
  const start = message.search(/[[{]/);
  if (start === -1) return undefined;
  try {
    return JSON.parse(message.slice(start));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What a page shows, its title included, without tags. An element or tag without an end goes to the end, as in a browser. */
function pageText(page: string): string {
  const shown = page.replaceAll(/<(style|script)\b[^]*?(?:<\/\1>|$)/gi, " ");
  const title = plain(/<title\b[^<>]*>([^<]*)/i.exec(shown)?.[1] ?? "");
  const body = plain(shown.replace(/<head\b[^]*?(?:<\/head>|(?=<(?:body|h1)\b)|$)/i, " "));
  return body.includes(title) ? body : [title, body].filter(Boolean).join(": ");
}

function plain(html: string): string {
  return html
    .replaceAll(/<[a-z/!?][^>]*(?:>|$)/gi, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** `retry-after` is seconds or a date (RFC 9110, 10.2.3); `retry-after-ms` is OpenAI's finer one. */
function readRetryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (milliseconds >= 0) return milliseconds;
  const value = headers?.get("retry-after");
  if (!value) return undefined;
  const delayMs = /^[\d.]+$/.test(value)
    ? Number.parseFloat(value) * 1000
    : Date.parse(value) - Date.now();
  return Number.isNaN(delayMs) ? undefined : Math.max(0, delayMs);
}
