/** The prompts and resources of a server, as they came, for people: what cannot be read is left out. */
import type { McpPrompt, McpResource } from "../../shared/protocol";
import { maxFiles } from "../../shared/taken-files";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import type { z } from "zod";
import { short } from "./server-view";
import {
  type promptAnswer,
  type ResourceAnswer,
  wireContent,
  wirePrompt,
  wireResource,
} from "./wire-schemas";

/** What a server answers to a prompt: bounded, with control characters marked. */
export interface PromptText {
  text: string;
  /** What it has besides text: pictures and embedded resources. */
  files: ResourceContent[];
}

/** What a resource holds. */
export interface ResourceContent {
  /** For people and models. */
  name: string;
  content: Uint8Array;
}

/** Of one server's list, and of one answer. */
export const mostNamed = 200;
const mostPromptText = 100_000;

export function promptsOf(server: string, things: readonly unknown[]): McpPrompt[] {
  return things.flatMap((thing) => {
    const { data } = wirePrompt.safeParse(thing);
    if (data === undefined) return [];
    const { name, title, description } = data;
    return [
      {
        server,
        name,
        title: short(title || name),
        description: short(description),
        arguments: data.arguments.map((one) => ({
          name: one.name,
          description: short(one.description),
          isRequired: one.required,
        })),
      },
    ];
  });
}

export function resourcesOf(server: string, things: readonly unknown[]): McpResource[] {
  return things.flatMap((thing) => {
    const { data } = wireResource.safeParse(thing);
    if (data === undefined) return [];
    const { uri, name, title, description } = data;
    return [{ server, uri, name: short(title || name || uri), description: short(description) }];
  });
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
      return keep(files, contentOf("resource", data.resource));
  }
}

function keep(files: ResourceContent[], file: ResourceContent): string {
  if (files.length >= maxFiles) return `[${file.name}: more than ${maxFiles} files]`;
  files.push(file);
  return "";
}

/** `uri`: that was asked for. */
export function contentsOf(uri: string, { contents }: ResourceAnswer): ResourceContent[] {
  return contents.slice(0, mostNamed).map((one) => contentOf(uri, one));
}

function contentOf(
  uri: string,
  { uri: own, text, blob }: ResourceAnswer["contents"][number],
): ResourceContent {
  return {
    name: short(own || uri),
    content: text === undefined ? Buffer.from(blob ?? "", "base64") : Buffer.from(text),
  };
}
