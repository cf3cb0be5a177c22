/** What a command that a person has typed becomes: the text of the message, and the lines of it that are run. */
import { withoutMentions } from "../../shared/mentions";
import { typedCommand } from "../../shared/message-parts";
import type { CommandCall } from "../../shared/protocol";
import { maxMessageCharacters } from "../../shared/requests";
import { abortable } from "../abort";
import type { ActingCommand, ActingSkill } from "../definitions/definition-types";
import { expandCommand, filesText, inFolder } from "../definitions/expand-command";
import type { QueuedText } from "../session/message-queue";
import { type HttpError, httpError } from "./http-error";
import type { Services } from "./services";

/**
 * Of a command or a skill that acts in the directory; nothing of it is run here. When the signal aborts, what was typed:
 * its run begins stopped. Throws HttpError where there is none, or where it makes no message.
 */
export async function commandMessage(
  services: Pick<Services, "definitions">,
  call: CommandCall,
  cwd: string,
  signal: AbortSignal,
): Promise<QueuedText> {
  const typed: QueuedText = { text: typedCommand(call) };
  try {
    return expandedMessage(call, await findCommand(services, call.name, cwd, signal));
  } catch (error) {
    if (signal.aborted) return typed;
    throw error;
  }
}

function expandedMessage(call: CommandCall, found: ActingCommand | ActingSkill): QueuedText {
  const { origin, digest } = found;
  const isSkill = "folder" in found;
  const files = isSkill ? withoutMentions(filesText(found)) : "";
  const body = isSkill ? inFolder(found.text, found) : found.text;
  const expanded = expandCommand(body, call.arguments, maxMessageCharacters - files.length - 2);
  if (expanded === undefined)
    throw httpError(
      413,
      "size",
      `With its arguments /${call.name} is longer than a message may be.`,
    );
  const text = [expanded.text.trim(), files].filter(Boolean).join("\n\n");
  if (text === "")
    throw httpError(
      409,
      "command",
      `/${call.name} says nothing without arguments: type some behind it.`,
    );
  const { lines } = expanded;
  return { text, command: { ...call, origin, digest }, ...(lines.length > 0 && { asks: lines }) };
}

/** A person's own goes before a project's, and a command before a skill of its name. */
async function findCommand(
  { definitions }: Pick<Services, "definitions">,
  name: string,
  cwd: string,
  signal: AbortSignal,
): Promise<ActingCommand | ActingSkill> {
  const [commands, skills] = await abortable(
    Promise.all([definitions.commands(cwd, signal), definitions.skills(cwd, signal)]),
    signal,
  );
  const all = [...commands, ...skills.filter(({ isForPerson }) => isForPerson)];
  const named = all.filter((one) => one.name === name);
  const found = named.find(({ origin }) => origin !== "project") ?? named[0];
  if (found === undefined) throw await whyNone(definitions, name, cwd, signal);
  return found;
}

async function whyNone(
  definitions: Services["definitions"],
  name: string,
  cwd: string,
  signal: AbortSignal,
): Promise<HttpError> {
  const all = (await definitions.of(cwd, signal)).definitions;
  const known = all.find(
    (one) => one.name === name && (one.kind === "command" || one.kind === "skill"),
  );
  switch (known?.standing) {
    case undefined:
      return httpError(404, "command", `There is no command /${name} in ${cwd}.`);
    case "asked":
      return httpError(
        409,
        "command",
        `/${name} is a ${known.kind} of this project (${known.path}), and waits for an answer: look at it and allow it, on the page or by “rein project”.`,
      );
    case "refused":
      return httpError(409, "command", `/${name} of this project was refused, so it does nothing.`);
    case "off":
      return httpError(409, "command", `/${name} is switched off in the settings.`);
    case "on":
      return httpError(
        409,
        "command",
        `/${name} is a skill for the model alone: ask for it in words.`,
      );
  }
}
