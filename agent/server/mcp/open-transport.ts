/** What a connection to an MCP server goes over: the lines of a program of the session, or HTTP. */
import type { StreamableHTTPClientTransport, Transport } from "@modelcontextprotocol/client";
import { startChild } from "../engines/engine-child";
import type { Jobs } from "../processes/jobs";
import type { ConfiguredServer } from "./configured-server";
import { createService } from "./service-transport";
import { type ServerProgram, StdioTransport } from "./stdio-transport";

export interface ConnectionPlace {
  jobs: Jobs;
  sessionId: string;
  cwd: string;
  /** It has this long to start. */
  startMs: number;
}

export type Sdk = typeof import("@modelcontextprotocol/client");

export interface OpenTransport {
  transport: Transport;
  /** One of the two. */
  program?: ServerProgram;
  service?: StreamableHTTPClientTransport;
}

/** Rejects as `startChild`. A program runs until it is stopped, or the signal aborts. */
export async function openTransport(
  sdk: Sdk,
  { name, server, auth }: ConfiguredServer,
  { jobs, sessionId, cwd }: ConnectionPlace,
  signal: AbortSignal,
): Promise<OpenTransport> {
  if (server.type === "http") {
    const service = createService(sdk, server, auth);
    return { transport: service, service };
  }
  const { command, args, env } = server;
  const program = await startChild(
    jobs,
    {
      name: `MCP server ${name}`,
      command: [command, ...args],
      cwd,
      env,
      owner: { sessionId },
      isMcpServer: true,
    },
    signal,
  );
  return { transport: new StdioTransport(program, sdk.isJSONRPCResponse), program };
}
