/** The commands that take text out of the session: to the clipboard, into a file, back into the input. */
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { branchOf, lastSaid } from "../../shared/branches";
import { textOf } from "../../shared/message-parts";
import { visibleString } from "../../shared/visible-text";
import { api, requestTimeout, wordsFor } from "../../client/state/api-client";
import type { Client } from "../../client/state/client";
import type { Command } from "../../client/state/commands";
import type { OpenSession } from "../../client/state/open-session";

/** `copy`: to the clipboard of the terminal. Returns whether the terminal takes it. */
export function createTextCommands(
  client: Client,
  open: OpenSession,
  copy: (text: string) => boolean,
): Command[] {
  const { notices } = client;
  const hasSession = () => open.id() !== undefined;
  return [
    {
      name: "copy",
      words: "Copy the last answer",
      isOffered: hasSession,
      run() {
        const text = lastAnswer(open);
        if (text === undefined) return notices.toast("There is no answer yet");
        const isCopied = copy(text);
        notices.toast(isCopied ? "Copied" : "This terminal lets no program write its clipboard");
      },
    },
    {
      name: "edit",
      words: "Edit the last message, and send it in its place",
      isOffered: hasSession,
      run() {
        const last = lastSaid(open.session);
        if (last === undefined) notices.toast("There is nothing to edit yet");
        else open.input.set(`/retry ${last.text}`);
      },
    },
    {
      name: "export",
      words: "Write the session into a Markdown file",
      argument: "path",
      isOffered: hasSession,
      run: (path) => void exportSession(client, open.id() ?? "", path),
    },
  ];
}

function lastAnswer({ session }: OpenSession): string | undefined {
  const said = branchOf(session).findLast(
    (message) => message.role === "assistant" && textOf(message).trim() !== "",
  );
  return said && textOf(said);
}

/** A file that is there already is left as it is. Relative paths begin where the face was started. */
async function exportSession({ notices }: Client, id: string, given: string): Promise<void> {
  const path = resolve(given.replace(/^~(?=\/|$)/, homedir()) || `rein-${id}.md`);
  try {
    const response = await api.download(`/api/sessions/${id}/export`, requestTimeout());
    await writeFile(path, await response.text(), { flag: "wx", mode: 0o600 });
    notices.toast(`Written: ${visibleString(path)}`);
  } catch (error) {
    const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
    const why = isThere ? "There is a file with this name: type another path" : wordsFor(error);
    notices.toast("The session was not exported", why);
  }
}
