/** Which requests the front of people's servers answers itself: who one is, and, for admins without a name, its own settings. */
import type { Context } from "hono";

/** For everyone: signing in, people, and what has no credential. */
const always =
  /^\/api\/(health|sign-in|sign-ins|me|people|keys|openapi\.json|reference|shutdown)(\/|$)|^\/metrics$/;

/**
 * For who has the token of the server, and belongs to no account. Nothing of it runs a command or reads a person's files: it
 * would be as root.
 */
const ofOperator: readonly [method: RegExp, path: RegExp][] = [
  [/^GET$/, /^\/api\/(machine|models|engines|limits|commands|hooks|language-servers)$/],
  [/^GET$/, /^\/api\/(push|schedules)$/],
  [/^PUT$/, /^\/api\/settings$/],
  [/^POST$/, /^\/api\/(stop|push|providers\/[^/]+\/test)$/],
  [/^DELETE$/, /^\/api\/(push|storage\/missing)$/],
];

/** Whether the front answers it for whoever asks. The page's files and what is not there are its own, too. */
export function isFrontsOwn({ req: { path } }: Context): boolean {
  return !path.startsWith("/api/") || always.test(path);
}

/** Whether it answers it for one without an account. */
export function isForOperator({ req: { method, path } }: Context): boolean {
  return ofOperator.some(([methods, paths]) => methods.test(method) && paths.test(path));
}
