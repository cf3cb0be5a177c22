/** The schemas of MCP servers: those that a program, such as an editor, gives a session, and those of the settings and of projects. */
import { z } from "zod";
import { longestMcpName, mcpNamePattern, mcpNameWords } from "../mcp-name";
import { digest, id } from "./value-schemas";

/** Of one session. */
export const maxMcpServers = 30;

const noNul = (text: string) => !text.includes("\0");

const serverName = z
  .string()
  .max(longestMcpName)
  .regex(mcpNamePattern, `expected the name of a server: ${mcpNameWords}`);
const argument = z.string().max(8192).refine(noNul, "expected an argument without a NUL");
/** Found on the search path, or absolute: a relative one would be a file of the session's directory. */
const program = z
  .string()
  .max(4096)
  .regex(/^(?:\/[^\0]+|[\w.+-]+)$/, "expected an absolute path, or the name of a program");
const variable = z
  .string()
  .regex(/^[A-Za-z_]\w{0,99}$/, "expected the name of a variable: letters, digits and _");
const value = z.string().max(16_384).refine(noNul, "expected a value without a NUL");
const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, "expected the name of an HTTP header");
const headerValue = z
  .string()
  .max(16_384)
  .regex(/^(?:[!-~](?:[\t -~]*[!-~])?)?$/, "expected the value of an HTTP header");
const url = z
  .url({ protocol: /^https?$/, error: "expected an address that begins with http:// or https://" })
  .max(4096);

const args = z.array(argument).max(100).default([]);

const stdioServer = z.strictObject({
  type: z.literal("stdio"),
  name: serverName,
  command: program,
  args,
  env: z.record(variable, value).default({}),
});

const httpServer = z.strictObject({
  type: z.literal("http"),
  name: serverName,
  url,
  headers: z.record(headerName, headerValue).default({}),
});

export const mcpServer = z.discriminatedUnion("type", [stdioServer, httpServer]);

export const mcpServers = z
  .array(mcpServer)
  .max(maxMcpServers)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    message: "expected servers with different names",
  });

export type McpServer = z.output<typeof mcpServers>[number];

/** The server's own name of a tool. */
const toolName = z.string().min(1).max(200);
const offTools = z.array(toolName).max(1000);
const timeoutSeconds = z.number().int().min(1).max(86_400);

const clientText = z.string().min(1).max(4096);

/** Of the settings, as they are kept. */
const keptServer = z.strictObject({
  server: mcpServer,
  isOn: z.boolean(),
  offTools,
  timeoutSeconds: timeoutSeconds.optional(),
  /** With which Rein signs in where the service registers no clients by itself. */
  client: z.strictObject({ clientId: clientText, clientSecret: clientText.optional() }).optional(),
});

export const mcpSettings = z.strictObject({
  servers: z.record(serverName, keptServer).default({}),
});

/** `null`: the value that is kept under this name already. */
const serverChange = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("stdio"),
    command: program,
    args,
    env: z.record(variable, value.nullable()).default({}),
  }),
  z.strictObject({
    type: z.literal("http"),
    url,
    headers: z.record(headerName, headerValue.nullable()).default({}),
  }),
]);

/** What is absent stays as it is; `null` in the place of a server removes it. */
export const mcpChanges = z.strictObject({
  servers: z.record(
    serverName,
    z
      .strictObject({
        server: serverChange.optional(),
        isOn: z.boolean().optional(),
        offTools: offTools.optional(),
        timeoutSeconds: timeoutSeconds.nullable().optional(),
        client: z
          .strictObject({
            clientId: clientText,
            clientSecret: clientText.nullable().optional().describe("`null`: the kept one."),
          })
          .nullable()
          .optional()
          .describe("For the sign-in where the service registers no clients by itself."),
      })
      .nullable(),
  ),
});

/** As the files of projects and of other clients have a server: its type follows from what it has. Variables are not expanded yet. */
const fileText = z.string().max(16_384).refine(noNul, "expected a text without a NUL");

export const mcpFileServer = z.object({
  type: z.string().max(100).optional(),
  command: fileText.min(1).optional(),
  args: z.array(fileText).max(100).optional(),
  env: z.record(variable, fileText).optional(),
  url: fileText.min(1).optional(),
  headers: z.record(headerName, fileText).optional(),
});

export const mcpFile = z.object({ mcpServers: z.record(z.string(), z.unknown()).default({}) });

/** Of `GET /api/mcp`: a directory, by default the server's, and the session whose connections are shown. */
export const mcpQuery = z.strictObject({
  cwd: z.string().min(1).max(4096).optional(),
  sessionId: id.optional(),
});

/** Whose prompts and resources: of a session, or of one that begins later with this id in this directory. */
export const mcpPlaceQuery = z.strictObject({
  sessionId: id,
  cwd: z.string().min(1).max(4096).optional(),
});

export const mcpPromptRequest = z.strictObject({
  sessionId: id,
  cwd: z.string().min(1).max(4096).optional(),
  server: serverName,
  name: z.string().min(1).max(1000),
  arguments: z
    .record(z.string().max(1000), z.string().max(100_000))
    .refine((all) => Object.keys(all).length <= 50, "expected at most 50 arguments")
    .default({}),
});

/** A person's answer to what `GET /api/mcp` showed. */
export const mcpAnswerRequest = z.strictObject({
  cwd: z.string().min(1).max(4096).optional(),
  name: serverName,
  digest: digest.describe("Of the entry as it was shown."),
  answer: z.enum(["allow", "refuse"]),
  offTools: offTools.optional().describe("Absent: as they were."),
});

/** A server by its name: of a directory, by default the server's, and of a session. */
export const mcpPlaceRequest = z.strictObject({
  cwd: z.string().min(1).max(4096).optional(),
  sessionId: id.optional(),
  name: serverName,
});

/** Of `GET /api/mcp/callback`: what a service answers to a sign-in. Others of its own are left out. */
export const mcpCallbackQuery = z.object({
  state: z.string().min(1).max(200),
  code: z.string().min(1).max(8192).optional(),
  iss: z.string().max(4096).optional(),
  error: z.string().max(4096).optional(),
});

export type McpSettings = z.output<typeof mcpSettings>;
export type McpChanges = z.input<typeof mcpChanges>;
export type McpPlaceRequest = z.input<typeof mcpPlaceRequest>;
export type McpAnswerRequest = z.input<typeof mcpAnswerRequest>;
export type McpPromptRequest = z.input<typeof mcpPromptRequest>;
