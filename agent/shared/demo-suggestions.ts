/** Suggestions of the empty page when only the scripted demo is available; the demo provider knows these messages. */

export const demoSuggestions: readonly { title: string; message: string }[] = [
  { title: "A long answer", message: "Write a long answer with reasoning, a table and code." },
  { title: "A shell command", message: "Run a shell command that takes a while." },
  { title: "A file edit", message: "Write a small file, edit it and read it back." },
  { title: "Three subagents", message: "Send out three subagents at once." },
  { title: "An approval", message: "Ask me before you run a command." },
];
