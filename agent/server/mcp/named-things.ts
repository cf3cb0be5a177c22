/** The prompts and resources of a server, as they came, for people: what cannot be read is left out. */
import type { McpPrompt, McpResource } from "../../shared/protocol";
import { ellipsized } from "../../shared/truncate";
import type { z } from "zod";
import { short } from "./server-view";
import {
  type promptAnswer,
  type resourceAnswer,
  wireContent,
  wirePrompt,
  wireResource,
} from "./wire-schemas";

/** What a server answers to a prompt: the messages as text, bounded. */
export interface PromptText {
  /** Marked where it is not the user's words. */
  text: string;
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

export function promptText({ messages }: z.output<typeof promptAnswer>): PromptText {
  const texts = messages.map(({ content }) => {
    const { data } = wireContent.safeParse(content);
    if (data?.type === "text") return data.text;
    return data?.type === "resource" ? (data.resource.text ?? "") : "";
  });
  return { text: ellipsized(texts.filter((text) => text !== "").join("\n\n"), mostPromptText) };
}

/** `uri`: that was asked for. */
export function contentsOf(
  uri: string,
  { contents }: z.output<typeof resourceAnswer>,
): ResourceContent[] {
  return contents.slice(0, mostNamed).map(({ uri: own, text, blob }) => ({
    name: short(own || uri),
    content: text === undefined ? Buffer.from(blob ?? "", "base64") : Buffer.from(text),
  }));
}
