/** Which requests of an engine pass: those that ask a model, count tokens or list models, and nothing else of an API. */
import type { GateWire } from "../catalog/gate-target";
import type { AnswerForm } from "../providers/passed-answer";

export interface Endpoint {
  method: "GET" | "POST";
  /** After the base URL of the wire's client. Its first group is the model, where the path names it. */
  path: RegExp;
  /** Of the answer, where it is a model's. */
  form?: AnswerForm;
}

/** What the wire's client has at the end of its base URL. */
export const basePaths: Record<GateWire, string> = { anthropic: "", openai: "/v1", gemini: "" };

const listed = String.raw`/models(?:/[\w.:@-]+){0,3}$`;

const endpoints: Record<GateWire, Endpoint[]> = {
  anthropic: [
    { method: "POST", path: /^\/v1\/messages$/, form: "messages" },
    { method: "POST", path: /^\/v1\/messages\/count_tokens$/ },
    { method: "GET", path: new RegExp(`^/v1${listed}`) },
  ],
  openai: [
    { method: "POST", path: /^\/responses(?:\/compact)?$/, form: "responses" },
    { method: "POST", path: /^\/responses\/input_tokens$/ },
    { method: "POST", path: /^\/chat\/completions$/, form: "chat" },
    { method: "GET", path: new RegExp(`^${listed}`) },
  ],
  gemini: [
    {
      method: "POST",
      path: /^\/v1(?:alpha|beta)?\/models\/([\w.-]+):(?:generateContent|streamGenerateContent)$/,
      form: "gemini",
    },
    { method: "POST", path: /^\/v1(?:alpha|beta)?\/models\/[\w.-]+:countTokens$/ },
    { method: "GET", path: new RegExp(`^/v1(?:alpha|beta)?${listed}`) },
  ],
};

/** `path`: as a URL has it, so without `.` and `..`. Undefined: it does not pass. */
export function findEndpoint(wire: GateWire, method: string, path: string): Endpoint | undefined {
  return endpoints[wire].find((one) => one.method === method && one.path.test(path));
}

/** The query without a key, and without what Google takes for another method, header or key. */
export function passedQuery(query: URLSearchParams): string {
  const passed = new URLSearchParams();
  for (const [name, value] of query)
    if (!/^(key|access_token|oauth_token|prettyPrint|[^a-z].*)$/i.test(name))
      passed.append(name, value);
  return passed.size === 0 ? "" : `?${passed}`;
}
