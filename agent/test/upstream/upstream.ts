/**
 * The scripted upstream: one real HTTP server that speaks all five wires from one neutral script, refuses the histories
 * that the real services refuse, records every request, and says when a client closed its socket.
 *
 *     const upstream = startUpstream();
 *     const gate = makeGate();
 *     upstream.script(
 *       [reasoning("Let me ", "look."), toolCall("bash", { command: "ls" }), usage(120, 14)],
 *       [text("Two ", gate, "files.")],
 *     );
 *     const provider = createAnthropic({ apiKey: "key", baseUrl: upstream.baseUrls.anthropic });
 *     …
 *     await gate.reached;                 // "Two " has been sent, and nothing after it
 *     controller.abort(reason);
 *     const request = await upstream.request(1);
 *     expect(await request.ended).toBe("client");
 *     await upstream.close();
 *
 * `script(...answers)`  each answer (a list of steps, see script.ts) is for one request, in the order in which they arrive.
 * `route(choose)`       is called first: for tests in which several requests are open at once. It returns the steps of an
 *                       answer, or undefined to leave the request to the queue.
 * `requests`            every request for an answer so far; `request(n)` resolves when the n-th (from 0) has arrived.
 *                       Model lists are not among them.
 * `request.refusal`     why the history was refused with 400 (the answer that was queued for it stays queued).
 * `request.ended`       resolves with "client" when the client closed the socket before the answer was complete,
 *                       with "server" when the answer was complete first.
 * `baseUrls`, `environment`  where each provider finds it, as an option or as the SDKs' own variables.
 *
 * A request for which nothing is scripted gets a 401 that says so. No function here waits for a fixed time; each error names the missing fact.
 */
import { anthropic } from "./anthropic-wire";
import { gemini } from "./gemini-wire";
import { anthropicModels, geminiModels, ollamaFacts, openaiModels } from "./model-lists";
import { ollama } from "./ollama-wire";
import { openai } from "./openai-wire";
import { openaiChat } from "./openai-chat-wire";
import { type CountedInput, PromptCache } from "./prompt-cache";
import { failure, type Failure, type Step, usage } from "./script";
import { within } from "../within";
import { baseUrlsAt, type Frame, joined, type Wire, type WireName } from "./wire";

export * from "./script";
export type { WireName } from "./wire";

export interface UpstreamRequest {
  wire: WireName;
  path: string;
  headers: Headers;
  /** The key that the client sent, wherever the wire has it. */
  key: string;
  model: string;
  body: Record<string, unknown>;
  refusal?: string;
  /** With `countsTokens`: what the service counts of the input. */
  counted?: CountedInput;
  readonly ended: Promise<"client" | "server">;
}

export interface Upstream {
  url: string;
  baseUrls: Record<WireName, string>;
  environment: Record<string, string>;
  requests: UpstreamRequest[];
  /** Awaited before each answer and each frame of it, where a test gives it. */
  pace?: (() => Promise<void>) | undefined;
  request(index: number): Promise<UpstreamRequest>;
  script(...answers: Step[][]): void;
  route(choose: (request: UpstreamRequest) => Step[] | undefined): void;
  /** Forgets what was scripted and recorded. */
  reset(): void;
  /** Ends every open answer and stops listening. */
  close(): Promise<void>;
}

/** With `countsTokens`, answers whose script states no usage have that of a service with a prompt cache. */
export function startUpstream({ countsTokens = false, host = "127.0.0.1" } = {}): Upstream {
  const cache = new PromptCache();
  const answers: Step[][] = [];
  const requests: UpstreamRequest[] = [];
  const awaited: (() => void)[] = [];
  let choose: (request: UpstreamRequest) => Step[] | undefined = () => undefined;
  let count = 0;
  const next = () => ++count;

  const server = Bun.serve({
    port: 0,
    hostname: host,
    idleTimeout: 0,
    development: false,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.method === "GET") return listModels(request, pathname);
      if (pathname === "/api/show") return showModel(await request.json());
      const wire = wires.find(({ path }) => path.test(pathname))?.wire;
      if (wire === undefined) return Response.json({ error: "no such path" }, { status: 404 });
      const { record, end } = await recordRequest(wire, request, pathname);
      requests.push(record);
      for (const notify of awaited) notify();

      record.refusal = wire.refuse(record.body, record.model);
      const steps = record.refusal
        ? [failure("invalid-request", { message: record.refusal })]
        : (choose(record) ?? answers.shift() ?? [nothingScripted]);
      if (countsTokens && !record.refusal)
        record.counted = cache.count(wire.name, record.model, record.body);
      const { inputTokens, ...cached } = record.counted ?? {};
      const isCounted = inputTokens !== undefined && !steps.some(({ type }) => type === "usage");
      const counted = isCounted ? [...steps, usage(inputTokens, outputOf(steps), cached)] : steps;
      return answer(wire, counted, record, { signal: request.signal, next, end, pace });
    },
  });
  const pace = () => upstream.pace?.();
  const url = `http://${host}:${server.port}`;
  const baseUrls = baseUrlsAt(url);

  const upstream: Upstream = {
    url,
    baseUrls,
    environment: {
      ANTHROPIC_API_KEY: "scripted-key",
      ANTHROPIC_BASE_URL: baseUrls.anthropic,
      OPENAI_API_KEY: "scripted-key",
      OPENAI_BASE_URL: baseUrls.openai,
      GEMINI_API_KEY: "scripted-key",
      GOOGLE_GEMINI_BASE_URL: baseUrls.gemini,
      OLLAMA_HOST: baseUrls.ollama,
    },
    requests,
    async request(index) {
      for (;;) {
        const request = requests[index];
        if (request) return request;
        const { promise, resolve } = Promise.withResolvers<void>();
        awaited.push(resolve);
        await within(() => `request ${index} of ${requests.length}`, promise);
      }
    },
    script: (...more) => void answers.push(...more),
    route: (chosen) => void (choose = chosen),
    reset() {
      answers.length = requests.length = awaited.length = 0;
      choose = () => undefined;
    },
    close: () => server.stop(true),
  };
  return upstream;
}

const wires: { path: RegExp; wire: Wire }[] = [
  { path: /^\/v1\/messages$/, wire: anthropic },
  { path: /^\/v1\/responses$/, wire: openai },
  { path: /^\/v1\/chat\/completions$/, wire: openaiChat },
  { path: /^\/api\/chat$/, wire: ollama },
  { path: /^\/v1beta\/models\/[^/]+:streamGenerateContent$/, wire: gemini },
];

function outputOf(steps: Step[]): number {
  const pieces = steps.flatMap((step) =>
    step.type === "tool-call" ? step.input : "pieces" in step ? step.pieces : [],
  );
  return Math.ceil(joined(pieces).length / 4);
}

/** Not tried again, so that a test that has forgotten it does not wait. */
const nothingScripted = failure("authentication", {
  message: "Nothing is scripted for this request.",
});

function listModels(request: Request, pathname: string): Response {
  if (pathname === "/v1beta/models") return Response.json(geminiModels);
  if (pathname === "/api/tags") return Response.json(ollamaFacts.tags);
  if (pathname === "/api/ps") return Response.json(ollamaFacts.loaded);
  if (pathname !== "/v1/models") return Response.json({ error: "no such path" }, { status: 404 });
  return Response.json(request.headers.has("anthropic-version") ? anthropicModels : openaiModels);
}

function showModel({ model }: { model?: string }): Response {
  const shown = ollamaFacts.shown[model ?? ""] ?? ollamaFacts.shown[`${model}:latest`];
  if (shown !== undefined) return Response.json(shown);
  return Response.json({ error: `model '${model}' not found` }, { status: 404 });
}

async function recordRequest(wire: Wire, request: Request, path: string) {
  const { promise, resolve } = Promise.withResolvers<"client" | "server">();
  request.signal.addEventListener("abort", () => resolve("client"));
  const { headers } = request;
  const body = (await request.json()) as Record<string, unknown>;
  const key =
    headers.get("x-api-key") ??
    headers.get("x-goog-api-key") ??
    headers.get("authorization")?.replace("Bearer ", "") ??
    "";
  const model = /models\/([^/:]+):/.exec(path)?.[1] ?? String(body["model"]);
  const record: UpstreamRequest = {
    wire: wire.name,
    path,
    headers,
    key,
    model,
    body,
    get ended() {
      return within(`the end of a request for ${path}`, promise);
    },
  };
  return { record, end: resolve };
}

interface Answering {
  signal: AbortSignal;
  next: () => number;
  end: (by: "client" | "server") => void;
  pace: () => Promise<void> | undefined;
}

/** Waits at leading gates, answers with a status if the script starts with a failure, else streams. */
async function answer(
  wire: Wire,
  steps: Step[],
  record: UpstreamRequest,
  { signal, next, end, pace }: Answering,
): Promise<Response> {
  const closed = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => closed.resolve());
  const held = pace();
  if (held) await Promise.race([held, closed.promise]);
  const rest = [...steps];
  while (rest[0]?.type === "gate" || rest[0]?.type === "hang") {
    const step = rest.shift();
    await Promise.race([step?.type === "gate" ? step.pass() : closed.promise, closed.promise]);
    if (signal.aborted) return new Response(null, { status: 499 });
  }
  if (rest[0]?.type === "failure") {
    end("server");
    return failed(wire, rest[0], record.key);
  }
  const frames = wire.frames(rest, { model: record.model, next })[Symbol.iterator]();
  return new Response(streamFrames(frames, closed.promise, { signal, end, pace }), {
    headers: {
      "content-type": wire.contentType ?? "text/event-stream",
      "cache-control": "no-cache",
    },
  });
}

function failed(wire: Wire, said: Failure, key: string): Response {
  const { status, body } = wire.error(said, key);
  return Response.json(body, { status, headers: said.headers });
}

function streamFrames(
  frames: Iterator<Frame>,
  closed: Promise<void>,
  { signal, end, pace }: Omit<Answering, "next">,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const held = pace();
        if (held) await Promise.race([held, closed]);
        const { value: frame, done } = frames.next();
        if (signal.aborted) return;
        if (typeof frame === "string") return controller.enqueue(encoder.encode(frame));
        if (done || frame.type === "cut" || frame.type === "reset") {
          end("server");
          if (!done && frame.type === "reset") controller.error();
          else controller.close();
          return;
        }
        await Promise.race([frame.type === "gate" ? frame.pass() : closed, closed]);
        if (signal.aborted) return;
      }
    },
  });
}
