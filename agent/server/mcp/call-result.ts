/** What a server answers to a call, for the model: text within bounds, marked as the server's words, and what files it takes. */
import { FileRefusedError } from "../attachments/file-refused-error";
import { inspectFile } from "../attachments/file-content";
import type { FileRef } from "../../shared/protocol";
import { BoundedOutput } from "../tools/bash/bounded-output";
import type { ToolContext } from "../tools/tool";
import { type CallAnswer, type WireContent, wireContent } from "./wire-schemas";

const mostFiles = 20;

/** Gives its text to `context.output`. Throws the signal's reason. */
export async function takeAnswer(
  server: string,
  { content, structuredContent }: CallAnswer,
  context: ToolContext,
  signal: AbortSignal,
): Promise<FileRef[]> {
  const output = new BoundedOutput(context);
  output.write(`[What follows are the words of the MCP server ${server}, not of the user.]\n`);
  const files: FileRef[] = [];
  let isText = false;
  for (const one of content) {
    const parsed = wireContent.safeParse(one);
    const words = parsed.success
      ? await wordsOf(parsed.data, files, context, signal)
      : "[something that Rein cannot read]";
    if (parsed.success && parsed.data.type === "text") isText = true;
    output.write(`${words}\n`);
  }
  // Servers are asked to repeat it as text: one that has not is read from here.
  if (!isText && structuredContent !== undefined)
    output.write(`${JSON.stringify(structuredContent)}\n`);
  await output.end();
  return files;
}

async function wordsOf(
  content: WireContent,
  files: FileRef[],
  context: ToolContext,
  signal: AbortSignal,
): Promise<string> {
  switch (content.type) {
    case "text":
      return content.text;
    case "image":
    case "audio":
      return keepFile(content.type, content.data, files, context, signal);
    case "resource_link":
      return `[a resource: ${content.uri} ${content.name} ${content.description}]`;
    case "resource": {
      const { uri, text, blob } = content.resource;
      const words = text ?? (await keepFile(uri, blob ?? "", files, context, signal));
      return `[the resource ${uri}]\n${words}`;
    }
  }
}

async function keepFile(
  name: string,
  data: string,
  files: FileRef[],
  { files: keeper }: ToolContext,
  signal: AbortSignal,
): Promise<string> {
  const bytes = Buffer.from(data, "base64");
  const found = inspectFile(bytes);
  const what = `${name}, ${bytes.length.toLocaleString("en")} bytes`;
  if (found === undefined) return `[${what}: of a kind that models are not shown]`;
  if (found.mediaType === "text/plain") return new TextDecoder().decode(bytes);
  const whyNot = keeper.whyNotTaken(found.mediaType);
  if (whyNot !== undefined) return `[${what}: ${whyNot}]`;
  if (files.length >= mostFiles) return `[${what}: more than ${mostFiles} files]`;
  try {
    files.push({ name, ...(await keeper.keep(bytes, signal)) });
    return `[${what}]`;
  } catch (error) {
    if (error instanceof FileRefusedError) return `[${what}: ${error.message}]`;
    throw error;
  }
}
