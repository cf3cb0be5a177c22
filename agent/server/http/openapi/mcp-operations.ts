/** The operations of MCP servers. */
import { z } from "zod";
import {
  mcpConfigurationAnswer,
  mcpServerView,
  mcpSignInAddress,
} from "../../../shared/answers/mcp-shapes";
import { yes } from "../../../shared/answers/value-shapes";
import {
  mcpAnswerRequest,
  mcpCallbackQuery,
  mcpPlaceRequest,
  mcpQuery,
} from "../../../shared/requests";
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
    "POST /api/mcp/restart": {
      id: "restartMcp",
      summary: "Start a server anew",
      description:
        "In a session: its connection is ended and opened again. Without one: the server is started for this request alone, to see whether it works and what it offers. Answers when it is ready, or why it is not.",
      body: mcpPlaceRequest,
      example: { name: "tickets" },
      answer: mcpServerView,
      errors: ["cwd", "session", "mcp", "closed"],
    },
    "POST /api/mcp/sign-in": {
      id: "signInToMcp",
      summary: "Begin a sign-in to a server over HTTP",
      description:
        "Answers where a person goes on. The service then answers to `GET /api/mcp/callback` under the name that this request came to, within ten minutes.",
      body: mcpPlaceRequest,
      example: { name: "tickets" },
      answer: mcpSignInAddress,
      errors: ["cwd", "session", "mcp"],
    },
    "POST /api/mcp/sign-out": {
      id: "signOutOfMcp",
      summary: "Forget a sign-in to a server",
      body: mcpPlaceRequest,
      example: { name: "tickets" },
      answer: z.strictObject({ removed: yes }),
      errors: ["cwd", "session", "mcp 409"],
    },
    "GET /api/mcp/callback": {
      id: "mcpCallback",
      summary: "Take a service’s answer to a sign-in",
      description:
        "Opened by the service, in a person’s browser. The state is the credential: it counts once. Answers words for the person, with 400 where it did not work.",
      isPublic: true,
      query: mcpCallbackQuery,
      raw: ["text/plain"],
    },
  },
} as const satisfies Subject;
