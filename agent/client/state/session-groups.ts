/** The groups of the side bar: sessions by their project, which is the directory that they work in. */
import type { SessionSummary } from "../../shared/protocol";
import { t } from "../../shared/translation";

export interface SessionGroup {
  cwd: string;
  /** The directory's own name, with as many of those above it as tell it from the other projects. */
  name: string;
  sessions: SessionSummary[];
}

/** Each project stands where its newest session does. `sessions`: newest first. */
export function groupByProject(sessions: readonly SessionSummary[]): SessionGroup[] {
  const byProject = Map.groupBy(sessions, ({ cwd }) => cwd);
  const names = projectNames([...byProject.keys()]);
  return [...byProject].map(([cwd, members]) => ({
    cwd,
    name: names.get(cwd)!,
    sessions: members,
  }));
}

/** What has the words in its title, and all of a project that has them in its name. */
export function searchGroups(groups: SessionGroup[], words: string): SessionGroup[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return groups;
  const has = (text: string) => text.toLowerCase().includes(wanted);
  return groups.flatMap((group) => {
    if (has(group.name)) return group;
    const sessions = group.sessions.filter(({ title }) => has(title));
    return sessions.length === 0 ? [] : { ...group, sessions };
  });
}

/** A group of which the first `first` sessions are drawn. */
export interface ShownGroup extends SessionGroup {
  first: number;
}

/** Those that are pinned stand above the projects, in a group of their own, which is named by no path. */
export const pinnedGroup = "*pinned";

export function pinnedOf(sessions: readonly SessionSummary[]): SessionGroup[] {
  const pinned = sessions.filter(({ pinnedAt }) => pinnedAt !== undefined);
  return pinned.length === 0 ? [] : [{ cwd: pinnedGroup, name: t("Pinned"), sessions: pinned }];
}

/** A row takes about a millisecond to draw: so many are drawn at first, and in one group on request. */
export const rowsAtOnce = 50;
/** So many are drawn when the end of the list comes into view. */
export const rowsOnScroll = 20;

/**
 * The groups of which about `rows` sessions are drawn together, and the one of the open session. The newest projects show
 * more of theirs than the others; where there is one project, or something was looked for, each shows all that it can.
 */
export function groupsWithin(
  groups: SessionGroup[],
  rows: number,
  isWhole: boolean,
  current: string | undefined,
): ShownGroup[] {
  let left = rows;
  return groups.flatMap((group, index) => {
    const isShown = left > 0 || group.sessions.some(({ id }) => id === current);
    const first = isWhole
      ? Math.max(0, left)
      : group.cwd === pinnedGroup
        ? rows
        : index < 3
          ? 8
          : 3;
    left -= Math.min(first, group.sessions.length);
    return isShown ? { ...group, first } : [];
  });
}

function projectNames(paths: string[]): Map<string, string> {
  const parts = new Map(paths.map((path) => [path, path.split("/").filter(Boolean)]));
  const named = new Map<string, string>();
  for (let length = 1, left = paths; left.length > 0; length++) {
    const byName = Map.groupBy(left, (path) => parts.get(path)!.slice(-length).join("/"));
    left = [];
    for (const [name, same] of byName)
      for (const path of same)
        if (same.length === 1 || length >= parts.get(path)!.length)
          named.set(path, name || path || t("Unknown directory"));
        else left.push(path);
  }
  return named;
}

/** The state that matters most of several sessions; undefined when all of them rest. */
export function mostUrgent(
  states: readonly SessionSummary["state"][],
): SessionSummary["state"] | undefined {
  return urgency.find((state) => states.includes(state));
}

const urgency = ["waiting", "stopping", "running", "pausing", "paused"] as const;
