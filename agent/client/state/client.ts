/** The state of the whole page: the open session, the list of sessions, the models, the preferences. */
import {
  type Accessor,
  createContext,
  createEffect,
  createSignal,
  on,
  untrack,
  useContext,
} from "solid-js";
import type { FileRef } from "../../shared/protocol";
import { followNode } from "./asked-node";
import { type ClusterState, createCluster, machineOf } from "./cluster-state";
import { createEngines, type EnginesState } from "./engine-list";
import { host } from "./host";
import { createListChanges, type ListChanges } from "./list-changes";
import { createModels, type ModelsState } from "./model-list";
import { createNotices, type Notices } from "./notice-store";
import { createNews } from "./notify";
import type { OpenSession } from "./open-session";
import { createOpenSessions } from "./open-sessions";
import { followAskedMachine } from "./asked-machine";
import { followMachines } from "./machine-notices";
import { followServer } from "./server-reached";
import { isPageOutdated } from "./page-version";
import { createProjectDefaults } from "./project-defaults";
import { createPreferences, type Preferences } from "./preferences";
import type { Route } from "./route";
import { createSessionList, type SessionList } from "./session-list";
import { createSidePanel, type SidePanel } from "./side-panel";
import { stopEverything } from "./stop-all";
import { createStorageState, type StorageState } from "./storage-state";
import { createUndeliveredStops, type UndeliveredStops } from "./undelivered-stops";

export interface Client {
  route: Route;
  list: SessionList;
  models: ModelsState;
  engines: EnginesState;
  notices: Notices;
  undelivered: UndeliveredStops;
  storage: StorageState;
  changes: ListChanges;
  cluster: ClusterState;
  preferences: Preferences;
  current: Accessor<OpenSession>;
  /** The ids of the sessions whose runs the server stops when this window is closed. */
  endingWithWindow: () => string[];
  /** A mark for the title: something happened in a session while the page was not looked at. */
  news: Accessor<string>;
  /** Which sheet or drawer covers the conversation. */
  panel: Accessor<Panel>;
  setPanel(panel: Panel): void;
  /** Whether the palette lies over all of it. */
  isPaletteOpen: Accessor<boolean>;
  openPalette(isOpen: boolean): void;
  /** Opens the settings at the section with this heading. */
  openSettings(section: string): void;
  /** The heading that the settings were last opened at. */
  settingsSection: Accessor<string | undefined>;
  /** The panel beside the conversation. */
  side: SidePanel;
  /** The subagent whose window is open. */
  expanded: Accessor<string | undefined>;
  expand(subagentId: string | undefined): void;
  /** The text file that is open to be read. */
  viewed: Accessor<FileRef | undefined>;
  view(file: FileRef | undefined): void;
  /** Shows a message, also one that is not loaded yet, and marks these words in it, which are written as for a search. */
  goToMessage(sessionId: string, messageId: string, words?: string): void;
  /** The words that are to be marked in this message: it was gone to with them. */
  soughtWords(messageId: string): string;
  stopEverything(): Promise<void>;
  /** Focuses the search of the side bar. */
  findSession(): void;
  /** The side bar says how to do that. */
  onFindSession(find: () => void): void;
}

/** "add-provider": the settings, at the form for a provider; "engines", "schedules": at their section. */
export type Panel =
  | "none"
  | "settings"
  | "add-provider"
  | "engines"
  | "sidebar"
  | "permissions"
  | "mcp"
  | "project"
  | "memory"
  | "schedules"
  | "folders"
  | "help"
  | "outline"
  | TerminalPanel;

/** What only the terminal face shows as panels. */
export type TerminalPanel =
  | "machines"
  | "models"
  | "options"
  | "limits"
  | "processes"
  | "queue"
  | "search"
  | "attached"
  | "todo";

export function isSettings(panel: Panel): boolean {
  return ["settings", "add-provider", "engines", "schedules"].includes(panel);
}

export function createClient(): Client {
  const route = host().createRoute();
  const list = createSessionList();
  followNode(() => {
    const id = route.sessionId();
    return id === undefined ? undefined : machineOf(list, id);
  });
  const models = createModels();
  const engines = createEngines();
  const notices = createNotices();
  const storage = createStorageState();
  const changes = createListChanges();
  const cluster = createCluster(changes);
  const preferences = createPreferences();
  const defaults = createProjectDefaults(changes);
  const news = createNews(list, preferences, (id) => route.go(id));
  const side = createSidePanel();
  const [panel, setPanel] = createSignal<Panel>("none");
  const [isPaletteOpen, openPalette] = createSignal(false);
  const [settingsSection, setSettingsSection] = createSignal<string>();
  let findSession = () => {};
  const [expanded, setExpanded] = createSignal<string>();
  const [viewed, setViewed] = createSignal<FileRef>();
  const [sought, setSought] = createSignal({ messageId: "", words: "" });
  const undelivered = createUndeliveredStops({
    list,
    notices,
    shownId: route.sessionId,
    awayNode: (sessionId) => cluster.away(machineOf(list, sessionId))?.name,
  });
  const page = { list, models, notices, undelivered, storage, changes, preferences, defaults };
  const { current, show, endingWithWindow } = createOpenSessions(route, page);
  const onVisit = () => {
    setExpanded(undefined);
    setViewed(undefined);
    setPanel("none");
    openPalette(false);
    show(route.sessionId());
  };
  createEffect(on(route.visit, onVisit, { defer: true }));
  createEffect(() => {
    const isNew = current().id() === undefined;
    defaults.name(isNew ? current().chosen().cwd || models.models()?.cwd : undefined);
  });
  createEffect(() => showOutdated(notices));
  followServer({ models, notices, connection: () => current().connection() });
  followMachines({ cluster, notices, shownId: route.sessionId });
  // A stop waits no longer than its machine is away.
  createEffect(
    on(
      () =>
        cluster
          .nodes()
          .filter(({ state }) => state !== "away")
          .map(({ name }) => name),
      (names, before = []) => {
        if (names.some((name) => !before.includes(name))) undelivered.deliver();
      },
      { defer: true },
    ),
  );
  followAskedMachine({ cluster, models, engines, changes });

  return {
    route,
    list,
    models,
    engines,
    notices,
    undelivered,
    storage,
    changes,
    cluster,
    preferences,
    current,
    endingWithWindow,
    news,
    panel,
    setPanel(next) {
      setSettingsSection(undefined);
      setPanel(next);
    },
    side,
    isPaletteOpen,
    openPalette,
    openSettings(section) {
      setSettingsSection(section);
      setPanel("settings");
    },
    settingsSection,
    expanded,
    expand: setExpanded,
    viewed,
    view: setViewed,
    goToMessage(sessionId, messageId, words = "") {
      setSought({ messageId, words });
      route.go(sessionId, messageId);
    },
    soughtWords: (messageId) => (sought().messageId === messageId ? sought().words : ""),
    stopEverything: () => stopEverything(list, notices, undelivered),
    findSession: () => findSession(),
    onFindSession: (find) => {
      findSession = find;
    },
  };
}

function showOutdated(notices: Notices): void {
  const id = "outdated";
  if (!isPageOutdated()) return notices.dismiss(id);
  notices.keep({
    id,
    ...host().update,
  });
}

const ClientContext = createContext<Client>();
export const ClientProvider = ClientContext.Provider;

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("expected a ClientProvider above this component");
  return client;
}

/** The session that a component was created for. For another session, the component is created anew. */
export function useOpen(): OpenSession {
  return untrack(useClient().current);
}
