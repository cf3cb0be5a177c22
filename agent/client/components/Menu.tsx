/** A button that opens a menu, or a small dialog, beside it. Escape closes it before anything below it. */
import { createSignal, createUniqueId, type JSX, Show } from "solid-js";
import { bindLayer } from "../keys";
import { Button, type ButtonProps } from "./Button";
import { deferred } from "./deferred";
import type { MenuEntry } from "./MenuPanel";

export interface PanelProps {
  id: string;
  label: string;
  /** What it is placed beside. */
  button: HTMLElement;
  isOpenedByKey: boolean;
  /** Closes it and gives the focus back to the button. */
  close: () => void;
  /** Closes it: the focus has gone elsewhere. */
  dismiss: () => void;
}

interface OpenerProps {
  /** For screen readers, when the button's content does not say it. */
  label: string;
  trigger: JSX.Element;
  button?: Omit<ButtonProps, "label">;
}

export interface MenuProps extends OpenerProps {
  /** None until they are loaded: the menu is drawn with them, so that its first one has the focus. */
  entries: MenuEntry[];
  /** Below the entries, to be read only. */
  note?: JSX.Element;
}

export interface PopupProps extends OpenerProps {
  children: (close: () => void) => JSX.Element;
}

const MenuPanel = deferred(async () => (await import("./MenuPanel")).MenuPanel);
const PopupPanel = deferred(async () => (await import("./PopupPanel")).PopupPanel);

/** A list of things to do, or of choices. */
export function Menu(props: MenuProps) {
  return (
    <Opener {...props} kind="menu">
      {(panel) => (
        <Show when={props.entries.length > 0}>
          <MenuPanel {...panel} entries={props.entries} note={props.note} />
        </Show>
      )}
    </Opener>
  );
}

/** A form, or a list to search. */
export function Popup(props: PopupProps) {
  return (
    <Opener {...props} kind="dialog">
      {(panel) => <PopupPanel {...panel}>{props.children(panel.close)}</PopupPanel>}
    </Opener>
  );
}

interface KindProps extends OpenerProps {
  kind: "menu" | "dialog";
  children: (panel: PanelProps) => JSX.Element;
}

function Opener(props: KindProps) {
  const id = createUniqueId();
  const [openedBy, setOpenedBy] = createSignal<"key" | "pointer">();
  const isOpen = () => openedBy() !== undefined;
  const isDisabled = () => String(props.button?.["aria-disabled"]) === "true";
  const dismiss = () => setOpenedBy(undefined);
  let button!: HTMLButtonElement;

  function close(): void {
    dismiss();
    button.focus();
  }

  return (
    <>
      <Button
        look="chip"
        {...props.button}
        ref={button}
        aria-label={props.label}
        title={props.label}
        aria-haspopup={props.kind}
        aria-expanded={isOpen()}
        aria-controls={isOpen() ? id : undefined}
        onClick={(event) => {
          if (isDisabled()) return;
          if (isOpen()) dismiss();
          // A click that no pointer made has no count.
          else setOpenedBy(event.detail === 0 ? "key" : "pointer");
        }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || props.kind !== "menu" || isDisabled()) return;
          event.preventDefault();
          setOpenedBy("key");
        }}
      >
        {props.trigger}
      </Button>
      <Show when={isOpen()}>
        <Layer close={close} />
        {props.children({
          id,
          get label() {
            return props.label;
          },
          button,
          isOpenedByKey: openedBy() === "key",
          close,
          dismiss,
        })}
      </Show>
    </>
  );
}

function Layer(props: { close: () => void }) {
  bindLayer(() => props.close());
  return null;
}
