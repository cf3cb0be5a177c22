/** Reads status, names, message and retry-after from an SDK's error: each SDK keeps them in another place. */
import { defined } from "../../shared/defined";

export interface ErrorFacts {
  status: number | undefined;
  /** Every machine-readable name that the service or the network gave, in one string. */
  names: string;
  message: string;
  retryAfterMs: number | undefined;
}

export function readFacts(error: Error): ErrorFacts {
  const { status, headers } = error as { status?: number; headers?: Headers };
  const body = readBody(error);
  return {
    status: status ?? body.status,
    names: [...namesOf(error), ...body.names].join(" "),
    message: body.message ?? error.message,
    retryAfterMs: readRetryAfter(headers) ?? body.retryAfterMs,
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
}

interface ErrorBody {
  type?: string;
  code?: string | number | null;
  status?: string;
  message?: string;
  details?: { reason?: string; retryDelay?: string }[];
  error?: ErrorBody | string;
}

/** OpenAI's SDK keeps the inner object, Anthropic's the outer one, and Google's puts all of it into the message. */
function readBody(error: Error): Body {
  const outer = (error as { error?: ErrorBody }).error ?? parseBody(error.message);
  if (typeof outer !== "object" || outer === null) return { names: [] };
  if (typeof outer.error === "string") return { names: [], message: outer.error };
  const { type, code, status, message, details } = outer.error ?? outer;
  const reasons = details?.map(({ reason }) => reason) ?? [];
  const names = [type, code, status, ...reasons].filter((name) => typeof name === "string");
  const delay = details?.find(({ retryDelay }) => retryDelay)?.retryDelay;
  return defined({
    names,
    status: typeof code === "number" ? code : undefined,
    message,
    retryAfterMs: delay === undefined ? undefined : Number.parseFloat(delay) * 1000,
  });
}

function parseBody(message: string): ErrorBody | undefined {
  const start = message.indexOf("{");
  if (start === -1) return undefined;
  try {
    return JSON.parse(message.slice(start)) as ErrorBody;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
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
