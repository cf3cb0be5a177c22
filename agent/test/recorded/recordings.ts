/** The recorded answers of real services that lie beside the checkout: found, split into answers, each on its wire. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WireName } from "../upstream/wire";
import { done, type Stream } from "./framings";

/** `REIN_RECORDED` names the folder where it is not beside the checkout. */
export const folder =
  process.env["REIN_RECORDED"] ?? join(import.meta.dir, "../../../../shared/recorded");

export const isPresent = existsSync(folder);

/** What a reader of the test's output sees instead of the tests. */
export const absence = `the recorded answers are not at ${folder}, so none is replayed`;

/** There is none of Ollama's. */
export type RecordedWire = Exclude<WireName, "ollama">;

export interface RecordedAnswer {
  wire: RecordedWire;
  /** The id of a provider that has rules of its own. */
  service?: string;
  /** The model that answered. */
  model: string;
  /** JSON, as the service sent it. */
  chunks: string[];
}

export interface Recording extends RecordedAnswer {
  /** The name of its file; a file that holds several answers numbers them: `name#2`. */
  name: string;
}

/** Files that no wire of Rein's reads, each with its reason. */
export const otherWires: Record<string, string> = {
  "google--interactions_": "Google's Interactions API, which Rein does not speak",
  "google--speech-translation_": "a live session over a WebSocket",
  "openai--speech-translation_": "a live session over a WebSocket",
  "openai--completion_": "the Completions API that came before Chat Completions",
};

/** Files with a chunk that is no JSON, each with what is wrong and is put right before it is replayed. */
export const damaged: Record<string, string> = {
  "openai--responses_parallel-tool-call-wrapper.1": "two chunks lack their last brace",
};

export function recordings(): Recording[] {
  return fileNames()
    .filter((name) => !isOther(name))
    .flatMap(readAnswers);
}

/** Every file's name without its ending. */
export function fileNames(): string[] {
  const all = readdirSync(folder).filter((name) => name.endsWith(ending));
  return all.map((name) => name.slice(0, -ending.length)).toSorted();
}

export function isOther(name: string): boolean {
  return Object.keys(otherWires).some((prefix) => name.startsWith(prefix));
}

const ending = ".chunks.txt";

function readAnswers(name: string): Recording[] {
  const lines = linesOf(name);
  const answers = split(name in damaged ? lines.map(mend) : lines);
  return answers.map((chunks, at) => ({
    name: answers.length === 1 ? name : `${name}#${at + 1}`,
    wire: wireOf(chunks[0]!),
    ...serviceOf(name),
    model: modelOf(chunks),
    chunks,
  }));
}

/** With the framing that the recording left out, as the service has it. */
export function streamOf({ wire, chunks }: RecordedAnswer): Stream {
  const isNamed = wire === "anthropic" || wire === "openai";
  const frames = chunks.map((chunk) => {
    const name = isNamed ? `event: ${(JSON.parse(chunk) as { type: string }).type}\n` : "";
    return `${name}data: ${chunk}\n\n`;
  });
  return { wire, frames: wire === "openai-chat" ? [...frames, done] : frames };
}

export function linesOf(name: string): string[] {
  const text = readFileSync(join(folder, `${name}${ending}`), "utf8");
  return text.split("\n").filter((line) => line.trim() !== "");
}

export function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function mend(line: string): string {
  return isJson(line) ? line : `${line}}`;
}

/** By the package that the recording is of. */
const services: Record<string, string> = {
  alibaba: "alibaba",
  deepseek: "deepseek",
  groq: "groq",
  mistral: "mistral",
  moonshotai: "moonshot",
  "openai-compatible": "xai",
  perplexity: "perplexity",
  xai: "xai",
};

function serviceOf(name: string): { service?: string } {
  const service = services[name.split("--")[0]!];
  return service === undefined ? {} : { service };
}

/** A file of an agent's run holds its answers one after another: one ends with its last event. */
function split(chunks: string[]): string[][] {
  const answers: string[][] = [];
  let isOpen = false;
  for (const chunk of chunks) {
    if (!isOpen) answers.push([]);
    answers.at(-1)!.push(chunk);
    const { type } = JSON.parse(chunk) as { type?: string };
    isOpen = !["message_stop", "response.completed", "response.failed"].includes(type ?? "");
  }
  return answers;
}

function wireOf(chunk: string): RecordedWire {
  const { type, candidates } = JSON.parse(chunk) as { type?: string; candidates?: unknown };
  if (candidates !== undefined) return "gemini";
  if (type === undefined) return "openai-chat";
  return type.startsWith("response.") ? "openai" : "anthropic";
}

/** The SDK warns of models that are no longer sold: another one with the same rules is asked instead. */
function modelOf(chunks: string[]): string {
  const [, model = ""] = /"model(?:Version)?":"([^"]+)"/.exec(chunks.join("\n"))!;
  return model.replace(/^claude-sonnet-4-5.*/, "claude-haiku-4-5");
}
