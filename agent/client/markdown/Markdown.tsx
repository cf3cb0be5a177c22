/** Markdown. What reads it is no part of the first page's script: until it is there, the text is shown as it is written. */
import { deferred } from "../components/deferred";
import { VisibleText } from "../components/VisibleText";
import text from "../styles/text-styles.module.css";

export interface MarkdownProps {
  text: string;
  streaming: boolean;
}

export const Markdown = deferred<MarkdownProps>(
  async () => (await import("./MarkdownBlocks")).MarkdownBlocks,
  (props) => (
    <p class={text["written"]}>
      <VisibleText text={props.text} />
    </p>
  ),
);
