/** The commands of `rein`. Each loads its code when it runs. */
import { acpCommand } from "./acp/acp-command";
import type { Command, FlagSpec } from "./command";
import { hooksCommand } from "./hooks-command";
import { mcpCommand } from "./mcp-command";
import { memoryCommand } from "./memory-command";
import { projectCommand } from "./project-command";
import { nodesCommand } from "./nodes-command";
import { schedulesCommand } from "./schedules-command";
import { serveCommand } from "./serve-command";
import { sessionsCommand } from "./sessions-command";
import { stdioCommand } from "./stdio/stdio-command";

const json: FlagSpec = { type: "boolean", help: "Print JSON in the place of a table" };

export const commandTable: readonly Command[] = [
  {
    name: "web",
    summary: "Print an address that signs one browser in",
    usage: "[--open]",
    options: { open: { type: "boolean", help: "Open it in the browser of this machine" } },
    run: async (call) => (await import("./print-address")).printAddress(call),
  },
  serveCommand,
  {
    name: "stop",
    summary: "Stop what runs, and say what the stop ended",
    usage: "[SESSION | --all] [--hard]",
    positionals: 1,
    options: {
      all: { type: "boolean", help: "Every run of every session, and background processes" },
      hard: { type: "boolean", help: "Processes get no time to clean up" },
      json: { type: "boolean", help: "Print the server's answers as JSON" },
    },
    run: async (call) => (await import("./stop-runs")).stopRuns(call),
  },
  {
    name: "stops",
    summary: "List the stops so far, newest first",
    usage: "[--json]",
    options: { json },
    run: async (call) => (await import("./list-stops")).printStops(call),
  },
  sessionsCommand,
  {
    name: "search",
    summary: "Find words in all sessions, the newest first",
    usage: "WORDS [--json]",
    positionals: 1001,
    options: { json },
    run: async (call) => (await import("./search-command")).printFound(call),
  },
  {
    name: "export",
    summary: "Print a session as Markdown, or as JSON for an import",
    usage: "SESSION [--json]",
    positionals: 1,
    options: { json: { type: "boolean", help: "All of it, with its branches, for an import" } },
    run: async (call) => (await import("./copy-commands")).exportSession(call),
  },
  {
    name: "import",
    summary: "Make a session of an export, from a file or standard input",
    usage: "[FILE]",
    positionals: 1,
    options: {},
    run: async (call) => (await import("./copy-commands")).importSession(call),
  },
  acpCommand,
  stdioCommand,
  mcpCommand,
  projectCommand,
  memoryCommand,
  schedulesCommand,
  hooksCommand,
  {
    name: "backup",
    summary: "Write all data into one file, also while runs work, and check it",
    usage: "FILE | - | --check FILE [--force]",
    positionals: 1,
    options: {
      force: { type: "boolean", help: "Replace a file of that name" },
      check: { type: "boolean", help: "Only check a backup; nothing is changed" },
    },
    run: async (call) => (await import("./backup-command")).backUp(call),
  },
  {
    name: "restore",
    summary: "Make a backup the data of this machine's server",
    usage: "FILE | - [--replace]",
    positionals: 1,
    options: {
      replace: { type: "boolean", help: "Move away what is there, and keep it" },
    },
    run: async (call) => (await import("./restore-command")).restore(call),
  },
  nodesCommand,
  {
    name: "doctor",
    summary: "Say what this machine allows, and what to do about the rest",
    usage: "[--json]",
    options: { json },
    run: async (call) => (await import("./doctor")).printDoctor(call),
  },
  {
    name: "shutdown",
    summary: "End the server of this machine in order",
    usage: "",
    options: {},
    run: async (call) => (await import("./shut-down")).shutDown(call),
  },
  {
    name: "completions",
    summary: "Print the completions of a shell",
    usage: "bash|zsh|fish",
    positionals: 1,
    options: {},
    run: async (call) => (await import("./completions")).printCompletions(call),
  },
  {
    name: "help",
    summary: "Print the help of a command",
    usage: "[COMMAND]",
    positionals: 1,
    options: {},
    run: async (call) => (await import("./command-help")).printHelp(call),
  },
];
