/** The MCP servers of a session and what a person does with them: the same for every face. */
import { createResource, createSignal } from "solid-js";
import type {
  McpConfigurationAnswer,
  McpEntry,
  McpServerView,
  McpToolView,
} from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { api, requestTimeout, wordsFor } from "./api-client";

/** A start takes up to 30 s, and the end of an earlier one. */
const restartMs = 45_000;

export interface McpPlace {
  cwd: string;
  /** The session; without one a server is started for a trial. */
  id: string | undefined;
}

export type McpPanel = ReturnType<typeof createMcpPanel>;

/** Inside a component: what it asks for ends with that. */
export function createMcpPanel(place: () => McpPlace) {
  const [problem, setProblem] = createSignal("");
  const [busy, setBusy] = createSignal<string>();
  /** What a trial has shown, and where a sign-in goes on, by the server's name. */
  const [tried, setTried] = createSignal<Record<string, McpServerView>>({});
  const [addresses, setAddresses] = createSignal<Record<string, string>>({});
  const load = () => api.mcp(place().cwd, place().id, requestTimeout());
  const [answer, { mutate }] = createResource(
    () => (place().cwd === "" ? undefined : place()),
    load,
  );

  const shown = (): McpConfigurationAnswer | undefined =>
    answer.error === undefined ? answer.latest : undefined;

  function viewOf({ name, origin }: Pick<McpEntry, "name" | "origin">): McpServerView | undefined {
    const trial = tried()[name];
    if (trial?.origin === origin) return trial;
    return shown()?.servers.find((one) => one.name === name && one.origin === origin);
  }

  /** One at a time. Also when it was refused: what is so now is shown. */
  async function act(name: string, action: () => Promise<unknown>): Promise<void> {
    if (busy() !== undefined) return;
    setProblem("");
    setBusy(name);
    try {
      await action();
    } catch (error) {
      setProblem(wordsFor(error));
    }
    await load().then(mutate, (error: unknown) => setProblem(wordsFor(error)));
    setBusy(undefined);
  }

  const answerTo = (entry: McpEntry, said: "allow" | "refuse", offTools?: string[]) => {
    const { name, digest } = entry;
    const { cwd } = place();
    return api.answerMcp(
      { cwd, name, digest, answer: said, ...defined({ offTools }) },
      requestTimeout(),
    );
  };

  function forget(name: string): void {
    setAddresses((all) => without(all, name));
    setTried((all) => without(all, name));
  }

  return {
    answer,
    shown,
    problem,
    busy,
    viewOf,
    addressOf: (name: string) => addresses()[name],
    of: (origin: McpEntry["origin"]) =>
      (shown()?.entries ?? []).filter((entry) => entry.origin === origin),
    /** Those that the program which began the session has given. */
    ofSession: () => (shown()?.servers ?? []).filter(({ origin }) => origin === "session"),
    reload: () => act("", () => Promise.resolve()),
    reply: (entry: McpEntry, said: "allow" | "refuse") =>
      act(entry.name, () => answerTo(entry, said)),
    restart: (name: string) =>
      act(name, async () => {
        const { cwd, id: sessionId } = place();
        forget(name);
        const request = { cwd, name, ...defined({ sessionId }) };
        const view = await api.restartMcp(request, AbortSignal.timeout(restartMs));
        if (sessionId === undefined) setTried((all) => ({ ...all, [name]: view }));
      }),
    signIn: (name: string) =>
      act(name, async () => {
        const { url } = await api.signInToMcp(
          { cwd: place().cwd, name },
          AbortSignal.timeout(restartMs),
        );
        setAddresses((all) => ({ ...all, [name]: url }));
      }),
    signOut: (name: string) =>
      act(name, async () => {
        await api.signOutOfMcp({ cwd: place().cwd, name }, requestTimeout());
        forget(name);
      }),
    switchTool: (entry: McpEntry, { name: tool }: Pick<McpToolView, "name">, isOn: boolean) =>
      act(entry.name, async () => {
        const { name, origin } = entry;
        const others = entry.offTools.filter((one) => one !== tool);
        const offTools = isOn ? others : [...others, tool];
        if (origin === "project") await answerTo(entry, "allow", offTools);
        else
          await api.saveSettings({ mcp: { servers: { [name]: { offTools } } } }, requestTimeout());
      }),
  };
}

/** Whether it may be started by hand. */
export function canRestart(entry: McpEntry): boolean {
  return entry.standing === "on";
}

/** The host of a sign-in, for people to see where they go. */
export function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}

function without<Value>(all: Record<string, Value>, name: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([one]) => one !== name));
}
