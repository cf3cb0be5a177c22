/** What a message mentions is read when it is accepted, and kept as a file of the message: a retry has it as it was then. */
import { realpath } from "node:fs/promises";
import { mentionsIn, type Mention, type MentionTarget } from "../../shared/mentions";
import type { FileRef, Session } from "../../shared/protocol";
import { isRole, subagentRoles } from "../../shared/subagent-roles";
import { abortable } from "../abort";
import { FileRefusedError } from "../attachments/attachments";
import { log } from "../log";
import type { McpSession } from "../mcp/mcp-servers";
import { type Mentioned, type PathReader, readPath } from "../mentions/read-path";
import { permissionFor } from "../rules/permission";
import { exportMarkdown } from "../session/export-markdown";
import { maxServerMs, readResource } from "./mentioned-resource";
import type { Services } from "./services";

/** A disk that does not answer holds the message no longer than this. */
const maxReadMs = 2000;
/** Of another session its beginning and its end, in characters. */
const maxHead = 20_000;
const maxTail = 60_000;

/**
 * A file for each thing that the text mentions and that is there, in its order. What may not or cannot be read is a file
 * too, whose name and content say why. An engine reads what is mentioned by itself.
 */
export async function mentionedFiles(
  services: Services,
  text: string,
  session: Pick<Session, "id" | "cwd" | "engine">,
  servers: McpSession["servers"],
): Promise<FileRef[]> {
  const { id, cwd: named, engine } = session;
  const mentions = engine === undefined ? mentionsIn(text) : [];
  if (mentions.length === 0) return [];
  const cwd = await within((signal) => abortable(realpath(named), signal)).catch(() => undefined);
  if (cwd === undefined) return [];
  const place = { reader: readerOf(services, cwd), session: { id, cwd, servers } };
  if (mentions.some(isResource)) services.mcp.beginRun(id);
  const files = await Promise.all(mentions.map((mention) => fileOf(services, place, mention)));
  const known = new Set<string>();
  return files.filter(
    (file) =>
      file?.mention !== undefined &&
      !known.has(file.mention) &&
      known.add(file.mention) !== undefined,
  ) as FileRef[];
}

/** The files of a message whose mentions were read anew; undefined: they were not, and all of them stay. */
export function withMentioned(
  files: FileRef[] | undefined,
  mentioned: FileRef[] | undefined,
): FileRef[] | undefined {
  if (mentioned === undefined) return files;
  const all = [...(files ?? []).filter(({ mention }) => mention === undefined), ...mentioned];
  return all.length > 0 ? all : undefined;
}

function readerOf({ jobs, rules, own }: Services, cwd: string): PathReader {
  return {
    cwd,
    jobs,
    whyDenied(access) {
      const grants = { permissions: "all" as const, allowed: [] };
      const permission = permissionFor(access, grants, rules.of(cwd), cwd, own);
      if (permission.is === "denied") return "a rule of this project denies it";
      return permission.is === "asked" ? permission.approval.asksBecause : undefined;
    },
  };
}

/** Where is read what is mentioned. */
interface MentionPlace {
  reader: PathReader;
  session: McpSession;
}

const isResource = ({ readings }: Mention) =>
  readings.some(({ target }) => target.kind === "resource");

async function fileOf(
  services: Services,
  place: MentionPlace,
  { readings }: Mention,
): Promise<FileRef | undefined> {
  const serverSignal = AbortSignal.timeout(maxServerMs);
  for (const [index, { text: mention, target }] of readings.entries()) {
    const found = await read(services, place, target, serverSignal);
    if (found === undefined) continue;
    // Whether a server has something of this name is known by its refusal alone.
    const isLast = index === readings.length - 1;
    if (found.refused !== undefined && target.kind === "resource" && !isLast) continue;
    const stored = found.content && (await keep(services, found.name, found.content));
    if (stored && !("refused" in stored)) return { ...stored, mention };
    return sayRefused(services, mention, found.name, found.refused ?? stored?.refused ?? "");
  }
  return undefined;
}

async function keep(
  { attachments }: Services,
  name: string,
  content: Buffer,
): Promise<FileRef | { refused: string }> {
  // What no message names in the end is removed like any upload that is not sent.
  const signal = AbortSignal.timeout(5 * maxReadMs);
  try {
    return {
      name: fileName(name),
      ...(await attachments.upload(() => [content], undefined, signal)),
    };
  } catch (error) {
    if (error instanceof FileRefusedError) return { refused: "it is damaged" };
    throw error;
  }
}

async function sayRefused(
  services: Services,
  mention: string,
  name: string,
  reason: string,
): Promise<FileRef | undefined> {
  const words = reason.replace(/\.$/, "");
  const sentence = Buffer.from(`“${name}” was mentioned, but is not attached: ${words}.`);
  const stored = await keep(services, `${fileName(name, 120)} (not attached: ${words})`, sentence);
  return "refused" in stored ? undefined : { ...stored, mention };
}

/** As long as a name may be; the end of a path tells more than its beginning. */
function fileName(name: string, max = 255): string {
  return name.length <= max ? name : `…${name.slice(1 - max)}`;
}

async function read(
  services: Services,
  { reader, session }: MentionPlace,
  target: MentionTarget,
  serverSignal: AbortSignal,
): Promise<Mentioned | undefined> {
  switch (target.kind) {
    case "path":
      try {
        return await within((signal) => readPath(reader, target, signal));
      } catch (error) {
        log.warn({ err: error }, "What a message mentions could not be read");
        return { name: target.path, refused: "it could not be read in time" };
      }
    case "session":
      return readSession(services, target.id);
    case "agent":
      return agentNote(target.name);
    case "resource":
      return readResource(services, session, target, serverSignal);
  }
}

async function within<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  return run(AbortSignal.timeout(maxReadMs));
}

function readSession({ sessions, engines }: Services, id: string): Mentioned | undefined {
  const session = sessions.get(id)?.session;
  if (session === undefined) return undefined;
  const engine = session.engine && engines.find(session.engine.id);
  const text = exportMarkdown(session, engine?.name);
  const gap = text.length - maxHead - maxTail;
  const shown =
    gap <= 0
      ? text
      : `${text.slice(0, maxHead)}\n\n[… ${gap} characters are left out …]\n\n${text.slice(-maxTail)}`;
  return { name: `session ${session.title}`, content: Buffer.from(shown.toWellFormed()) };
}

function agentNote(name: string): Mentioned | undefined {
  if (!isRole(name)) return undefined;
  const note = `The user mentions the subagent “${name}” (${subagentRoles[name].use}): send one out with the tool subagent, role ${name}.`;
  return { name: `subagent ${name}`, content: Buffer.from(note) };
}
