/** What is said of the open session's run, below the input, in the window's title and to screen readers. */
import { activeRun } from "../../shared/session-lookup";
import type { Pause, Retry, Session } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import type { Client } from "./client";
import { usesOwnLogin } from "./engine-list";
import type { OpenSession } from "./open-session";
import { t } from "../../shared/translation";

export function isAsking({ session, stage }: OpenSession): boolean {
  return stage() === "running" && activeRun(session)?.state === "waiting";
}

export function pauseWords(session: Session, state: Pause["state"]): string {
  if (state === "paused" && activeRun(session)?.pause?.unshared)
    return t("Paused until the shared database answers. Then it continues by itself.");
  if (state === "paused") return t("Paused. Nothing runs until you resume.");
  if (session.engine === undefined)
    return t("Pausing at the next safe point. A running tool keeps running; its result waits.");
  if (activeRun(session)?.pause?.atOnce)
    return t("Pauses after this turn: until then it goes on. Press again to halt it at once.");
  return usesOwnLogin(session)
    ? t("Pauses after this turn: until then it goes on.")
    : t("Pauses before its next request to the model: until then it goes on.");
}

/** `now`: in milliseconds since the epoch. */
export function retryWords({ at, attempt, of }: Retry, now: number): string {
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  const values = { seconds, minutes: Math.ceil(seconds / 60), attempt, all: of };
  if (seconds === 0) return t("Trying again now (attempt {attempt} of {all}).", values);
  return seconds < 120
    ? t("Trying again in {seconds} s (attempt {attempt} of {all}).", values)
    : t("Trying again in {minutes} min (attempt {attempt} of {all}).", values);
}

export function undeliveredWords(): string {
  return t("The stop is sent as soon as it can be.");
}

/** The window's title: a mark for what the open session does, or for what is new elsewhere, then the session's title. */
export function windowTitle(client: Client): string {
  const { session, stage } = client.current();
  const mark = stage() === "idle" || stage() === "stopped" ? "" : titleMark(client.current());
  const title = session.title === "" ? "" : `${visibleString(session.title)} · `;
  return `${mark || client.news()}${title}Rein`;
}

function titleMark({ session, control }: OpenSession): string {
  const run = activeRun(session);
  if (run?.state === "waiting" || run?.pause?.reached || run?.stall) return "? ";
  return control.pauseState() === "paused" ? "⏸ " : "● ";
}
