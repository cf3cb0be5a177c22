/** The user's message. A very long one is cut, with a button that shows the rest. */
import { createSignal, type JSX, Show } from "solid-js";
import type { FileRef, MessageCommand } from "../../shared/protocol";
import { tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { deferred } from "../components/deferred";
import { FileList } from "./FileList";
import styles from "./UserMessage.module.css";

const CommandMessage = deferred(async () => (await import("./CommandMessage")).CommandMessage);

const maxCharacters = 4000;
const maxLines = 20;

/** An outgoing message is not cut: the stored one takes its place, and would be cut again. */
export function UserMessage(props: {
  text: string;
  files: FileRef[];
  isOutgoing?: boolean;
  /** Of what the text came. */
  command?: MessageCommand | undefined;
  /** Absent for an outgoing one. */
  messageId?: string;
  /** Below its files. */
  children?: JSX.Element;
  /** Below the message. Their place is there for an outgoing one, too. */
  actions?: JSX.Element;
}) {
  const [isWhole, setIsWhole] = createSignal(false);
  const beginning = () => props.text.split("\n", maxLines).join("\n").slice(0, maxCharacters);
  const isCut = () => !props.isOutgoing && !isWhole() && beginning().length < props.text.length;
  return (
    <>
      <article
        class={styles.message}
        id={props.messageId && `m-${props.messageId}`}
        data-testid="message"
        data-role="user"
      >
        <div classList={{ [styles.files!]: props.files.length > 0 && props.text !== "" }}>
          <FileList files={props.files} />
          {props.children}
        </div>
        <Show
          when={props.command}
          fallback={
            <>
              {isCut() ? `${beginning()}…` : props.text}
              <Show when={isCut()}>
                <Button look="quiet" class={styles.whole} onClick={() => setIsWhole(true)}>
                  {tn(
                    props.text.length,
                    "Show all {count} character",
                    "Show all {count} characters",
                  )}
                </Button>
              </Show>
            </>
          }
        >
          {(command) => <CommandMessage command={command()} text={props.text} />}
        </Show>
      </article>
      <div class={styles.actions}>{props.actions}</div>
    </>
  );
}
