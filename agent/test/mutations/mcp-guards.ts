/** The guards of MCP servers. */
import type { Guard } from "./guard";

export const mcpGuards: Guard[] = [
  {
    promise: "a stop of a call ends the program that does it",
    file: "server/mcp/server-tool.ts",
    find: 'const end = await connection.end("call", context.hardSignal);',
    replace: "const end = undefined;",
    tests: ["mcp-calls.test.ts"],
    title: "over stdio.*a stop of a call that ignores it",
  },
  {
    promise: "a receipt says that a service was told of a stop, and no more",
    file: "server/mcp/server-tool.ts",
    find: 'if (!connection.isProgram) context.stopped("told");',
    replace: "if (!connection.isProgram) throw error;",
    tests: ["mcp-calls.test.ts"],
    title: "over http.*a stop of a call that ignores it",
  },
  {
    promise: "nothing of a project's MCP servers runs before a person has allowed it",
    file: "server/mcp/connection-pool.ts",
    find: 'const wanted = all.filter(({ standing }) => standing === "on");',
    replace: "const wanted = all.filter(Boolean);",
    tests: ["attacks/project-mcp-servers.test.ts"],
    title: "^a command$",
  },
  {
    promise: "what a hostile project names is shown as what it is",
    file: "server/mcp/project-file.ts",
    find: "visibleString(ellipsized(name, 100))",
    replace: "name",
    tests: ["attacks/project-mcp-servers.test.ts"],
    title: "names that are none",
  },
];
