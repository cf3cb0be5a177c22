/** Suggestions of the empty page when only the scripted demo is available; the demo provider knows these messages. */
import { t } from "./translation";

export const demoSuggestions: readonly { title: string; message: string }[] = [
  suggestion(() => t("A long answer"), "Write a long answer with reasoning, a table and code."),
  suggestion(() => t("A shell command"), "Run a shell command that takes a while."),
  suggestion(() => t("A file edit"), "Write a small file, edit it and read it back."),
  suggestion(() => t("Three subagents"), "Send out three subagents at once."),
  suggestion(() => t("An approval"), "Ask me before you run a command."),
];

function suggestion(title: () => string, message: string) {
  return {
    message,
    get title() {
      return title();
    },
  };
}
