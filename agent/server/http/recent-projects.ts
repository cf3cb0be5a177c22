/** The directories that people have worked in, from the list of sessions and what is set for projects. */
import { defined } from "../../shared/defined";
import type { RecentProject, SessionSummary } from "../../shared/protocol";

const maxRecent = 50;

/** `sessions`: newest first. Those without a session come last. */
export function recentProjects(sessions: SessionSummary[], roots: string[]): RecentProject[] {
  const used = new Map<string, number | undefined>();
  for (const { cwd, updatedAt } of sessions) if (!used.has(cwd)) used.set(cwd, updatedAt);
  for (const root of roots) if (!used.has(root)) used.set(root, undefined);
  return [...used].slice(0, maxRecent).map(([cwd, usedAt]) => ({ cwd, ...defined({ usedAt }) }));
}
