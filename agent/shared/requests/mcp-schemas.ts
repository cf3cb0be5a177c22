/** The schema of the MCP servers that a program, such as an editor, gives a session for the engine that drives it. */
import { z } from "zod";

/** Of one session. */
export const maxMcpServers = 30;

const noNul = (text: string) => !text.includes("\0");

/** Engines name its tools `mcp__server__tool`: without two underscores in it, no other server has the same ones. */
const serverName = z
  .string()
  .max(60)
  .regex(
    /^[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*$/,
    "expected the name of a server: letters, digits, - and single _",
  );
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

const stdioServer = z.strictObject({
  type: z.literal("stdio"),
  name: serverName,
  command: program,
  args: z.array(argument).max(100).default([]),
  env: z.record(variable, value).default({}),
});

const httpServer = z.strictObject({
  type: z.literal("http"),
  name: serverName,
  url,
  headers: z.record(headerName, headerValue).default({}),
});

export const mcpServers = z
  .array(z.discriminatedUnion("type", [stdioServer, httpServer]))
  .max(maxMcpServers)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    message: "expected servers with different names",
  });

export type McpServer = z.output<typeof mcpServers>[number];
