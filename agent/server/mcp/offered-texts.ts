/** The prompts and resources of servers, as people see and use them: bounded, with control characters marked. */
import type { McpPrompt, McpResource } from "../../shared/protocol";
import { maxFiles } from "../../shared/taken-files";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { short } from "./server-view";
import { promptAnswer, wireContent, wirePrompt, wireResource } from "./wire-schemas";
import type { ResourceAnswer } from "./wire-schemas";
import type { z } from "zod";

/** What a resource holds. */
export interface ResourceContent {
  /** For people and models. */
  name: string;
  content: Uint8Array;
}

/** What a server answers to a prompt. */
export interface PromptText {
  text: string;
  /** What it has besides text: pictures and embedded resources. */
  files: ResourceContent[];
}

const mostPromptText = 100_000;

/** Undefined for what is no prompt. */
export function promptOf(server: string, thing: unknown): McpPrompt | undefined {
  const { data } = wirePrompt.safeParse(thing);
  if (data === undefined) return undefined;
  const { name, title, description } = data;
  return {
    server,
    name,
    title: short(title || name),
    description: short(description),
    arguments: data.arguments.map((one) => ({
      name: one.name,
      description: short(one.description),
      isRequired: one.required,
    })),
  };
}

/** Undefined for what is no resource. */
export function resourceOf(server: string, thing: unknown): McpResource | undefined {
  const { data } = wireResource.safeParse(thing);
  if (data === undefined) return undefined;
  const { uri, name, title, description } = data;
  return { server, uri, name: short(title || name || uri), description: short(description) };
}

/** The messages as one text. Where some are not the user's, each is under its role. */
export function promptText({ messages }: z.output<typeof promptAnswer>): PromptText {
  const files: ResourceContent[] = [];
  const hasRoles = messages.some(({ role }) => role !== "user");
  const texts = messages.flatMap(({ role, content }) => {
    const text = wordsOf(content, files);
    if (text === "") return [];
    return [hasRoles ? `[${short(role)}]\n${text}` : text];
  });
  return { text: ellipsized(visibleString(texts.join("\n\n")), mostPromptText), files };
}

function wordsOf(content: unknown, files: ResourceContent[]): string {
  const { data } = wireContent.safeParse(content);
  if (data === undefined) return "[something that Rein cannot read]";
  switch (data.type) {
    case "text":
      return data.text;
    case "image":
    case "audio":
      return keep(files, { name: data.type, content: Buffer.from(data.data, "base64") });
    case "resource_link":
      return `[a resource: ${data.uri} ${data.name}]`;
    case "resource":
      return keep(files, contentOf(data.resource, "resource"));
  }
}

function keep(files: ResourceContent[], file: ResourceContent): string {
  if (files.length >= maxFiles) return `[${file.name}: more than ${maxFiles} files]`;
  files.push(file);
  return "";
}

export function contentOf(
  { uri, text, blob }: ResourceAnswer["contents"][number],
  fallback: string,
): ResourceContent {
  return {
    name: short(uri || fallback),
    content: text === undefined ? Buffer.from(blob ?? "", "base64") : Buffer.from(text),
  };
}
