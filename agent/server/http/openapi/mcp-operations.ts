/** The operations of MCP servers. */
import { mcpConfigurationAnswer } from "../../../shared/answers/mcp-shapes";
import { mcpAnswerRequest, mcpQuery } from "../../../shared/requests";
import type { Subject } from "./operation";

export const mcpOperations = {
  title: "MCP servers",
  description: "The MCP servers of a directory, by the settings and by its project’s `.mcp.json`.",
  operations: {
    "GET /api/mcp": {
      id: "mcp",
      summary: "List the MCP servers of a directory",
      description:
        "With what would be started, exactly. Values of the settings’ variables and headers stay on the server.",
      query: mcpQuery,
      answer: mcpConfigurationAnswer,
      errors: ["cwd", "session"],
    },
    "POST /api/mcp/answer": {
      id: "answerMcp",
      summary: "Allow or refuse a server of a project",
      description:
        "Nothing of a project’s server runs before. The answer is for the entry as it was shown: once that changes, it is asked again.",
      body: mcpAnswerRequest,
      example: {
        name: "tickets",
        digest: "0".repeat(64),
        answer: "allow",
      },
      answer: mcpConfigurationAnswer,
      errors: ["cwd", "digest"],
    },
  },
} as const satisfies Subject;
