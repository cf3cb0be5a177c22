/** Ollama's native API over HTTP: JSON for a question, lines of JSON for a stream. It has no SDK that keeps the socket's abort. */
import { defined } from "../../../shared/defined";
import { requireFewValues } from "../bad-answer";
import { readLines } from "../read-lines";
import { fetchFromService } from "../service-fetch";

export interface OllamaClient {
  /** The JSON that it answers; a `body` is posted. Throws OllamaAPIError. `signal` closes the socket. */
  ask(path: string, body: object | undefined, signal: AbortSignal): Promise<unknown>;
  /** Each line of the answer as it comes, parsed. Throws OllamaAPIError, and SyntaxError for half a line. */
  stream(path: string, body: object, signal: AbortSignal): AsyncIterable<unknown>;
}

/** Named and filled like the errors of the SDKs: error-facts.ts reads it as it reads theirs. */
export class OllamaAPIError extends Error {
  override readonly name = "APIError";
  readonly status: number;
  readonly headers: Headers | undefined;

  constructor(message: string, status: number, headers?: Headers) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A key is needed only behind a proxy, and at Ollama's own cloud. */
export function makeOllamaClient(baseUrl: string, apiKey: string | undefined): OllamaClient {
  const send = async (path: string, body: object | undefined, signal: AbortSignal) => {
    const response = await fetchFromService(baseUrl + path, {
      method: body === undefined ? "GET" : "POST",
      headers: defined({
        "content-type": body && "application/json",
        authorization: apiKey && `Bearer ${apiKey}`,
      }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    if (!response.ok)
      throw new OllamaAPIError(await messageOf(response), response.status, response.headers);
    return response;
  };
  return {
    async ask(path, body, signal) {
      const value: unknown = await (await send(path, body, signal)).json();
      requireFewValues(value);
      return value;
    },
    async *stream(path, body, signal) {
      const response = await send(path, body, signal);
      for await (const line of readLines(response.body))
        if (line.trim() !== "") yield JSON.parse(line);
    },
  };
}

/** `{"error": "…"}` from Ollama; a proxy in front of it may send anything. */
async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : text;
  } catch {
    return text;
  }
}
