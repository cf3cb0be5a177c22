/** What an editor sends as a prompt, as a message of Rein: text, the paths of files, quoted files, attached pictures and PDFs. */
import type { ContentBlock, EmbeddedResource } from "@agentclientprotocol/sdk";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Rein } from "../../sdk/create-rein";
import { relativeTo } from "../../shared/rules";
import { maxFiles } from "../../shared/taken-files";
import { fenced } from "./editor-text";
import { invalid } from "./request-errors";

export interface PromptContent {
  message: string;
  /** As `POST /api/files` has stored them. */
  files: { hash: string; name: string }[];
}

/**
 * `cwd`: the session's directory. Throws a RequestError for what Rein does not take, and an ApiError when the server refuses a
 * file, before anything has run.
 */
export async function readPrompt(
  rein: Pick<Rein, "upload">,
  blocks: readonly ContentBlock[],
  cwd: string,
  signal: AbortSignal,
): Promise<PromptContent> {
  const given = blocks.map((block) => contentOf(block, cwd));
  const texts = given.flatMap(({ text }) => (text === undefined ? [] : [text]));
  const attached = given.flatMap(({ file }) => (file === undefined ? [] : [file]));
  const message = texts.join("").trim();
  if (message === "" && attached.length === 0)
    throw invalid("The prompt is empty: expected some text.");
  if (attached.length > maxFiles) throw invalid(`A prompt can bring at most ${maxFiles} files.`);
  const files: PromptContent["files"] = [];
  for (const { name, bytes } of attached) {
    const { hash } = await rein.upload(new Blob([bytes]), {}, signal);
    files.push({ hash, name });
  }
  return { message, files };
}

interface Given {
  text?: string;
  file?: { name: string; bytes: Uint8Array<ArrayBuffer> };
}

function contentOf(block: ContentBlock, cwd: string): Given {
  switch (block.type) {
    case "text":
      return { text: block.text };
    case "image":
      return { file: { name: nameOf(block.uri) ?? "picture", bytes: decoded(block.data) } };
    case "audio":
      throw invalid("Rein takes no audio: send text, pictures or PDFs.");
    case "resource_link":
      return { text: placeOf(block.uri, cwd) };
    case "resource":
      return resourceOf(block, cwd);
  }
}

function resourceOf({ resource }: EmbeddedResource, cwd: string): Given {
  const { uri } = resource;
  if (!("blob" in resource)) return quoted(resource.text);
  const bytes = decoded(resource.blob);
  if (resource.mimeType?.startsWith("text/")) return quoted(new TextDecoder().decode(bytes));
  return { file: { name: nameOf(uri) ?? "file", bytes } };

  function quoted(text: string): Given {
    return { text: `\n\n${placeOf(uri, cwd)}:\n${fenced(text)}\n\n` };
  }
}

/** A file's path, as from the session's directory; else the address itself. */
function placeOf(uri: string, cwd: string): string {
  const path = pathOf(uri);
  return path === undefined ? uri : relativeTo(path, cwd) + (URL.parse(uri)?.hash ?? "");
}

function pathOf(uri: string): string | undefined {
  const url = URL.parse(uri);
  if (url?.protocol !== "file:") return undefined;
  try {
    return fileURLToPath(url.href.replace(/[?#].*$/, ""));
  } catch {
    return undefined; // on another machine: it is named as it came
  }
}

function nameOf(uri: string | null | undefined): string | undefined {
  if (!uri) return undefined;
  return basename(pathOf(uri) ?? URL.parse(uri)?.pathname ?? uri).slice(0, 255) || undefined;
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw invalid("A file of the prompt is not in base64.");
  }
}
