/** Sends what a person says, as the message of a new run. */
import { type Accessor, createMemo, createSignal } from "solid-js";
import { type Said, lastSaid } from "../../shared/branches";
import { defined } from "../../shared/defined";
import type { CommandCall, FileRef, SessionPatch } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { namedIn } from "./engine-list";
import { createMessageEditing, type MessageEditing } from "./message-editing";
import { lacksModel } from "./model-list";
import { newId } from "./random-id";
import type { SessionConnection } from "./session-connection";
import type { PageParts, SessionCore } from "./session-core";
import { splitCommand } from "./split-command";
import { requestOfSaid, saidIn } from "./said-request";
import { t } from "../../shared/translation";

export interface MessageSending {
  /** Sends now. While something runs, only when it `interrupts`: that is stopped first. */
  send: (text: string, how?: SendingWay) => void;
  /** Sends the last message again, or this one in its place; stops what runs first. False when there is no last one. */
  retry: (text: string) => boolean;
  editing: MessageEditing;
  /** The files of the message that is edited. */
  editedFiles: Accessor<FileRef[]>;
  /** The files of the last message, while the input holds another one in its place. */
  kept: Accessor<FileRef[]>;
  /** The message in its place is sent without this file. */
  leaveOut: (hash: string) => void;
}

export interface SendingWay {
  interrupt: boolean;
  files?: FileRef[];
  /** A command of a file, in the place of the text. */
  command?: CommandCall;
}

export interface MessageSendingOptions {
  connection: SessionConnection;
  activeRunId: Accessor<string | undefined>;
  /** Just before the message goes out. */
  onSend: () => void;
}

export function createMessageSending(
  core: SessionCore,
  { models, notices, preferences }: PageParts,
  { connection, activeRunId, onSend }: MessageSendingOptions,
): MessageSending {
  const { id, session, phase, input, attached, beginning } = core;
  function send(text: string, way: SendingWay = { interrupt: false }): void {
    const { interrupt, files = [], command } = way;
    const isEmpty = text.trim() === "" && files.length === 0 && command === undefined;
    if ((activeRunId() !== undefined && !interrupt) || isEmpty) return;
    postOrGiveBack({ ...requestOfSaid(command ?? text), interrupt }, files);
  }

  function retry(text: string): boolean {
    const last = lastSaid(session);
    if (last === undefined) return false;
    // What is attached belongs to an edited message; without a text the last one is sent as it was.
    const added = text === "" ? [] : attached.take();
    const files = text === "" ? undefined : [...keptOf(last), ...added];
    postOrGiveBack(
      { retryOf: last.runId, interrupt: true, message: text || undefined },
      files,
      added,
    );
    return true;
  }

  const [leftOut, setLeftOut] = createSignal<{ runId: string; hashes: string[] }>();

  function keptOf({ runId, files }: Said): FileRef[] {
    const { hashes = [] } = leftOut()?.runId === runId ? leftOut()! : {};
    return files.filter(({ hash }) => !hashes.includes(hash));
  }

  const kept = createMemo(() => {
    const { name, argument } = splitCommand(input.text());
    const last = name === "retry" && argument !== "" ? lastSaid(session) : undefined;
    return last === undefined ? [] : keptOf(last);
  });

  const editing = createMessageEditing(core, {
    onBegin: () => setLeftOut(undefined),
    resend: (last, text) =>
      post({ retryOf: last.runId, interrupt: true, ...editedOf(last, text) }, keptOf(last)),
  });
  const editedFiles = createMemo(() => {
    const last = editing.isLast() ? lastSaid(session) : undefined;
    return last === undefined ? [] : keptOf(last);
  });

  function leaveOut(hash: string): void {
    const { runId } = lastSaid(session)!;
    const before = leftOut()?.runId === runId ? leftOut()!.hashes : [];
    setLeftOut({ runId, hashes: [...before, hash] });
  }

  type Request = Pick<ChatRequest, "message" | "command" | "retryOf" | "interrupt">;

  /** `given`: the files that are given back with the text when the message is not accepted. */
  function postOrGiveBack(request: Request, files?: FileRef[], given = files ?? []): void {
    if (post(request, files, given) !== undefined) return;
    const text = saidIn(request);
    if (text !== "") input.giveBack(text);
    attached.giveBack(given);
  }

  /** Returns the name of its run; undefined when there is no model to send it to. */
  function post(
    request: Request,
    files: FileRef[] | undefined,
    given = files ?? [],
  ): string | undefined {
    const sessionId = id();
    const chosen = sessionId === undefined ? beginning : session;
    if (phase() !== "loading" && lacksModel(models.models(), chosen)) {
      notices.toast(t("Choose a model first"));
      return undefined;
    }
    onSend();
    const runId = newId();
    const named = files?.map(({ hash, name }) => ({ hash, name }));
    connection.send({
      request: {
        ...request,
        ...(named !== undefined && (request.retryOf || named.length > 0) && { files: named }),
        runId,
        onDisconnect: preferences.onDisconnect(),
        ...(sessionId === undefined
          ? { newSessionId: core.plannedId(), ...choicesOf(beginning) }
          : { sessionId, after: session.seq }),
      },
      files: given,
    });
    return runId;
  }

  return { send, retry, editing, editedFiles, kept, leaveOut };
}

/** What a new session begins with. */
function choicesOf({ engine, provider, model, ...others }: SessionPatch): Partial<ChatRequest> {
  return defined({ ...others, ...namedIn({ engine, provider, model }) });
}

/** A command that was edited is one still while its name is the same. */
function editedOf({ command }: Said, text: string) {
  const { name, argument } = splitCommand(text);
  const isSame = command !== undefined && name === command.name;
  return requestOfSaid(isSame ? { name, arguments: argument } : text);
}
