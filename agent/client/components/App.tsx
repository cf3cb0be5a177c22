/** The page: side bar, header, conversation, input; and what lies over them. */
import { createEffect, Show } from "solid-js";
import { Conversation } from "../conversation/Conversation";
import { bindKey, listenForKeys } from "../keys";
import { keepFocus } from "../kept-focus";
import { isSettings, useClient } from "../state/client";
import { modeKey, switchMode } from "../state/session-mode";
import { windowTitle } from "../state/run-words";
import { Announcement } from "./Announcement";
import styles from "./App.module.css";
import { Composer } from "./Composer";
import { deferred } from "./deferred";
import { Header } from "./Header";
import { Notices } from "./Notices";
import { Sidebar } from "./Sidebar";

const StopsPage = deferred(async () => (await import("../stops/StopsPage")).StopsPage);
const Settings = deferred(async () => (await import("./Settings")).Settings);
const Help = deferred(async () => (await import("./Help")).Help);
const FolderPicker = deferred(async () => (await import("./FolderPicker")).FolderPicker);
const McpSheet = deferred(async () => (await import("./McpSheet")).McpSheet);
const MemorySheet = deferred(async () => (await import("./MemorySheet")).MemorySheet);
const ProjectSheet = deferred(async () => (await import("./ProjectSheet")).ProjectSheet);
const Permissions = deferred(async () => (await import("./Permissions")).Permissions);
const Palette = deferred(async () => (await import("../palette/Palette")).Palette);
const SubagentWindow = deferred(
  async () => (await import("../conversation/SubagentWindow")).SubagentWindow,
);
const TextFileSheet = deferred(
  async () => (await import("../conversation/TextFileSheet")).TextFileSheet,
);
const UndoQuestion = deferred(
  async () => (await import("../conversation/UndoQuestion")).UndoQuestion,
);
const SidePanel = deferred(async () => (await import("../panel/SidePanel")).SidePanel);

export function App() {
  const client = useClient();
  listenForKeys();
  keepFocus();
  bindKey({
    key: "Escape",
    when: () => client.current().stage() === "running" || client.current().attached.isUploading(),
    run: () => client.current().stop(),
  });
  bindKey({
    key: "Escape",
    when: () => client.current().stage() === "stopping",
    run: () => client.current().stopHard(),
  });
  bindKey({
    key: "Enter",
    when: () => client.current().confirmation.isAsking() && client.current().stage() === "running",
    run: () => client.current().stop(),
  });
  bindKey({
    key: "Mod+.",
    when: () => client.current().stage() === "running",
    run: () => client.current().control.togglePause(),
  });
  bindKey({ key: modeKey, when: () => true, run: () => switchMode(client) });
  bindKey({
    key: "Mod+k",
    when: () => true,
    run: () => client.openPalette(!client.isPaletteOpen()),
  });
  bindKey({
    key: "Mod+b",
    when: () => true,
    run: () => (client.side.shown() ? client.side.close() : client.side.open()),
  });
  bindKey({
    key: "?",
    when: () => client.current().input.text() === "" && !isTypingElsewhere(),
    run: () => client.setPanel("help"),
  });

  // What covered the page before a reload is closed.
  if (matchMedia("(max-width: 1100px)").matches) client.side.close();

  createEffect(() => {
    document.title = windowTitle(client);
  });

  return (
    <div class={styles.page}>
      <Sidebar />
      <main class={styles.main}>
        <div class={styles.column} inert={client.route.isCovered()}>
          <div class={styles.head}>
            <Header />
            <Show when={!client.route.isCovered()}>
              <Notices />
            </Show>
          </div>
          <Show when={client.current()} keyed>
            {(open) => (
              <>
                <div class={styles.stage}>
                  <Conversation open={open} />
                </div>
                <Composer open={open} />
              </>
            )}
          </Show>
        </div>
        <Show when={client.side.shown() !== undefined}>
          <SidePanel />
        </Show>
        <Show when={client.current()} keyed>
          {(open) => (
            <>
              <Announcement open={open} />
              <Show when={client.expanded() !== undefined}>
                <SubagentWindow open={open} />
              </Show>
              <Show when={client.viewed()} keyed>
                {(file) => <TextFileSheet file={file} />}
              </Show>
              <Show when={client.route.isOnStops()}>
                <StopsPage />
              </Show>
              <Show when={isSettings(client.panel())}>
                <Settings />
              </Show>
              <Show when={client.panel() === "permissions"}>
                <Permissions />
              </Show>
              <Show when={client.panel() === "mcp"}>
                <McpSheet />
              </Show>
              <Show when={client.panel() === "project"}>
                <ProjectSheet />
              </Show>
              <Show when={client.panel() === "memory"}>
                <MemorySheet />
              </Show>
              <Show when={client.panel() === "folders"}>
                <FolderPicker />
              </Show>
              <Show when={client.panel() === "help"}>
                <Help />
              </Show>
              <Show when={client.isPaletteOpen()}>
                <Palette open={open} />
              </Show>
              <Show when={open.undo.question()} keyed>
                {(question) => <UndoQuestion question={question} />}
              </Show>
            </>
          )}
        </Show>
      </main>
    </div>
  );
}

/** The cursor is in a field that is not the message's. */
function isTypingElsewhere(): boolean {
  const field = document.activeElement;
  const isField = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  return isField && field.name !== "message";
}
