/**
 * What `bun run test` leaves to `bun run test:all`: files that are long by nature, as they drive real browsers, several machines,
 * thousands of tries or other programs. One or two files of each kind stay, for what nobody should have to wait an hour to learn.
 */
import { Glob } from "bun";

/** Below `agent/test`, without `.test.ts`. */
export const long = [
  // The page in Chromium, Firefox and WebKit, each of them a program of several processes.
  "browser-*",
  "browsers*",
  "accessibility*",
  "keyboard-*",
  "use-chat",
  "attacks/page-*",
  "client-{answer-row,command-settings,connection,diagrams,fit,keyboard,machine,markdown}",
  "client-{mentions,menus,models,prompts,sessions,settings,sheets,update}",
  // Several servers and a PostgreSQL of their own; a server for each account.
  "cluster-*",
  "cli-cluster",
  "database-*",
  "unix-users*",
  // Many tries of the same.
  "attacks/*",
  "backup*",
  "crash",
  "data-moved",
  "processes-adversaries",
  "property*",
  "stdio-property",
  "sweep",
  "undo-crash",
  // Other programs: a terminal's, git's on large trees, language servers, the one-file program.
  "terminal-*",
  "binary",
  "lsp",
  "review*",
  "tasks",
];

/** Of these kinds, those that stay. */
export const core = [
  "browser-stop",
  "browser-messages",
  "cluster-undelivered",
  "cluster-join",
  "cluster-places",
  "terminal-stop",
  "unix-users-start",
  "attacks/{disk-rows,model-approvals,model-swapped-paths,repository-bounds,service-lists}",
];

/** The paths of all files of tests that are left out, below `root`, which holds `agent/test`. */
export function longTests(root: string): string[] {
  const [isLong, isCore] = [long, core].map((patterns) => new Glob(`{${patterns.join(",")}}`));
  return [...new Glob("**/*.test.{ts,tsx}").scanSync(`${root}/agent/test`)]
    .filter((path) => {
      const name = path.replace(/\.test\.tsx?$/, "");
      return isLong!.match(name) && !isCore!.match(name);
    })
    .map((path) => `agent/test/${path}`)
    .toSorted();
}
