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
import type { ShownBranch } from "./shown-branch";
import type { PageParts, SessionCore } from "./session-core";
import { splitCommand } from "./split-command";
import { requestOfSaid, saidIn } from "./said-request";
import { t } from "../../shared/translation";

export interface MessageSending {
  /** Sends now. While something runs, only when it `interrupts`: that is stopped first. */
  send: (text: string, how?: SendingWay) => void;
  /** Sends the last message again, or this one in its place; stops what runs first. False when there is no last one. */
  retry: (text: string) => boolean;
  /** Sends again what was said to this run, of the branch that is shown; to this model from now on. */
  askAgain: (runId: string, model?: Pick<ChatRequest, "provider" | "model">) => void;
  editing: MessageEditing;
  /** The files of the message that is edited. */
  editedFiles: Accessor<FileRef[]>;
  /** The files of the last message, while the input holds another one in its place. */
  kept: Accessor<FileRef[]>;
  /** What takes the place of this run's message, or of the last one, is sent without this file. */
  leaveOut: (hash: string, runId?: string) => void;
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
  branch: ShownBranch;
  /** Just before the message goes out. */
  onSend: () => void;
}

export function createMessageSending(
  core: SessionCore,
  { models, notices, preferences }: PageParts,
  { connection, activeRunId, branch, onSend }: MessageSendingOptions,
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

  function askAgain(runId: string, model: Pick<ChatRequest, "provider" | "model"> = {}): void {
    post({ retryOf: runId, interrupt: true, ...model }, undefined);
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
    branch,
    onBegin: () => setLeftOut(undefined),
    resend: (said, text) =>
      post({ retryOf: said.runId, interrupt: true, ...editedOf(said, text) }, keptOf(said)),
  });
  const editedFiles = createMemo(() => {
    const said = editing.said();
    return said === undefined ? [] : keptOf(said);
  });

  function leaveOut(hash: string, runId = lastSaid(session)?.runId): void {
    if (runId === undefined) return;
    const before = leftOut()?.runId === runId ? leftOut()!.hashes : [];
    setLeftOut({ runId, hashes: [...before, hash] });
  }

  type Request = Pick<
    ChatRequest,
    "message" | "command" | "retryOf" | "interrupt" | "provider" | "model"
  >;

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

  return { send, retry, askAgain, editing, editedFiles, kept, leaveOut };
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
