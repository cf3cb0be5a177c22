/** The schemas of MCP servers, as people see them. */
import { z } from "zod";
import type {
  McpConfigurationAnswer,
  McpEntry,
  McpPromptsAnswer,
  McpPromptText,
  McpResourcesAnswer,
  McpServerShown,
  McpServerView,
  McpSignInAddress,
} from "../protocol";
import { shape } from "./shape";
import { count, fileRef, text, time } from "./value-shapes";

const origin = z.enum(["settings", "project", "session"]);
const values = z
  .record(z.string(), z.union([text, z.null()]))
  .describe("`null`: it is set, and stays on the server.");

const shown = shape<McpServerShown>(
  "McpServer",
  "What is started or called. `${NAME}` is expanded at the start.",
)(
  z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("stdio"),
      command: text,
      args: z.array(text),
      env: values,
    }),
    z.strictObject({ type: z.literal("http"), url: text, headers: values }),
  ]),
);

export const mcpServerView = shape<McpServerView>(
  "McpServerView",
  "An MCP server and its state in a session.",
)(
  z.strictObject({
    name: text,
    origin,
    state: z.enum([
      "asked",
      "refused",
      "off",
      "not-started",
      "starting",
      "ready",
      "sign-in",
      "failed",
    ]),
    reason: text.optional(),
    tools: z.array(
      z.strictObject({ name: text, title: text, description: text, isOn: z.boolean() }),
    ),
    prompts: count,
    resources: count,
  }),
);

const entry = shape<McpEntry>(
  "McpEntry",
  "An MCP server as it is configured.",
)(
  z.strictObject({
    name: text,
    origin: z.enum(["settings", "project"]),
    digest: text.describe("Of all that is shown."),
    server: shown,
    standing: z.enum(["on", "asked", "refused", "off"]),
    offTools: z.array(text),
    timeoutSeconds: count.optional(),
    signIn: z
      .strictObject({
        since: time.optional().describe("When the person signed in."),
        clientId: text.optional(),
        hasClientSecret: z.boolean(),
      })
      .optional()
      .describe("Of a server over HTTP that people can sign in to."),
    warnings: z.array(text),
    before: shown.optional().describe("What was allowed before it changed."),
  }),
);

export const mcpConfigurationAnswer = shape<McpConfigurationAnswer>(
  "McpServers",
  "The MCP servers of a directory.",
)(
  z.strictObject({
    cwd: text,
    servers: z.array(mcpServerView),
    entries: z.array(entry),
    problems: z.array(text).describe("What cannot be used of the project’s file."),
  }),
);

export const mcpSignInAddress = shape<McpSignInAddress>(
  "McpSignInAddress",
  "Where a person signs in.",
)(z.strictObject({ url: text.describe("Of the service that the MCP server names.") }));
export const mcpPromptsAnswer = shape<McpPromptsAnswer>(
  "McpPrompts",
  "The prompts of MCP servers.",
)(
  z.strictObject({
    prompts: z.array(
      z.strictObject({
        server: text,
        name: text,
        title: text,
        description: text,
        arguments: z.array(
          z.strictObject({ name: text, description: text, isRequired: z.boolean() }),
        ),
      }),
    ),
  }),
);

export const mcpResourcesAnswer = shape<McpResourcesAnswer>(
  "McpResources",
  "The resources of MCP servers: a message names one as `@server:uri`.",
)(
  z.strictObject({
    resources: z.array(z.strictObject({ server: text, uri: text, name: text, description: text })),
  }),
);

export const mcpPromptText = shape<McpPromptText>(
  "McpPromptText",
  "What a server makes of a prompt: words of the server, which a person may edit and send.",
)(z.strictObject({ text, files: z.array(fileRef) }));
