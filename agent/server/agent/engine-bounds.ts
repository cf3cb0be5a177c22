/** What an engine says of a part, cut to what a page can show and a database keep. */
import { toolKinds, type PlanEntry, type ToolKind, type Usage } from "../../shared/protocol";
import { ellipsized, truncate } from "../../shared/truncate";
import type { EngineEvent } from "../engines/engine";

const maxKey = 200;
const maxName = 200;
const maxTitle = 500;
const maxNotice = 1_000;
const maxEntries = 100;
const maxEntry = 500;
const maxDiff = 500_000;
const maxError = 10_000;
/** A whole file to be written. */
const maxInput = 2_000_000;
/** Objects and lists within each other. */
const maxDepth = 100;
const maxTokens = 1_000_000_000;
const maxUsd = 10_000;

/** A long one keeps its beginning and gets a hash: two that differ stay two. */
export function keyOf(key: string): string {
  if (key.length <= maxKey) return key;
  return `${truncate(key, maxKey - 20)}#${Bun.hash(key).toString(36)}`;
}

/** On one line; "tool" where it is empty. */
export function nameOf(name: string): string {
  return oneLine(name, maxName) || "tool";
}

/** Undefined when there is nothing to say. */
export function titleOf(title: string | undefined): string | undefined {
  return title === undefined ? undefined : oneLine(title, maxTitle) || undefined;
}

/** "other" for one that Rein does not know. */
export function kindOf(kind: ToolKind): ToolKind {
  return toolKinds.includes(kind) ? kind : "other";
}

export function noticeOf(text: string): string {
  return ellipsized(text.trim(), maxNotice);
}

export function diffOf(diff: string | undefined): string | undefined {
  if (diff === undefined || diff.length <= maxDiff) return diff;
  return `${truncate(diff, maxDiff)}\n`;
}

export function errorOf(error: string | undefined): string | undefined {
  return error === undefined ? undefined : ellipsized(error, maxError);
}

export function entriesOf(entries: Extract<EngineEvent, { type: "plan" }>["entries"]): PlanEntry[] {
  return entries
    .slice(0, maxEntries)
    .map(({ text, state }) => ({ text: oneLine(text, maxEntry), state }));
}

/** As plain JSON. What is too long or too deep is replaced by words that say so. */
export function inputOf(input: unknown): unknown {
  if (input === undefined) return undefined;
  if (depthOf(input) > maxDepth) return { leftOut: "The input is nested too deeply." };
  const json = JSON.stringify(input) as string | undefined;
  if (json === undefined) return undefined;
  if (json.length > maxInput) return { leftOut: `The input has ${json.length} characters.` };
  return JSON.parse(json);
}

/** Whole tokens that are not negative; amounts of another kind than numbers are 0. */
export function usageOf(usage: Usage): Usage {
  const { costUsd, cacheReadTokens, cacheWriteTokens } = usage;
  return {
    inputTokens: count(usage.inputTokens),
    outputTokens: count(usage.outputTokens),
    estimated: usage.estimated,
    ...(cacheReadTokens !== undefined && { cacheReadTokens: count(cacheReadTokens) }),
    ...(cacheWriteTokens !== undefined && { cacheWriteTokens: count(cacheWriteTokens) }),
    ...(costUsd !== undefined && { costUsd: bounded(costUsd, maxUsd) }),
  };
}

/** A whole number from 0 to a thousand million. */
export function count(tokens: number): number {
  return Math.round(bounded(tokens, maxTokens));
}

function bounded(value: number, max: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, 0), max) : 0;
}

function oneLine(text: string, max: number): string {
  return ellipsized(text.replaceAll(/\s+/g, " ").trim(), max);
}

function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null || depth > maxDepth) return depth;
  return Object.values(value).reduce<number>(
    (deepest, inner) => Math.max(deepest, depthOf(inner, depth + 1)),
    depth,
  );
}
