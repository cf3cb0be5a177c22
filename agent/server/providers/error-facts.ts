/** Reads status, names, message and retry-after from an SDK's error: each SDK keeps them in another place. */
import { z } from "zod";
import { defined } from "../../shared/defined";

export interface ErrorFacts {
  status: number | undefined;
  /** Every machine-readable name that the service or the network gave, in one string. */
  names: string;
  message: string;
  retryAfterMs: number | undefined;
  /** The place in the request that the service names, such as `messages[3].content` or `temperature`. */
  param: string | undefined;
}

export function readFacts(error: Error): ErrorFacts {
  const { status, headers } = error as { status?: unknown; headers?: Headers };
  const body = readBody(error);
  return {
    status: typeof status === "number" ? status : body.status,
    names: [...namesOf(error), ...body.names].join(" "),
    message: body.message ?? error.message,
    retryAfterMs: readRetryAfter(headers) ?? body.retryAfterMs,
    param: body.param,
  };
}

/** The names in an error and in its causes: fetch keeps the network's own code there. */
function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, type, name } = error as { code?: unknown; type?: unknown; name: string };
  const own = [error.constructor.name, name, code, type].filter((one) => typeof one === "string");
  return [...own, ...namesOf(error.cause)];
}

interface Body {
  names: string[];
  status?: number;
  message?: string;
  retryAfterMs?: number;
  param?: string;
}

const text = z.string().optional().catch(undefined);

/** What is of another type is taken for absent. */
const fields = z.object({
  type: text,
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  status: text,
  message: text,
  param: text,
  details: z.array(z.object({ reason: text, retryDelay: text }).catch({})).catch([]),
});

const errorBody = fields.extend({
  error: z.union([z.string(), fields]).optional().catch(undefined),
});

/** OpenAI's SDK keeps the inner object, Anthropic's the outer one, and Google's puts all of it into the message. */
function readBody(error: Error): Body {
  const own = (error as { error?: unknown }).error ?? parseBody(error.message);
  const outer = errorBody.safeParse(own).data;
  if (outer === undefined) return { names: [] };
  if (typeof outer.error === "string") return { names: [], message: outer.error };
  const { type, code, status, message, param, details } = outer.error ?? outer;
  const reasons = details.map(({ reason }) => reason);
  const names = [type, code, status, ...reasons].filter((name) => typeof name === "string");
  const delayMs =
    Number.parseFloat(details.find(({ retryDelay }) => retryDelay)?.retryDelay ?? "") * 1000;
  return defined({
    names,
    status: typeof code === "number" ? code : undefined,
    message,
    retryAfterMs: delayMs >= 0 ? delayMs : undefined,
    param,
  });
}

function parseBody(message: string): unknown {
  const start = message.indexOf("{");
  if (start === -1) return undefined;
  try {
    return JSON.parse(message.slice(start));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
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
