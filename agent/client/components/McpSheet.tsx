/** The MCP servers of a session: their states, and the question about those that its project brings. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { McpConfigurationAnswer, McpEntry } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import { McpEntryView } from "./McpEntryView";
import styles from "./McpServers.module.css";
import settingsStyles from "./Settings.module.css";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function McpSheet() {
  const client = useClient();
  const place = () => ({
    cwd: client.current().chosen().cwd || client.models.models()?.cwd || "",
    id: client.current().id(),
  });
  const [problem, setProblem] = createSignal("");
  const load = () => api.mcp(place().cwd, place().id, requestTimeout());
  const [answer, { mutate }] = createResource(place, load);
  const shown = (): McpConfigurationAnswer | undefined =>
    answer.state === "ready" ? answer() : undefined;
  const of = (origin: McpEntry["origin"]) =>
    (shown()?.entries ?? []).filter((entry) => entry.origin === origin);
  const viewOf = ({ name, origin }: McpEntry) =>
    shown()?.servers.find((one) => one.name === name && one.origin === origin);

  async function reply({ name, digest }: McpEntry, said: "allow" | "refuse"): Promise<void> {
    setProblem("");
    try {
      const { cwd } = place();
      await api.answerMcp({ cwd, name, digest, answer: said }, requestTimeout());
    } catch (error) {
      setProblem(wordsFor(error));
    }
    // Also when it was refused: what is asked now is shown.
    await load().then(mutate, (error: unknown) => setProblem(wordsFor(error)));
  }

  return (
    <Sheet title="MCP servers" close={() => client.setPanel("none")}>
      <SheetSections data-testid="mcp">
        <Show when={answer.error}>
          {(error) => <p class={textStyles.problem}>{wordsFor(error())}</p>}
        </Show>
        <SheetSection title="Of this project" data-testid="mcp-project">
          <p class={settingsStyles.note}>
            From <code>.mcp.json</code> in{" "}
            <code>
              <VisibleText text={shown()?.cwd ?? place().cwd} />
            </code>
            . Nothing of a server runs unless you allow it; its tools are then offered to the model
            from the next turn on.
          </p>
          <For each={shown()?.problems}>
            {(words) => (
              <p class={styles.warning}>
                <VisibleText text={words} exact />
              </p>
            )}
          </For>
          <For each={of("project")}>
            {(entry) => (
              <McpEntryView entry={entry} view={viewOf(entry)}>
                <ButtonRow>
                  <Show when={entry.standing !== "refused"}>
                    <Button onClick={() => void reply(entry, "refuse")}>
                      {entry.standing === "on" ? "No longer allow" : "Refuse"}
                    </Button>
                  </Show>
                  <Show when={entry.standing !== "on"}>
                    <Button onClick={() => void reply(entry, "allow")}>Allow</Button>
                  </Show>
                </ButtonRow>
              </McpEntryView>
            )}
          </For>
          <Show when={problem()}>
            {(words) => (
              <p class={textStyles.problem} role="alert">
                <VisibleText text={words()} />
              </p>
            )}
          </Show>
        </SheetSection>
        <SheetSection title="Of the settings" data-testid="mcp-own">
          <For
            each={of("settings")}
            fallback={<p class={settingsStyles.note}>None. Add them in the settings.</p>}
          >
            {(entry) => <McpEntryView entry={entry} view={viewOf(entry)} />}
          </For>
        </SheetSection>
      </SheetSections>
    </Sheet>
  );
}
