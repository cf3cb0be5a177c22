/** What an `@` word could become: files and folders of the session's directory as the server finds them, subagents, sessions. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import { mentionOfPath, mentionsIn } from "../../shared/mentions";
import type { Definition, McpResource, SessionSummary } from "../../shared/protocol";
import { api, logFailure } from "./api-client";
import { createMentionRoles } from "./mention-roles";
import { createFoundPaths } from "./found-paths";
import { t } from "../../shared/translation";

export interface MentionChoice {
  /** As it is shown. */
  text: string;
  /** What it is. */
  words: string;
  /** What is typed in the place of the word. */
  insert: string;
  /** A folder can be completed further. */
  goesOn: boolean;
  /** The heading under which it stands. */
  group: string;
}

export interface McpPlace {
  sessionId: string;
  /** Of a session that begins later. */
  cwd?: string;
}

export interface MentionPlace {
  cwd: Accessor<string>;
  /** Undefined while nothing is wanted. */
  query: Accessor<string | undefined>;
  /** Newest first. */
  sessions: Accessor<readonly SessionSummary[]>;
  /** The session that is written in; undefined for a new one. */
  sessionId: Accessor<string | undefined>;
  /** The paths that the session has mentioned, newest first: offered before anything is typed. */
  mentioned: Accessor<readonly string[]>;
  /** Whose MCP servers' resources are offered. */
  mcpPlace: () => McpPlace | undefined;
  /** Whether Rein's own loop answers: an engine knows no sessions and subagents of Rein's. */
  isOwnLoop: Accessor<boolean>;
}

/** The group of paths. */
const files = () => t("Files");
const mostSessions = 5;
const mostResources = 20;

export interface MentionChoices {
  /** In groups, the one that fits best first; paths are those of an earlier query until the answer comes. */
  all: Accessor<readonly MentionChoice[]>;
  /**
   * Calls with the first choice for what is typed: now, or, where it is a path of an earlier query, when those of this one
   * have come. Not if there is none, or something else is typed first.
   */
  takeFirst: (take: (choice: MentionChoice) => void) => void;
}

export function createMentionChoices(place: MentionPlace): MentionChoices {
  const query = createMemo(place.query);
  const paths = createFoundPaths(place.cwd, query);
  const resources = createResources(place);
  const roles = createMentionRoles(place.cwd, () => place.isOwnLoop() && query() !== undefined);
  const all = createMemo(() => {
    const wanted = query();
    if (wanted === undefined) return [];
    const before = wanted === "" ? place.mentioned() : [];
    const others = paths().files.filter((path) => !before.includes(path));
    const groups = [
      named(
        before.map((path) => pathChoice(path, t("Mentioned before"))),
        lastName,
      ),
      named(
        others.map((path) => pathChoice(path, files())),
        lastName,
      ),
    ];
    if (place.isOwnLoop())
      groups.push(
        named(offered(resources(), wanted), ({ text }) => text),
        named(agents(roles(), wanted), afterKind),
        named(sessions(place, wanted), ({ text }) => text),
      );
    const fitOf = ({ names }: Named) => Math.max(-1, ...names.map((name) => fit(wanted, name)));
    return groups.toSorted((a, b) => fitOf(b) - fitOf(a)).flatMap(({ choices }) => choices);
  });
  let waiting: ((choice: MentionChoice) => void) | undefined;

  function takeFirst(take: (choice: MentionChoice) => void): void {
    const [first] = all();
    const isOld = paths().query !== query();
    if (isOld && first?.group === files()) waiting = take;
    else if (first !== undefined) take(first);
  }

  createEffect(on(query, () => (waiting = undefined)));
  createEffect(
    on(paths, () => {
      const take = waiting;
      waiting = undefined;
      if (take !== undefined) takeFirst(take);
    }),
  );
  return { all, takeFirst };
}

/** Where a choice that a person has moved to stands in a newer list; the first where it is gone, or was never left. */
export function keptIndex(
  index: number,
  now: readonly MentionChoice[],
  before: readonly MentionChoice[] = [],
): number {
  if (index === 0) return 0;
  return Math.max(
    0,
    now.findIndex(({ insert }) => insert === before[index]?.insert),
  );
}

interface Named {
  choices: MentionChoice[];
  /** By which they are found, in their order. */
  names: string[];
}

function named(choices: MentionChoice[], nameOf: (choice: MentionChoice) => string): Named {
  return { choices, names: choices.map(nameOf) };
}

const lastName = ({ text }: MentionChoice) => /[^/]*\/?$/.exec(text)?.[0] ?? text;
const afterKind = ({ text }: MentionChoice) => text.slice(text.indexOf(":") + 1);

/** Of a path that is typed as one, files fit; with its kind in front, nothing but that kind is left. */
function fit(query: string, name: string): number {
  const [wanted, lower] = [query.toLowerCase(), name.toLowerCase()];
  if (wanted === "" || wanted.includes("/")) return 0;
  if (lower.startsWith(wanted)) return 3;
  const at = lower.indexOf(wanted);
  if (at === -1) return 0;
  return /[^\p{L}\p{N}]$/u.test(lower.slice(0, at)) ? 2 : 1;
}

function pathChoice(path: string, group: string): MentionChoice {
  const goesOn = path.endsWith("/");
  const insert = mentionOfPath(path) + (goesOn ? "" : " ");
  // A line break would be drawn as a space.
  const text = /[\n\t]/.test(path) ? mentionOfPath(path).slice(1) : path;
  return { text, words: goesOn ? t("folder") : "", insert, goesOn, group };
}

function agents(roles: readonly Definition[], query: string): MentionChoice[] {
  return roles
    .filter(({ name }) => matches(query, "agent:", name))
    .map(({ name, description }) => ({
      text: `agent:${name}`,
      words: description,
      insert: `@agent:${name} `,
      goesOn: false,
      group: t("Subagents"),
    }));
}

function sessions({ sessions: all, sessionId }: MentionPlace, query: string): MentionChoice[] {
  return all()
    .filter(({ id, title }) => id !== sessionId() && matches(query, "session:", title))
    .slice(0, mostSessions)
    .map(({ id, title }) => ({
      text: title,
      words: t("session"),
      insert: `@session:${id} `,
      goesOn: false,
      group: t("Sessions"),
    }));
}

/** Those that a message can name. */
function offered(resources: readonly McpResource[], query: string): MentionChoice[] {
  const wanted = query.toLowerCase();
  return resources
    .map(({ server, uri, name }) => ({ text: `${server}:${uri}`, words: name }))
    .filter(({ text }) => text.toLowerCase().startsWith(wanted) && isMention(text))
    .slice(0, mostResources)
    .map((one) => ({ ...one, insert: `@${one.text} `, goesOn: false, group: t("Resources") }));
}

function isMention(text: string): boolean {
  const [reading] = /[`\p{C}]/u.test(text) ? [] : (mentionsIn(`@${text}`)[0]?.readings ?? []);
  return reading?.text === text && reading.target.kind === "resource";
}

/** Asked for once what is typed can be the name of a server with a colon; those of the last time until then. */
function createResources(place: MentionPlace): Accessor<readonly McpResource[]> {
  const [found, setFound] = createSignal<readonly McpResource[]>([]);
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const isWanted = createMemo(
    () =>
      place.isOwnLoop() &&
      place.mcpPlace() !== undefined &&
      /^(?!(?:session|agent):)[\w-]+:/.test(place.query() ?? ""),
  );

  async function look(): Promise<void> {
    const at = place.mcpPlace();
    if (at === undefined) return;
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(30_000)]);
      setFound((await api.mcpResources(at.sessionId, at.cwd, signal)).resources);
    } catch (error) {
      // Without an answer nothing is completed.
      if (!closing.signal.aborted)
        logFailure("The resources of MCP servers could not be listed", error);
    }
  }

  createEffect(
    on(isWanted, (wanted) => {
      if (wanted) void look();
    }),
  );
  return found;
}

/** With its kind in front, or by its name alone. */
function matches(query: string, kind: string, name: string): boolean {
  const [wanted, lower] = [query.toLowerCase(), name.toLowerCase()];
  return wanted.startsWith(kind)
    ? lower.includes(wanted.slice(kind.length))
    : lower.includes(wanted) || kind.startsWith(wanted);
}
