/** What a caller chooses for a session, its provider and its working directory, is checked and then set. */
import { realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import type { Catalog } from "../catalog/catalog";
import type { SessionPatch } from "../../shared/protocol";
import type { LiveSession } from "../session/live-session";
import { httpError } from "./http-error";

/** What the session allows is dropped with the directory it was given for: in another one its paths lead elsewhere. */
export function changeSession(live: LiveSession, patch: SessionPatch): void {
  const isMoved = patch.cwd !== undefined && patch.cwd !== live.session.cwd;
  const whole = isMoved ? { ...patch, allowed: [] } : patch;
  live.emit({ type: "session-update", at: Date.now(), patch: named(whole) });
}

/** No model renames what a person has named. */
function named(patch: SessionPatch): SessionPatch {
  return patch.title === undefined ? patch : { ...patch, titledBy: "person" };
}

export function checkProvider(catalog: Pick<Catalog, "has">, provider: string | undefined): void {
  if (provider !== undefined && !catalog.has(provider))
    throw httpError(400, "provider", `There is no provider named “${provider}”.`);
}

/** A request without a model's name would only be refused by the service, and in its words. */
export function checkModel(provider: string, model: string): void {
  if (model.trim() === "")
    throw httpError(
      400,
      "model",
      `No model is chosen, and none of “${provider}” is known: name one as \`model\`, with its \`provider\`.`,
    );
}

/** Before anything is sent in a session: one of an older version, or of a damaged row, may have no model. */
export function checkSessionModel({ session }: LiveSession): void {
  checkModel(session.provider, session.model);
}

/** An existing directory, absolute and without links: it stays this one when a link is changed. `~` is the home directory. */
export async function checkDirectory(path: string, base: string): Promise<string> {
  const absolute = absolutePath(path, base);
  const real = await realpath(absolute).catch(() => undefined);
  if (real !== undefined && (await isDirectory(real))) return real;
  throw httpError(
    400,
    "cwd",
    `There is no directory ${absolute} to work in. Name one that exists.`,
  );
}

/** As a person types one: `~` is the home directory. */
export function absolutePath(path: string, base: string): string {
  const expanded = path.replace(/^~(?=$|\/)/, homedir());
  return isAbsolute(expanded) ? expanded : resolve(base, expanded);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
