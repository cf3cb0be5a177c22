/** Guards of Claude Code as an engine. */
import type { Guard } from "./guard";

const folder = "server/engines/claude";
const tests = ["engine-claude.test.ts"];

export const claudeGuards: Guard[] = [
  {
    promise: "Claude Code reads no settings of a directory",
    file: `${folder}/claude-launch.ts`,
    find: '"--setting-sources=",',
    replace: "",
    tests,
    title: "without the settings, servers and hooks",
  },
  {
    promise: "Claude Code asks for every use of a tool",
    file: `${folder}/claude-launch.ts`,
    find: "ask: [...askedTools,",
    replace: "ask: [...askedTools.slice(1),",
    tests,
    title: "asks for every use of a tool",
  },
  {
    promise:
      "Claude Code asks for every use of a tool of an MCP server, whatever the server says of it",
    file: `${folder}/claude-launch.ts`,
    find: "...mcpServers.map(({ server }) => `mcp__${server.name}`)",
    replace: "",
    tests: ["mcp-servers.test.ts"],
    title: "by its name",
  },
  {
    promise: "text of Claude Code that comes in pieces is not there again as a whole",
    file: `${folder}/claude-events.ts`,
    find: "this.#streamed.add(`${id} ${block.type}`);",
    replace: "",
    tests,
    title: "is there once",
  },
  {
    promise: "a turn of Claude Code that nobody asked for is interrupted",
    file: `${folder}/claude-conversation.ts`,
    find: "if (!this.#isOther) this.#controls.interrupt(false);",
    replace: "",
    tests,
    title: "nobody asked for",
  },
  {
    promise: "an interrupt of a turn that nobody asked for leaves the message behind it",
    file: `${folder}/claude-controls.ts`,
    find: "cancel_queued: withQueued",
    replace: "cancel_queued: true",
    tests,
    title: "does not take the message along",
  },
  {
    promise: "what Claude Code says before it takes a message is no answer to it",
    file: `${folder}/claude-conversation.ts`,
    find: "return this.#turn.isTaken || !this.#saysTaken;",
    replace: "return true;",
    tests,
    title: "before a message is taken",
  },
  {
    promise: "a call of Claude Code that a stop has cut has not failed",
    file: `${folder}/claude-conversation.ts`,
    find: "if (!this.#isCut(event)) this.#turns.push(event);",
    replace: "this.#turns.push(event);",
    tests,
    title: "what it cut has not failed",
  },
  {
    promise: "messages that would still run after an interrupt of Claude Code are taken back",
    file: `${folder}/claude-controls.ts`,
    find: "if (!withQueued) return;",
    replace: "if (withQueued) return;",
    tests,
    title: "taken back after an interrupt",
  },
  {
    promise: "a message that begins with a slash is no command of Claude Code",
    file: `${folder}/claude-conversation.ts`,
    find: 'text.startsWith("/") ? ` ${text}` : text',
    replace: "text",
    tests,
    title: "begins with a slash",
  },
];
