/** The tools of an MCP server, each with its switch. There can be hundreds: they are drawn when a person opens the list. */
import { For, Show } from "solid-js";
import type { McpServerView } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { Disclosure } from "../conversation/Disclosure";
import { toolWords } from "../state/mcp-words";
import styles from "./McpServers.module.css";
import { VisibleText } from "./VisibleText";

export interface McpToolsProps {
  view: McpServerView | undefined;
  /** Those that are switched off. */
  off: readonly string[];
  /** Absent: they cannot be switched. */
  change?: (tool: string, isOn: boolean) => void;
}

export function McpTools(props: McpToolsProps) {
  return (
    <Show when={props.view?.tools.length}>
      <Disclosure summary={<span>{toolWords(props.view!, props.off)}</span>} testId="mcp-tools">
        <ul
          class={styles.tools}
          aria-label={t("Tools of {name}", { name: visibleString(props.view!.name) })}
        >
          <For each={props.view?.tools}>
            {(tool) => (
              <li>
                <label>
                  <Show when={props.change}>
                    {(change) => (
                      <input
                        type="checkbox"
                        checked={!props.off.includes(tool.name)}
                        onChange={({ currentTarget: box }) => {
                          change()(tool.name, box.checked);
                          // It shows what is so, until the server has taken it.
                          box.checked = !box.checked;
                        }}
                      />
                    )}
                  </Show>
                  <span>
                    <code>
                      <VisibleText text={tool.name} exact />
                    </code>{" "}
                    <VisibleText text={tool.description} />
                  </span>
                </label>
              </li>
            )}
          </For>
        </ul>
      </Disclosure>
    </Show>
  );
}
