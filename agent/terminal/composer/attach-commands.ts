/** `/attach` and `/detach`: files of this machine that the message brings. */
import { readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Client } from "../../client/state/client";
import type { Command } from "../../client/state/commands";
import { engineName } from "../../client/state/engine-list";
import type { OpenSession } from "../../client/state/open-session";
import { noFilesWords } from "../../shared/engine-words";
import { visibleString } from "../../shared/visible-text";

const mostChoices = 20;

export function createAttachCommands(client: Client, open: OpenSession): Command[] {
  const { attached } = open;
  const cwd = () => open.chosen().cwd || client.models.models()?.cwd || process.cwd();
  return [
    {
      name: "attach",
      words: "Attach pictures, PDFs or texts of this machine",
      argument: "path",
      complete: (typed) => choicesFor(typed, cwd()),
      run(typed) {
        const words = wordsOf(typed);
        if (words.length === 0)
          client.notices.toast("Type a path after /attach; /detach takes a file out again");
        for (const word of words) attach(word);
      },
    },
    {
      name: "detach",
      words: "Take an attached file out, or cancel its upload",
      argument: "name",
      isOffered: () => attached.files().length > 0,
      complete: (typed) =>
        attached
          .files()
          .filter(({ name }) => name.startsWith(typed))
          .map(({ name }) => ({ text: `/detach ${name}`, words: "" })),
      run(typed) {
        const ids = attached.files().flatMap(({ id, name }) => (name === typed ? [id] : []));
        if (ids.length > 0) attached.remove(ids);
        else client.notices.toast("No attached file has this name", visibleString(typed));
      },
    },
  ];

  function attach(word: string): void {
    const path = pathOf(word, cwd());
    const problem = problemOf(path);
    if (problem !== undefined)
      return client.notices.toast(`Not attached: ${visibleString(word)}`, problem);
    const engine = engineName(client.engines.engines(), open.chosen().engine);
    const refusal = engine === undefined ? undefined : noFilesWords(engine);
    attached.add([{ name: basename(path), content: Bun.file(path) }], refusal);
  }
}

/** Of a path that can be uploaded, undefined. */
function problemOf(path: string): string | undefined {
  try {
    const found = statSync(path);
    if (found.isFile()) return undefined;
    return found.isDirectory() ? "It is a folder: name its files." : "It is no regular file.";
  } catch (error) {
    return (error as Error).message;
  }
}

function pathOf(word: string, cwd: string): string {
  return resolve(cwd, word.replace(/^~(?=\/|$)/, homedir()));
}

/** As in a shell: separated by spaces, which a backslash or quotes make a part of a path. */
export function wordsOf(typed: string): string[] {
  const pieces = typed.match(/(?:\\.|"[^"]*"|'[^']*'|[^\s\\])+/gs) ?? [];
  return pieces.map((piece) =>
    piece.replaceAll(/\\(.)|"([^"]*)"|'([^']*)'/gs, (_, one, two, three) => one ?? two ?? three),
  );
}

/** What the last path could become: what is in its folder. */
function choicesFor(typed: string, cwd: string): { text: string; words: string }[] {
  const last = /(?:\\.|[^\s\\])*$/s.exec(typed)?.[0] ?? "";
  const before = typed.slice(0, typed.length - last.length);
  const path = last.replaceAll(/\\(.)/gs, "$1");
  const folder = path.endsWith("/") ? path : path === "" ? "" : join(dirname(path), "/");
  const begun = path.endsWith("/") ? "" : basename(path);
  const shown = folder === "./" && !path.startsWith("./") ? "" : folder;
  try {
    return readdirSync(pathOf(folder || ".", cwd), { withFileTypes: true })
      .filter(({ name }) => name.startsWith(begun) && (begun !== "" || !name.startsWith(".")))
      .filter(({ name }) => !/\p{C}/u.test(name))
      .slice(0, mostChoices)
      .map((entry) => {
        const chosen = `${shown}${entry.name}`.replaceAll(/[\s\\"']/g, "\\$&");
        return {
          text: `/attach ${before}${chosen}${entry.isDirectory() ? "/" : ""}`,
          words: "",
        };
      });
  } catch {
    return []; // there is no such folder: nothing is completed
  }
}
