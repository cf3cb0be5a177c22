/** What the routes of the reference answer: the document as JSON and as a page, made once. */
import { createHash } from "node:crypto";
import { raw } from "hono/html";
import { programFile } from "../../program-files";
import { createDocument } from "./openapi-document";
import { referencePage } from "./reference-page";

export interface Reference {
  json: string;
  page: string;
  /** The source of the page's style sheet in its content security policy. */
  styleSource: string;
}

/** The page's own tokens: the reference looks like the rest of Rein. */
const sheets = ["agent/client/styles/tokens.css", "agent/server/http/openapi/reference.css"];

/** Rejects when a style sheet of the installation cannot be read. */
export async function createReference(version: string): Promise<Reference> {
  const texts = await Promise.all(sheets.map((path) => Bun.file(programFile(path)).text()));
  const style = texts.join("\n");
  const document = createDocument(version);
  const hash = createHash("sha256").update(style).digest("base64");
  return {
    json: JSON.stringify(document),
    page: await referencePage(document, raw(`<style>${style}</style>`)),
    styleSource: `'sha256-${hash}'`,
  };
}
