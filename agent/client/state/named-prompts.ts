/** What a person types for a prompt of an MCP server, and is told of it. */
import type { McpPrompt } from "../../shared/protocol";

/** Other characters than those of commands become _, and of two of a name the first counts. */
export function namedPrompts(prompts: readonly McpPrompt[]): { name: string; prompt: McpPrompt }[] {
  const all = new Map<string, McpPrompt>();
  for (const prompt of prompts) {
    const name = `${prompt.server}:${prompt.name.replaceAll(/[^\w.:/-]/g, "_")}`;
    if (!all.has(name)) all.set(name, prompt);
  }
  return [...all].map(([name, prompt]) => ({ name, prompt }));
}

export function promptWords({ title, description }: McpPrompt): string {
  return description || title;
}

/** Its arguments; those in brackets may be left out. */
export function argumentWords({ arguments: all }: McpPrompt): string {
  return all.map(({ name, isRequired }) => (isRequired ? name : `[${name}]`)).join(", ");
}

/** Names of what it needs and was not given. */
export function lackingArguments(prompt: McpPrompt, values: Record<string, string>): string {
  const lacking = prompt.arguments.filter(
    ({ name, isRequired }) => isRequired && !(name in values),
  );
  return lacking.map(({ name }) => name).join(", ");
}
