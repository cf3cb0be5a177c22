/** What a message mentions is read when it is accepted, and kept as a file of the message: a retry has it as it was then. */
import { realpath } from "node:fs/promises";
import { defined } from "../../shared/defined";
import { mentionsIn, type Mention, type MentionTarget } from "../../shared/mentions";
import type { Asker, FileRef, Session } from "../../shared/protocol";
import { roleIn } from "../../shared/session-roles";
import type { McpServer } from "../../shared/requests";
import { abortable } from "../abort";
import { FileRefusedError } from "../attachments/file-refused-error";
import { log } from "../log";
import { type Mentioned, type PathReader, readPath } from "../mentions/read-path";
import { whyUnreadable } from "../rules/why-unreadable";
import { exportMarkdown } from "../session/export-markdown";
import type { LiveSession } from "../session/live-session";
import { readResource } from "./mentioned-resource";
import type { Services } from "./services";

/** A disk that does not answer holds the message no longer than this. */
const maxReadMs = 2000;
/** Nor a server of MCP, which may have to be started. */
const maxResourceMs = 5000;
/** All mentions of a message together: what is not read by then is refused, as what makes them larger is. */
const maxAllMs = 10_000;
const maxAllBytes = 200_000_000;
/** Of another session its beginning and its end, in characters. */
const maxHead = 20_000;
const maxTail = 60_000;

/**
 * A file for each thing that the text mentions and that is there, in its order. What may not or cannot be read is a file
 * too, whose name and content say why. None when the signal aborts: nothing of a message is given in part.
 */
export async function mentionedFiles(
  services: Services,
  text: string,
  session: MentioningSession,
  signal: AbortSignal,
): Promise<FileRef[]> {
  const byText = new Map(mentionsIn(text).map((one) => [one.readings[0]?.text, one]));
  if (byText.size === 0) return [];
  const soon = AbortSignal.any([AbortSignal.timeout(maxReadMs), signal]);
  const cwd = await abortable(realpath(session.cwd), soon).catch(() => undefined);
  if (cwd === undefined) return [];
  const late = AbortSignal.any([AbortSignal.timeout(maxAllMs), signal]);
  const place: Place = { services, session, reader: readerOf(services, cwd), late };
  // A server that could not be started is tried again.
  if ([...byText.values()].some(isResource)) services.mcp.beginRun(session.id);
  const all: FileRef[] = [];
  // One after the other: each is held whole for a moment.
  for (const mention of byText.values()) {
    const room = maxAllBytes - all.reduce((sum, { bytes }) => sum + bytes, 0);
    const files = await filesOf(place, mention, room);
    if (signal.aborted) return [];
    const isKnown = all.some((one) => one.mention === files[0]?.mention);
    if (!isKnown) all.push(...files);
  }
  return all;
}

/** The session in which the message is sent. It may not exist yet. */
export interface MentioningSession extends Pick<Session, "id" | "cwd" | "engine"> {
  /** As `LiveSession.mcpServers`. */
  mcpServers: readonly McpServer[];
  /** Who writes it: only sessions that they may see are read. */
  asker: Asker;
}

export function mentioningIn(
  { session, mcpServers }: LiveSession,
  asker: Asker,
): MentioningSession {
  const { id, cwd, engine } = session;
  return { id, cwd, mcpServers, asker, ...defined({ engine }) };
}

interface Place {
  services: Services;
  session: MentioningSession;
  reader: PathReader;
  /** Nothing more is read. */
  late: AbortSignal;
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
    whyDenied: (access) => whyUnreadable(access, rules.of(cwd), cwd, own),
  };
}

function isResource({ readings }: Mention): boolean {
  return readings.some(({ target }) => target.kind === "resource");
}

/** `room`: for so many bytes. */
async function filesOf(place: Place, { readings }: Mention, room: number): Promise<FileRef[]> {
  for (const [index, { text: mention, target }] of readings.entries()) {
    const found = await read(place, target);
    if (found.length === 0) continue;
    // Whether a server has something of this name is known by its refusal alone.
    const isRefused = target.kind === "resource" && found[0]?.refused !== undefined;
    if (isRefused && index < readings.length - 1) continue;
    const files = found.map((one) => fileOf(place.services, mention, within(one, room)));
    return (await Promise.all(files)).filter((file) => file !== undefined);
  }
  return [];
}

function within(one: Mentioned, room: number): Mentioned {
  if ((one.content?.length ?? 0) <= room) return one;
  const refused = `what a message mentions may have ${maxAllBytes / 1e6} MB in all`;
  return { name: one.name, refused };
}

async function fileOf(
  services: Services,
  mention: string,
  found: Mentioned,
): Promise<FileRef | undefined> {
  const stored = found.content && (await keep(services, found.name, found.content));
  if (stored && !("refused" in stored)) return { ...stored, mention };
  return sayRefused(services, mention, found.name, found.refused ?? stored?.refused ?? "");
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
      ...(await attachments.upload(() => [content], {}, signal)),
    };
  } catch (error) {
    if (error instanceof FileRefusedError)
      return {
        refused: error.code === "room" ? "too many files wait to be sent" : "it is damaged",
      };
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

/** Nothing where there is nothing of this name. */
async function read(
  { services, session, reader, late }: Place,
  target: MentionTarget,
): Promise<Mentioned[]> {
  switch (target.kind) {
    case "path":
      return readInTime(target.path, maxReadMs, late, async (signal) => {
        const found = await readPath(reader, target, signal);
        return found && [found];
      });
    case "session":
      return readSession(services, target.id, session.asker);
    case "agent":
      // An engine has subagents of its own.
      return session.engine === undefined
        ? readInTime(target.name, maxReadMs, late, (signal) =>
            agentNote(services, target.name, session.cwd, signal),
          )
        : [];
    case "resource":
      return readInTime(`${target.server}:${target.uri}`, maxResourceMs, late, async (signal) =>
        readResource(services.mcp, session, target, signal),
      );
  }
}

async function readInTime(
  name: string,
  maxMs: number,
  late: AbortSignal,
  run: (signal: AbortSignal) => Promise<Mentioned[] | undefined>,
): Promise<Mentioned[]> {
  const signal = AbortSignal.any([AbortSignal.timeout(maxMs), late]);
  try {
    return (await run(signal)) ?? [];
  } catch (error) {
    log.warn({ err: error }, "What a message mentions could not be read");
    const refused = signal.aborted ? "it could not be read in time" : wordsOf(error);
    return [{ name, refused }];
  }
}

function wordsOf(error: unknown): string {
  return `it cannot be read (${error instanceof Error ? error.message : "unknown error"})`;
}

function readSession({ sessions, engines }: Services, id: string, asker: Asker): Mentioned[] {
  const session = sessions.get(id)?.session;
  if (session === undefined || roleIn(asker, session, Date.now()) === undefined) return [];
  const engine = session.engine && engines.find(session.engine.id);
  const text = exportMarkdown(session, engine?.name);
  const gap = text.length - maxHead - maxTail;
  const shown =
    gap <= 0
      ? text
      : `${text.slice(0, maxHead)}\n\n[… ${gap} characters are left out …]\n\n${text.slice(-maxTail)}`;
  return [{ name: `session ${session.title}`, content: Buffer.from(shown.toWellFormed()) }];
}

async function agentNote(
  { definitions }: Services,
  name: string,
  cwd: string,
  signal: AbortSignal,
): Promise<Mentioned[]> {
  const role = (await definitions.roles(cwd, signal)).find((one) => one.name === name);
  if (role === undefined) return [];
  const note = `The user mentions the subagent “${name}” (${role.description}): send one out with the tool subagent, role ${name}.`;
  return [{ name: `subagent ${name}`, content: Buffer.from(note) }];
}
