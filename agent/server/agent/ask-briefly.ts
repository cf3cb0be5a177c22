/** Asks a model once, in a small request without tools and outside of any run: what it answered, and what that cost. */
import { takenOptions } from "../../shared/model-options";
import type { ModelInfo, ModelOptions, Part, Usage } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { link } from "../abort";
import { log } from "../log";
import { type ModelRequest, type Provider, ProviderError } from "../providers/provider";
import { isRefusal } from "./ask-model";
import { usageOf } from "./token-estimate";
import type { Turn } from "./turn-types";
import { userMessage } from "./user-message";

export interface BriefRequest {
  sessionId: string;
  runId: string;
  provider: Provider;
  model: string;
  info(): ModelInfo | undefined;
  system: string;
  text: string;
  /** What it is for: one word. */
  purpose: "title" | "draft";
  limitMs: number;
  /** A model that thinks first, and cannot be told not to, needs room for that. */
  mostTokens: { plain: number; thinking: number };
  /** Characters, those of its thoughts included; an answer beyond is cut. */
  mostWritten: number;
  /** It is given up where it would have to wait for a connection. */
  neverWaits?: true;
}

export interface BriefAnswer {
  /** Absent when it did not end well. */
  text?: string;
  /** Absent when nothing was sent, or the request was refused. */
  usage?: Usage;
  /** What the service said of its failure. */
  failure?: string;
}

/**
 * Is never tried again: a failure of the service is logged as debug. `signal` closes its socket; so do its time limit, and an
 * answer without end.
 */
export async function askBriefly(request: BriefRequest, signal: AbortSignal): Promise<BriefAnswer> {
  const { sessionId, runId, provider, model, purpose, limitMs, mostWritten } = request;
  const turn: Turn = { request: modelRequest(request), counted: {}, mayBeCharged: true };
  using own = link(signal);
  const cut = () => own.controller.abort(`The ${purpose} was not waited for`);
  const timer = setTimeout(cut, limitMs);
  if (request.neverWaits)
    turn.request.onWait = (waits) => {
      if (!waits) return;
      turn.mayBeCharged = false;
      cut();
    };
  const parts: Part[] = [];
  let failure: string | undefined;
  try {
    if (signal.aborted) return {};
    await readParts(provider, turn, parts, { cut, mostWritten }, own.controller.signal);
  } catch (error) {
    const isRefused = error instanceof ProviderError && isRefusal(error) && parts.length === 0;
    if (isRefused) turn.mayBeCharged = false;
    if (error instanceof ProviderError) failure = error.message;
    if (!own.controller.signal.aborted)
      log.debug({ err: error, sessionId, runId, model, purpose }, "A small request failed");
  } finally {
    clearTimeout(timer);
  }
  return defined({
    text: turn.finish === "stop" ? textIn(parts) : undefined,
    usage: turn.mayBeCharged ? usageOf(request, { parts }, turn) : undefined,
    failure,
  });
}

async function readParts(
  provider: Provider,
  turn: Turn,
  parts: Part[],
  { cut, mostWritten }: { cut: () => void; mostWritten: number },
  signal: AbortSignal,
): Promise<void> {
  const open = new Map<string, { text: string }>();
  let written = 0;
  for await (const event of provider.stream(turn.request, signal))
    switch (event.type) {
      case "part-start": {
        if (event.part !== "text" && event.part !== "reasoning") break;
        const part = { type: event.part, id: event.key, text: "", startedAt: 0 };
        open.set(event.key, part);
        parts.push(part);
        break;
      }
      case "part-delta": {
        const part = open.get(event.key);
        if (part) part.text += event.delta;
        written += event.delta.length;
        if (written > mostWritten) cut();
        break;
      }
      case "usage": {
        const { type: _type, ...counts } = event;
        turn.counted = counts;
        break;
      }
      case "finish":
        turn.finish = event.reason;
    }
}

/** Without the thoughts that some models write into it. */
function textIn(parts: Part[]): string {
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return text.replaceAll(/<think>[^]*?(<\/think>|$)/g, "");
}

function modelRequest(request: BriefRequest): ModelRequest {
  const { sessionId, runId, model, system, text, purpose } = request;
  const known = request.info();
  return {
    model,
    system,
    messages: [userMessage(runId, text)],
    tools: [],
    options: optionsFor(known, request.mostTokens),
    cacheKey: `${purpose}-${sessionId}`,
    // The same as the session's own requests: another window would make a server on this machine load its model anew.
    ...defined({ contextTokens: known?.contextTokens }),
  };
}

function optionsFor(
  info: ModelInfo | undefined,
  mostTokens: BriefRequest["mostTokens"],
): ModelOptions {
  const efforts = info?.allows?.efforts;
  // What is not known to be taken is not sent.
  if (efforts === undefined) return { maxOutputTokens: mostTokens.thinking };
  const isPlain = efforts.length === 0 || efforts.includes("off");
  const maxOutputTokens = isPlain ? mostTokens.plain : mostTokens.thinking;
  return takenOptions({ effort: isPlain ? "off" : "low", maxOutputTokens }, info?.allows).options;
}
