/** The MCP servers of a session and what a person does with them: the same for every face. */
import { createEffect, createMemo, createResource, createSignal, onCleanup } from "solid-js";
import type {
  McpConfigurationAnswer,
  McpEntry,
  McpServerView,
  McpToolView,
} from "../../shared/protocol";
import type { McpChanges } from "../../shared/requests";
import { defined } from "../../shared/defined";
import { api, requestTimeout, wordsFor } from "./api-client";

/** A start takes up to 30 s, and the end of an earlier one. */
const restartMs = 45_000;
/** While a server starts or a person signs in, what is so is asked for again and again: nothing tells of it. */
const lookMs = 1_000;
/** As long as the server takes the service's answer. */
const signInMs = 10 * 60_000;

export interface McpPlace {
  cwd: string;
  /** The session; without one a server is started for a trial. */
  id: string | undefined;
}

export type McpPanel = ReturnType<typeof createMcpPanel>;

/** Inside a component: what it asks for ends with that. */
export function createMcpPanel(place: () => McpPlace) {
  const [failure, setFailure] = createSignal({ name: "", words: "" });
  const [busy, setBusy] = createSignal<string>();
  /** What a trial has shown, by the server's name. */
  const [tried, setTried] = createSignal<Record<string, McpServerView>>({});
  const signIns = createSignInAddresses();
  let asked = 0;
  let acting = Promise.resolve();
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

  /** Why the last that was done could not be, or why nothing is shown. */
  const problem = () =>
    failure().words || (answer.error === undefined ? "" : wordsFor(answer.error));

  const entryOf = (name: string) => shown()?.entries.find((entry) => entry.name === name);

  /** What was asked for last counts. */
  async function look(): Promise<void> {
    const own = ++asked;
    const found = await load();
    if (own === asked) mutate(found);
  }

  /** One after the other. Also when it was refused: what is so now is shown. */
  function act(name: string, action: () => Promise<unknown>): Promise<void> {
    return (acting = acting.then(() => actNow(name, action)));
  }

  async function actNow(name: string, action: () => Promise<unknown>): Promise<void> {
    setFailure({ name, words: "" });
    setBusy(name);
    try {
      await action();
    } catch (error) {
      setFailure({ name, words: wordsFor(error) });
    }
    await look().catch((error: unknown) => setFailure({ name, words: wordsFor(error) }));
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

  const save = (name: string, change: McpChanges["servers"][string]) =>
    act(name, async () => {
      forget(name);
      await api.saveSettings({ mcp: { servers: { [name]: change } } }, requestTimeout());
    });

  function forget(name: string): void {
    signIns.end(name);
    setTried((all) => without(all, name));
  }

  /** A second press while it is under way is none. */
  async function restart(name: string): Promise<void> {
    if (busy() === name) return;
    await act(name, async () => {
      const { cwd, id: sessionId } = place();
      forget(name);
      const request = { cwd, name, ...defined({ sessionId }) };
      const view = await api.restartMcp(request, AbortSignal.timeout(restartMs));
      if (sessionId === undefined) setTried((all) => ({ ...all, [name]: view }));
    });
  }

  /** Those that have signed in are started, to show what they offer. */
  async function goOn(): Promise<void> {
    if (busy() !== undefined) return;
    // Without an answer it is asked again.
    await look().catch(() => {});
    const name = signIns.names().find((one) => entryOf(one)?.signIn?.since !== undefined);
    if (name !== undefined) await restart(name);
  }

  const isUnderWay = createMemo(
    () =>
      signIns.names().length > 0 ||
      shown()?.servers.some(({ state }) => state === "starting") === true,
  );
  createEffect(() => {
    if (!isUnderWay()) return;
    const timer = setInterval(() => void goOn(), lookMs);
    onCleanup(() => clearInterval(timer));
  });

  return {
    shown,
    /** For the first time, or those of another place. */
    isReading: () => answer.loading,
    problem,
    /** Of what was done with one server; "": of what is beside it, so that each is shown once. */
    problemOf: (name: string) => (name === (entryOf(failure().name)?.name ?? "") ? problem() : ""),
    busy,
    viewOf,
    /** Where the person goes on to sign in; undefined while none is waited for. */
    addressOf: signIns.addressOf,
    isSigningIn: signIns.isOpen,
    of: (origin: McpEntry["origin"]) =>
      (shown()?.entries ?? []).filter((entry) => entry.origin === origin),
    /** Those that the program which began the session has given. */
    ofSession: () => (shown()?.servers ?? []).filter(({ origin }) => origin === "session"),
    reload: () => act("", () => Promise.resolve()),
    reply: (entry: McpEntry, said: "allow" | "refuse") =>
      act(entry.name, () => answerTo(entry, said)),
    restart,
    /** Until the person has signed in, `endSignIn`, or the time is over. */
    signIn: (name: string) =>
      act(name, () =>
        signIns.begin(name, async (signal) => {
          const bounded = AbortSignal.any([signal, AbortSignal.timeout(restartMs)]);
          return (await api.signInToMcp({ cwd: place().cwd, name }, bounded)).url;
        }),
      ),
    endSignIn: signIns.end,
    signOut: (name: string) =>
      act(name, async () => {
        await api.signOutOfMcp({ cwd: place().cwd, name }, requestTimeout());
        forget(name);
      }),
    /** One of the settings. */
    switchServer: ({ name }: McpEntry, isOn: boolean) => save(name, { isOn }),
    remove: ({ name }: McpEntry) => save(name, null),
    switchTool: (entry: McpEntry, { name: tool }: Pick<McpToolView, "name">, isOn: boolean) =>
      act(entry.name, async () => {
        const { name, origin } = entry;
        // Others may have been switched since.
        const before = entryOf(name)?.offTools ?? entry.offTools;
        const others = before.filter((one) => one !== tool);
        const offTools = isOn ? others : [...others, tool];
        if (origin === "project") await answerTo(entry, "allow", offTools);
        else
          await api.saveSettings({ mcp: { servers: { [name]: { offTools } } } }, requestTimeout());
      }),
  };
}

/** The sign-ins that are under way, by the servers' names: begun here, and ended by a person, in time, or with the component. */
function createSignInAddresses() {
  /** "": it is asked for. */
  const [addresses, setAddresses] = createSignal<Record<string, string>>({});
  const open = new Map<string, AbortController>();

  function end(name: string): void {
    open.get(name)?.abort();
    open.delete(name);
    setAddresses((all) => without(all, name));
  }

  /** Resolves at once when it is ended before the address is known. Rejects as `ask` does. */
  async function begin(name: string, ask: (signal: AbortSignal) => Promise<string>): Promise<void> {
    end(name);
    const own = new AbortController();
    const set = (address: string) => setAddresses((all) => ({ ...all, [name]: address }));
    open.set(name, own);
    set("");
    try {
      const address = await ask(own.signal);
      if (own.signal.aborted) return;
      set(address);
      const timer = setTimeout(() => end(name), signInMs);
      own.signal.addEventListener("abort", () => clearTimeout(timer));
    } catch (error) {
      if (own.signal.aborted) return;
      end(name);
      throw error;
    }
  }

  onCleanup(() => [...open.keys()].forEach(end));
  return {
    names: () => Object.keys(addresses()),
    addressOf: (name: string) => addresses()[name] || undefined,
    isOpen: (name: string) => Object.hasOwn(addresses(), name),
    begin,
    end,
  };
}

/** The host of a sign-in, for people to see where they go. */
export function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}

function without<Value>(all: Record<string, Value>, name: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([one]) => one !== name));
}
