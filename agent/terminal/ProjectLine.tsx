/** @jsxImportSource @opentui/solid */
/** Says above the input what the session's project brings that waits for an answer, and how many notes are proposed. */
import { Show } from "solid-js";
import { useClient } from "../client/state/client";
import type { OpenSession } from "../client/state/open-session";
import { askedWordsOf, createProjectAsked } from "../client/state/project-asked";
import { proposedWords } from "../client/state/project-words";
import { colors } from "./theme";

export function ProjectLine(props: { open: OpenSession }) {
  const client = useClient();
  const asked = createProjectAsked(client, () => props.open);
  const notes = () => asked()?.notes ?? 0;
  return (
    <>
      <Show when={askedWordsOf(asked())}>
        {(words) => (
          <box flexShrink={0} paddingX={1} onMouseDown={() => client.setPanel("project")}>
            <text fg={colors.warning} wrapMode="word">
              {words()} /project shows all of it.
            </text>
          </box>
        )}
      </Show>
      <Show when={notes() > 0}>
        <box flexShrink={0} paddingX={1} onMouseDown={() => client.setPanel("memory")}>
          <text fg={colors.warning} wrapMode="none" height={1}>
            {proposedWords(notes())} /memory shows them.
          </text>
        </box>
      </Show>
    </>
  );
}
