/** What says how an agent works in a directory, and a person's answers about it: the same for every face. */
import { type Accessor, createMemo, createResource, createSignal } from "solid-js";
import { defined } from "../../shared/defined";
import type { Definition, DefinitionKind, ProjectView } from "../../shared/protocol";
import { api, ApiError, requestTimeout, wordsFor } from "./api-client";
import { askedDefinitions, changedMeanwhile, definitionKey } from "./project-words";

export type ProjectPanel = ReturnType<typeof createProjectPanel>;

/** Inside a component. `cwd`: "" while it is not known. */
export function createProjectPanel(cwd: Accessor<string>) {
  const [failure, setFailure] = createSignal({ key: "", words: "" });
  const [busy, setBusy] = createSignal<string>();
  const load = () => api.project(cwd(), requestTimeout());
  const [answer, { mutate }] = createResource(() => cwd() || undefined, load);
  let acting = Promise.resolve();
  let loads = 0;

  const shown = (): ProjectView | undefined =>
    answer.error === undefined ? answer.latest : undefined;
  const definitions = createMemo(() => shown()?.definitions ?? []);

  /** Of one that is gone meanwhile, and of all: it stands beside them. */
  const keyOfProblem = createMemo(() => {
    const { key } = failure();
    return definitions().some((one) => definitionKey(one) === key) ? key : "";
  });
  const problem = () =>
    failure().words || (answer.error === undefined ? "" : wordsFor(answer.error));

  /** What was asked for last counts. */
  async function look(): Promise<void> {
    if (cwd() === "") return;
    const own = ++loads;
    const found = await load();
    if (own === loads) mutate(found);
  }

  /** One after the other. Also when it was refused: what is so now is shown. */
  function act(key: string, action: () => Promise<unknown>): Promise<void> {
    return (acting = acting.then(() => actNow(key, action)));
  }

  async function actNow(key: string, action: () => Promise<unknown>): Promise<void> {
    setFailure({ key, words: "" });
    setBusy(key);
    try {
      await action();
    } catch (error) {
      setFailure({ key, words: answerWords(error) });
    }
    await look().catch((error: unknown) => setFailure({ key, words: wordsFor(error) }));
    setBusy(undefined);
  }

  /** Of all of these, or of none. */
  function reply(
    about: readonly Definition[],
    said: "allow" | "refuse",
    anyChange?: true,
  ): Promise<void> {
    const [first] = about;
    if (first === undefined) return Promise.resolve();
    const answers = about.map(({ kind, name, digest }) => ({
      kind,
      name,
      digest,
      answer: said,
      ...(kind === "instructions" && said === "allow" && defined({ anyChange })),
    }));
    return act(about.length === 1 ? definitionKey(first) : "", () =>
      api.answerProject({ cwd: cwd(), answers }, requestTimeout()),
    );
  }

  return {
    shown,
    /** For the first time, or those of another directory. */
    isReading: () => answer.loading,
    definitions,
    /** Those that wait for an answer. */
    asked: createMemo(() => askedDefinitions(shown())),
    of: (kind: DefinitionKind) => definitions().filter((one) => one.kind === kind),
    /** Of the definition with this key; "": of what is beside them. */
    problemOf: (key: string) => (key === keyOfProblem() ? problem() : ""),
    /** The key of the one that is being answered; "" of several. */
    busy,
    reload: () => act("", () => Promise.resolve()),
    reply,
    /** One of the person's. */
    switchTo: (definition: Definition, isOn: boolean) =>
      act(definitionKey(definition), async () => {
        const now = (await load()).definitions.filter(({ standing }) => standing === "off");
        const others = now.filter((one) => definitionKey(one) !== definitionKey(definition));
        const off = (isOn ? others : [...others, definition]).map(({ kind, name }) => ({
          kind,
          name,
        }));
        await api.saveSettings({ definitionsOff: off }, requestTimeout());
      }),
  };
}

function answerWords(error: unknown): string {
  if (error instanceof ApiError && error.status === 409) return changedMeanwhile();
  return wordsFor(error);
}
