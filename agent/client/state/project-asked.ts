/** What the session's project brings that waits for an answer: MCP servers, files that say how an agent works, proposed notes. */
import { type Accessor, createMemo, createResource, onCleanup } from "solid-js";
import type { Definition } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { api, logFailure, requestTimeout } from "./api-client";
import type { Client } from "./client";
import { askedEntries } from "./mcp-words";
import type { OpenSession } from "./open-session";
import { askedDefinitions, broughtWords } from "./project-words";

export interface ProjectAsked {
  definitions: Definition[];
  mcpServers: number;
  /** Proposed notes. */
  notes: number;
}

/**
 * Inside a component. Asked for anew after a panel was open, when notes change, and when a run begins or ends: its commands
 * can change the files. Undefined while a panel is open, and when nothing waits.
 */
export function createProjectAsked(
  client: Client,
  open: () => OpenSession,
): Accessor<ProjectAsked | undefined> {
  let looking = new AbortController();
  onCleanup(() => looking.abort());
  const source = () => {
    const cwd = open().chosen().cwd || client.models.models()?.cwd;
    if (!cwd || client.panel() !== "none") return undefined;
    return `${activeRun(open().session)?.id ?? ""}\0${client.changes.of("memory")}\0${cwd}`;
  };
  const [answer] = createResource(source, (key) => {
    // What an earlier question finds counts no more: it must not keep connections busy.
    looking.abort();
    looking = new AbortController();
    return look(key.split("\0")[2] ?? "", looking.signal);
  });
  return createMemo(() => {
    const found = client.panel() === "none" ? answer.latest : undefined;
    const isNone = !found || found.definitions.length + found.mcpServers + found.notes === 0;
    return isNone ? undefined : found;
  });
}

/** Never rejects: what has no answer is not told of. */
async function look(cwd: string, closing: AbortSignal): Promise<ProjectAsked> {
  const signal = AbortSignal.any([closing, requestTimeout()]);
  const told = (error: unknown) => {
    if (!closing.aborted) logFailure("What the project brings could not be loaded", error);
  };
  const [mcp, project] = await Promise.all([
    api.mcp(cwd, undefined, signal).catch(told),
    api.project(cwd, signal).catch(told),
  ]);
  return {
    definitions: askedDefinitions(project ?? undefined),
    mcpServers: askedEntries(mcp ?? undefined).length,
    notes: project?.memory.proposed ?? 0,
  };
}

/** "" when nothing but notes waits. */
export function askedWordsOf(asked: ProjectAsked | undefined): string {
  if (asked === undefined || asked.definitions.length + asked.mcpServers === 0) return "";
  return broughtWords(asked.definitions, asked.mcpServers);
}
