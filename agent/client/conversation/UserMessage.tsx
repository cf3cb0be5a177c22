/** The user's message. A very long one is cut, with a button that shows the rest. */
import { createSignal, Show } from "solid-js";
import type { Message } from "../../shared/protocol";

const maxCharacters = 4000;
const maxLines = 20;

export function UserMessage(props: { message: Message }) {
  const [isWhole, setIsWhole] = createSignal(false);
  const text = () =>
    props.message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const beginning = () => text().split("\n", maxLines).join("\n").slice(0, maxCharacters);
  const isCut = () => !isWhole() && beginning().length < text().length;
  return (
    <article class="message user" data-testid="message" data-role="user">
      <div class="said">
        {isCut() ? `${beginning()}…` : text()}
        <Show when={isCut()}>
          <button type="button" class="quiet whole" onClick={() => setIsWhole(true)}>
            Show all {text().length.toLocaleString("en")} characters
          </button>
        </Show>
      </div>
    </article>
  );
}
