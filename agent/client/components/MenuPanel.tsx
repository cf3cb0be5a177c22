/** An open menu: arrow keys, Home, End and the first letters move in it, Enter and a click take what is marked. */
import { DropdownMenu } from "@kobalte/core/dropdown-menu";
import { For, type JSX, Show } from "solid-js";
import { Icon } from "./Icon";
import type { PanelProps } from "./Menu";
import styles from "./Menu.module.css";
import { VisibleText } from "./VisibleText";
import { exceptOn, mainPart, placementAt } from "./placement";

export interface MenuEntry {
  /** No other of its menu has it. */
  name: string;
  run(): void;
  /** Below the name. */
  words?: string;
  /** At the end of the line. */
  side?: string;
  /** For one of several choices: whether it is the one taken. */
  checked?: boolean;
  destructive?: boolean;
  /** Draws a line above it. */
  separate?: boolean;
}

export interface MenuPanelProps extends PanelProps {
  entries: MenuEntry[];
  note?: JSX.Element;
}

export function MenuPanel(props: MenuPanelProps) {
  const place = placementAt(props.button);
  return (
    <DropdownMenu
      open
      modal={false}
      getAnchorRect={() => props.button.getBoundingClientRect()}
      {...place}
      onOpenChange={(isOpen) => isOpen || props.dismiss()}
    >
      <DropdownMenu.Portal mount={mainPart()}>
        <DropdownMenu.Content
          id={props.id}
          class={styles.panel}
          aria-label={props.label}
          on:focus={{
            once: true,
            handleEvent: ({ currentTarget }) => props.isOpenedByKey && markFirst(currentTarget),
          }}
          onPointerDownOutside={exceptOn(props.button)}
          onFocusOutside={exceptOn(props.button)}
        >
          {/* By their names: an entry that changes while the menu is open keeps the focus, and none takes another's place. */}
          <For each={props.entries.map(({ name }) => name)}>
            {(name) => {
              const entry = () => props.entries.find((one) => one.name === name);
              return (
                <Entry
                  name={name}
                  {...entry()}
                  run={() => {
                    const found = entry();
                    props.close();
                    found?.run();
                  }}
                />
              );
            }}
          </For>
          {props.note}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}

/** Taken by a click, not by Kobalte's pointerup: after that one, a touch would still click what lies beneath the menu. */
function Entry(props: MenuEntry) {
  return (
    <>
      <Show when={props.separate}>
        <DropdownMenu.Separator class={styles.line} />
      </Show>
      <DropdownMenu.Item
        class={styles.item}
        classList={{ [styles.destructive!]: props.destructive ?? false }}
        {...(props.checked !== undefined && {
          role: "menuitemradio",
          "aria-checked": props.checked,
        })}
        closeOnSelect={false}
        onClick={() => props.run()}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.repeat || (event.key !== "Enter" && event.key !== " ")) return;
          // The key would also press the menu's button, which has the focus by then.
          event.preventDefault();
          props.run();
        }}
      >
        <span class={styles.name}>
          <VisibleText text={props.name} exact />
          <Show when={props.words}>{(words) => <span class={styles.words}>{words()}</span>}</Show>
        </span>
        <Show when={props.side}>{(side) => <span class={styles.side}>{side()}</span>}</Show>
        <Show when={props.checked}>
          <Icon name="check" />
        </Show>
      </DropdownMenu.Item>
    </>
  );
}

/** A menu opened by a key starts at its first entry, or at the choice that is taken. */
function markFirst(menu: HTMLElement): void {
  const taken = menu.querySelector<HTMLElement>("[aria-checked=true]");
  (taken ?? menu.querySelector<HTMLElement>("[role^=menuitem]"))?.focus();
}
