/** Makes the address that a provider needs of what people paste: with or without `/v1`, a whole endpoint, or no scheme. */

/** The API that is spoken there: each one's client adds other paths to its address. */
export type AddressForm = "anthropic" | "openai" | "gemini" | "ollama";

type Read = { baseUrl: string } | { problem: string };

/** What is known of a model is asked for several times a turn, and starts from the same few addresses. */
const known = new Map<string, Read>();
const maxKnown = 200;

/**
 * The address to which the client of `form` adds its paths, without a slash at the end; or what is wrong with what was
 * entered, and what to enter instead. A query and a fragment are dropped: no client keeps them.
 */
export function readBaseUrl(
  entered: string,
  form: AddressForm,
  example: string = examples[form],
): Readonly<Read> {
  const key = `${form} ${example} ${entered}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= maxKnown) known.clear();
  const read = readAnew(entered, form, example);
  known.set(key, read);
  return read;
}

function readAnew(entered: string, form: AddressForm, example: string): Read {
  const text = entered.trim().replaceAll(/^["'<]+|["'>]+$/g, "");
  const url = parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : withScheme(text, form));
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { problem: `“${text.slice(0, 100)}” is no web address. Enter one like ${example}.` };
  }
  const { version, added } = forms[form];
  let path = withoutEndpoint(url.pathname);
  if (version === undefined) path = path === "" ? (hostPath(url.hostname) ?? added) : path;
  else path = path.replace(version, "");
  const credentials = url.username === "" ? "" : `${url.username}:${url.password}@`;
  return { baseUrl: `${url.protocol}//${credentials}${url.host}${path}` };
}

const examples: Record<AddressForm, string> = {
  anthropic: "https://api.anthropic.com",
  openai: "https://api.example.com/v1",
  gemini: "https://generativelanguage.googleapis.com",
  ollama: "http://127.0.0.1:11434",
};

/** `version`: what the client adds by itself. `added`: what it expects and people leave out. */
const forms: Record<AddressForm, { version?: RegExp; added: string }> = {
  anthropic: { version: /\/v1$/, added: "" },
  openai: { added: "/v1" },
  // Its second form is Google's own Chat Completions endpoint.
  gemini: { version: /\/v1(alpha|beta)?(\/openai)?$/, added: "" },
  ollama: { version: /\/(v1|api)$/, added: "" },
};

/** Where services that people name by their host alone have their Chat Completions. */
const hosts: Record<string, string> = {
  "openrouter.ai": "/api/v1",
  "api.groq.com": "/openai/v1",
  "api.fireworks.ai": "/inference/v1",
  "api.perplexity.ai": "",
  "generativelanguage.googleapis.com": "/v1beta/openai",
};

function hostPath(host: string): string | undefined {
  return /\.(openai|services\.ai)\.azure\.com$/.test(host) ? "/openai/v1" : hosts[host];
}

function withoutEndpoint(path: string): string {
  return path.replace(/\/+$/, "").replace(endpoint, "").replace(/\/+$/, "");
}

const endpoint =
  /(\/chat\/completions|\/completions|\/responses|\/messages|\/embeddings|\/models(\/[^/]+:\w+)?|\/api\/(chat|generate|tags|show))$/;

/** What is on this machine or in its network rarely has a certificate. */
function withScheme(text: string, form: AddressForm): string {
  if (form === "ollama") return `http://${asOllamaHost(text)}`;
  const host = /^(\[[^\]]*\]|[^/:?#]*)/.exec(text)?.[1] ?? "";
  const isNear =
    !host.includes(".") ||
    /^[\d.]+$|^\[|\.(local|lan|home|internal|localhost)$/i.test(host) ||
    /^[^/]*:(?!443\b)\d+/.test(text);
  return `${isNear ? "http" : "https"}://${text}`;
}

/** As Ollama reads OLLAMA_HOST: each half may be left out, and where it listens everywhere it is reached here. */
function asOllamaHost(text: string): string {
  const [, host = "", port = ":11434", path = ""] =
    /^(\[[^\]]*\]|[^/:?#]*)(:\d+)?(.*)$/.exec(text) ?? [];
  const isHere = text !== "" && /^(0\.0\.0\.0|\[::\])?$/.test(host);
  return `${isHere ? "127.0.0.1" : host}${port}${path}`;
}

function parse(text: string): URL | undefined {
  // A space would become a part of the path, and an empty host takes the path's first name.
  const isWhole = /^[a-z]+:\/\/[^\s/?#]+[^\s]*$/i.test(text);
  return isWhole && URL.canParse(text) ? new URL(text) : undefined;
}
