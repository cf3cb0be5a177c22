/** The page: side bar, header, conversation, input; and what lies over them. */
import { createEffect, Show } from "solid-js";
import { Conversation } from "../conversation/Conversation";
import { SubagentWindow } from "../conversation/SubagentWindow";
import { bindKey, listenForKeys } from "../keys";
import { useClient } from "../state/client";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { Notices } from "./Notices";
import { Settings } from "./Settings";
import { Sidebar } from "./Sidebar";
import { SignedOut } from "./SignedOut";

export function App() {
  const client = useClient();
  listenForKeys();
  bindKey({
    key: "Escape",
    when: () => client.current().stage() === "running",
    run: () => client.current().stop(),
  });

  createEffect(() => {
    const { session, stage } = client.current();
    const mark = stage() === "running" || stage() === "stopping" ? "● " : "";
    document.title = session.title === "" ? `${mark}Rein` : `${mark}${session.title} · Rein`;
  });

  return (
    <Show when={!client.signedOut()} fallback={<SignedOut />}>
      <div class="page">
        <Sidebar />
        <main class="main">
          <Header />
          <Show when={client.current()} keyed>
            {(open) => (
              <>
                <div class="stage">
                  <Conversation open={open} />
                  <SubagentWindow open={open} />
                  <Show when={client.panel() === "settings"}>
                    <Settings />
                  </Show>
                </div>
                <Composer open={open} />
              </>
            )}
          </Show>
        </main>
        <Notices />
      </div>
    </Show>
  );
}
