/** Ways through a conversation: to the message that the address names, from one own message to the next, and the outline of them. */
import { Show } from "solid-js";
import { Portal } from "solid-js/web";
import { focusMessageField } from "../components/message-field";
import { mainPart } from "../components/placement";
import { bindKey } from "../keys";
import { Outline } from "../palette/Outline";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { ownMessages } from "../state/own-messages";
import { elementOf, goTo, SoughtMessage } from "./SoughtMessage";

/** In pixels: so far from its top a message still counts as the one that is read. */
const tolerance = 24;

export function MessageNavigation(props: { open: OpenSession }) {
  const client = useClient();
  const { branch, session } = props.open;
  const when = () => !client.route.isCovered() && isBetweenMessages(document.activeElement);
  bindKey({ key: "Alt+ArrowUp", when, run: () => void goBefore(), repeats: true });
  bindKey({ key: "Alt+ArrowDown", when, run: goAfter, repeats: true });

  const elements = () =>
    ownMessages(branch.messages(), "").flatMap(({ id }) => elementOf(id) ?? []);

  async function goBefore(): Promise<void> {
    for (;;) {
      const top = placeOfReading();
      const before = elements().findLast((one) => topOf(one) < top - tolerance);
      if (before !== undefined) return goTo(before);
      const first = branch.messages()[0]?.id;
      if (session.earlier === undefined) return;
      await props.open.loadEarlier();
      // A failure was told.
      if (branch.messages()[0]?.id === first) return;
    }
  }

  function goAfter(): void {
    const top = placeOfReading();
    const after = elements().find((one) => topOf(one) > top + tolerance);
    if (after !== undefined) return goTo(after);
    const scroller = document.querySelector("[data-scroller]");
    scroller?.scrollTo({ top: scroller.scrollHeight });
    focusMessageField();
  }

  return (
    <>
      <SoughtMessage open={props.open} />
      <Show when={client.panel() === "outline"}>
        {/* What it covers is inert. */}
        <Portal mount={mainPart()}>
          <Outline open={props.open} />
        </Portal>
      </Show>
    </>
  );
}

function topOf(element: Element): number {
  return element.getBoundingClientRect().top;
}

/** Where the focus is in the conversation; else the top of what is seen of it, or its end when something else has the focus. */
function placeOfReading(): number {
  const focused = document.activeElement;
  if (focused?.matches("[data-scroller] *")) return topOf(focused);
  const scroller = document.querySelector("[data-scroller]");
  const { top, bottom } = scroller?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
  return focused === scroller ? top : bottom;
}

/** In the conversation or the message field. Alt and an arrow mean something else in a list, and in a text of several lines. */
function isBetweenMessages(element: Element | null): boolean {
  if (element === null || element === document.body) return true;
  if (element.matches("select, [aria-haspopup][aria-expanded=true]")) return false;
  if (element instanceof HTMLTextAreaElement && element.value.includes("\n")) return false;
  return element.closest("[data-scroller], [data-testid=composer]") !== null;
}
