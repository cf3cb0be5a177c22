/** The operations of MCP servers. */
import { z } from "zod";
import {
  mcpConfigurationAnswer,
  mcpPromptsAnswer,
  mcpPromptText,
  mcpResourcesAnswer,
  mcpServerView,
  mcpSignInAddress,
} from "../../../shared/answers/mcp-shapes";
import { yes } from "../../../shared/answers/value-shapes";
import {
  mcpAnswerRequest,
  mcpCallbackQuery,
  mcpPlaceQuery,
  mcpPlaceRequest,
  mcpPromptRequest,
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
    "GET /api/mcp/prompts": {
      id: "mcpPrompts",
      summary: "List the prompts of a session’s servers",
      description:
        "Starts servers that are not running, and waits 5 s for them. None in a session with an engine. With `cwd`, `sessionId` may be of a session that begins later.",
      query: mcpPlaceQuery,
      answer: mcpPromptsAnswer,
      errors: ["cwd", "session"],
    },
    "POST /api/mcp/prompts/get": {
      id: "mcpPrompt",
      summary: "Get the text of a prompt",
      description:
        "It is sent to no model: a person may edit it, and send it as a message. Pictures and embedded resources are kept as attachments.",
      body: mcpPromptRequest,
      example: {
        sessionId: "s1",
        server: "tickets",
        name: "triage",
        arguments: { component: "editor" },
      },
      answer: mcpPromptText,
      errors: ["cwd", "session", "mcp", "upload-stopped", "storage"],
    },
    "GET /api/mcp/resources": {
      id: "mcpResources",
      summary: "List the resources of a session’s servers",
      description:
        "As the prompts. A message names one as `@server:uri`, and is given what it holds then.",
      query: mcpPlaceQuery,
      answer: mcpResourcesAnswer,
      errors: ["cwd", "session"],
    },
  },
} as const satisfies Subject;
