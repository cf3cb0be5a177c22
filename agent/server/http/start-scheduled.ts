/** Begins the run of a schedule: as a message that a person sends in a new session, but that nobody is asked. */
import type { Schedule } from "../../shared/protocol";
import type { QueuedText } from "../session/message-queue";
import { commandMessage } from "./command-message";
import { mentionedFiles, withMentioned } from "./mentioned-files";
import { takeFiles } from "./message-files";
import { checkChoices, newSession } from "./new-session";
import type { Services } from "./services";

/**
 * Resolves when the run has begun: stopped, where a stop came first. Throws the refusal of what it names, and the signal's
 * reason, and then nothing has begun.
 */
export async function startScheduled(
  services: Services,
  schedule: Schedule,
  { sessionId, runId }: { sessionId: string; runId: string },
  signal: AbortSignal,
): Promise<void> {
  const { sessions, runs, store } = services;
  const { id, name, limits } = schedule;
  using coming = runs.earlyStops.announce({ id: sessionId }, { runId });
  const patch = await checkChoices(services, schedule);
  const chosen = { newSessionId: sessionId, engine: schedule.engine, message: name };
  const fresh = await newSession(services, chosen, patch);
  const place = { ...fresh, mcpServers: [], asker: { role: "admin" as const } };
  const said = await saidBy(services, schedule, fresh.cwd, coming.signal);
  const mentioned = await mentionedFiles(services, said.text, place, coming.signal);
  signal.throwIfAborted();
  // Nothing is awaited from here on.
  takeFiles(services, mentioned);
  sessions.refuseWhenFull();
  // No model renames what a person has named.
  const live = sessions.create({ ...fresh, titledBy: "person", schedule: { id, name } });
  const files = withMentioned(undefined, mentioned);
  if (files) store.files.add(sessionId, files);
  const { text, ...command } = said;
  runs.start(live, { message: text, ...command, files, runId, limits, unattended: true });
}

/** A command is expanded when its run begins: what it says then, and only where it acts then. */
async function saidBy(
  services: Services,
  { message = "", command }: Schedule,
  cwd: string,
  signal: AbortSignal,
): Promise<QueuedText> {
  return command === undefined ? { text: message } : commandMessage(services, command, cwd, signal);
}
