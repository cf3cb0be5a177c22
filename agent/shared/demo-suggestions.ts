/** Suggestions of the empty page when only the scripted demo is available; the demo provider knows these messages. */
import { t } from "./words";

export const demoSuggestions: readonly { readonly title: string; message: string }[] = [
  {
    get title() {
      return t("A long answer");
    },
    message: "Write a long answer with reasoning, a table and code.",
  },
  {
    get title() {
      return t("A shell command");
    },
    message: "Run a shell command that takes a while.",
  },
  {
    get title() {
      return t("A file edit");
    },
    message: "Write a small file, edit it and read it back.",
  },
  {
    get title() {
      return t("Three subagents");
    },
    message: "Send out three subagents at once.",
  },
  {
    get title() {
      return t("An approval");
    },
    message: "Ask me before you run a command.",
  },
];
