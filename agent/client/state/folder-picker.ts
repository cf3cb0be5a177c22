/** The choice of a working directory: the ones used last, and the server's directories to go through, by letters or by a path that is typed. */
import { type Accessor, createMemo, createResource, createSignal, onCleanup } from "solid-js";
import type { ChildDirectory, Directories } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "./api-client";

export type FolderEntry =
  | { kind: "recent"; path: string; name: string }
  | ({ kind: "folder"; path: string } & ChildDirectory);

export interface Crumb {
  name: string;
  path: string;
}

export type FolderPicker = ReturnType<typeof createFolderPicker>;

const mostRecent = 8;
/** Of a deeper place those in the middle are one. */
const mostCrumbs = 6;

/** Inside a component. `start`: where it begins, "" while that is not known. `choose`: gets a directory that is there. */
export function createFolderPicker(start: Accessor<string>, choose: (path: string) => void) {
  const [place, setPlace] = createSignal<string>();
  const [typed, setTyped] = createSignal("");
  const [marked, setMarked] = createSignal(-1);
  const [problem, setProblem] = createSignal("");
  const [isChoosing, setChoosing] = createSignal(false);
  let looking = new AbortController();
  onCleanup(() => looking.abort());
  const recentOnes = async () => (await api.projects(requestTimeout())).projects;
  const [recent, { refetch: refetchRecent }] = createResource(() => recentOnes().catch(() => []));

  /** A text with a slash is a path: the directories are those where it leads, with the letters behind the last slash. */
  const wanted = createMemo(
    () => {
      const text = typed().trim();
      const base = place() ?? start();
      if (!isPath(text)) return { path: base, find: text };
      const end = text.lastIndexOf("/") + 1;
      return end === 0
        ? { path: text, find: "" }
        : { path: text.slice(0, end), find: text.slice(end) };
    },
    undefined,
    { equals: (a, b) => a.path === b.path && a.find === b.find },
  );
  const [answer, { refetch }] = createResource(
    () => (wanted().path === "" ? undefined : wanted()),
    async (query): Promise<{ found?: Directories; words?: string }> => {
      looking.abort();
      const { signal } = (looking = new AbortController());
      try {
        const limited = AbortSignal.any([signal, requestTimeout()]);
        return { found: await api.directories(query, limited) };
      } catch (error) {
        if (!signal.aborted && query.path === place()) stay(wordsFor(error));
        return { words: wordsFor(error) };
      }
    },
  );
  /** What was shown last stays until there is something else. */
  const shown = createMemo<Directories | undefined>(
    (before) => answer.latest?.found ?? before,
    undefined,
  );

  const entries = createMemo((): FolderEntry[] => {
    const { find } = wanted();
    const letters = find.toLowerCase();
    const here = shown();
    const known = isPath(typed()) ? [] : (recent.latest ?? []);
    const used = known
      .filter(({ cwd }) => cwd !== here?.path && cwd.toLowerCase().includes(letters))
      .slice(0, mostRecent)
      .map(({ cwd }): FolderEntry => ({ kind: "recent", path: cwd, name: nameOf(cwd) }));
    const folders = (here?.directories ?? [])
      .filter(({ name }) => name.toLowerCase().includes(letters))
      .map((one): FolderEntry => ({ kind: "folder", path: join(here!.path, one.name), ...one }));
    return [...used, ...folders];
  });

  function go(path: string): void {
    setTyped("");
    setMarked(-1);
    setProblem("");
    setPlace(path);
  }

  /** In the one that is shown, where another cannot be. */
  function stay(why: string): void {
    const here = shown();
    if (here === undefined) return;
    setPlace(here.path);
    setProblem(why);
  }

  function type(text: string): void {
    setTyped(text);
    setProblem("");
    // Letters look for one; a path is what is meant itself.
    setMarked(text.trim() === "" || isPath(text) ? -1 : 0);
  }

  /** What Enter does: a directory is opened, one that was used is taken; with nothing marked, the shown or typed one is. */
  function take(entry = entries()[marked()]): void {
    if (entry?.kind === "folder") go(entry.path);
    else void workIn(entry?.path ?? target());
  }

  /** What would be worked in now. */
  const target = () => (isPath(typed()) ? typed().trim() : (shown()?.path ?? ""));

  /** Only where there is such a directory; else it is said why not. */
  async function workIn(path: string): Promise<void> {
    if (path === "" || isChoosing()) return;
    setChoosing(true);
    setProblem("");
    try {
      choose((await api.directories({ path }, requestTimeout())).path);
    } catch (error) {
      setProblem(wordsFor(error));
    } finally {
      setChoosing(false);
    }
  }

  /** Another machine has other directories: begins again where a session there would. */
  function forget(): void {
    setTyped("");
    setMarked(-1);
    setProblem("");
    setPlace(undefined);
    void refetchRecent();
    void refetch();
  }

  return {
    typed,
    type,
    forget,
    shown,
    entries,
    marked: () => Math.min(marked(), entries().length - 1),
    mark: (by: number) => {
      const count = entries().length;
      if (count === 0) return;
      // From none, down to the first and up to the last.
      const from = Math.min(marked(), count - 1);
      setMarked(from === -1 && by < 0 ? count - 1 : (from + by + count) % count);
    },
    go,
    up: () => go(parentOf(shown()?.path ?? "/")),
    take,
    workIn,
    target,
    crumbs: createMemo(() => crumbsOf(shown()?.path ?? "")),
    isLoading: () => answer.loading,
    problem: () => problem() || (answer.loading ? "" : (answer.latest?.words ?? "")),
    note: () =>
      shown()?.isCut ? t("There are more: type some letters of the one that you look for.") : "",
  };
}

function isPath(text: string): boolean {
  return /^\s*(~|.*\/)/.test(text);
}

function join(path: string, name: string): string {
  return path === "/" ? `/${name}` : `${path}/${name}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1) || path;
}

function crumbsOf(path: string): Crumb[] {
  if (path === "") return [];
  const names = path.split("/").filter((name) => name !== "");
  const below = names.map((name, at) => ({ name, path: `/${names.slice(0, at + 1).join("/")}` }));
  const all = [{ name: "/", path: "/" }, ...below];
  if (all.length <= mostCrumbs) return all;
  const nearest = all.slice(2 - mostCrumbs);
  return [all[0]!, { name: "…", path: parentOf(nearest[0]!.path) }, ...nearest];
}
