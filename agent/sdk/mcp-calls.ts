/** The routes of MCP servers, as functions. */
import { defined } from "../shared/defined";
import type {
  McpConfigurationAnswer,
  McpPromptText,
  McpPromptsAnswer,
  McpResourcesAnswer,
  McpServerView,
  McpSignInAddress,
} from "../shared/protocol";
import type { McpAnswerRequest, McpPlaceRequest, McpPromptRequest } from "../shared/requests";
import { path } from "./path";
import type { Transport } from "./transport";

export function createMcpCalls({ call }: Pick<Transport, "call">) {
  return {
    /** Without `sessionId`, none of them is shown as connected. */
    mcp: (cwd: string | undefined, sessionId: string | undefined, signal: AbortSignal) =>
      call<McpConfigurationAnswer>(
        "GET",
        path`/api/mcp?${new URLSearchParams(defined({ cwd, sessionId }))}`,
        undefined,
        signal,
      ),
    /** A session that begins later with this id needs its directory. */
    mcpPrompts: (sessionId: string, cwd: string | undefined, signal: AbortSignal) =>
      call<McpPromptsAnswer>(
        "GET",
        path`/api/mcp/prompts?${new URLSearchParams(defined({ sessionId, cwd }))}`,
        undefined,
        signal,
      ),
    mcpPrompt: (request: McpPromptRequest, signal: AbortSignal) =>
      call<McpPromptText>("POST", "/api/mcp/prompts/get", request, signal),
    mcpResources: (sessionId: string, cwd: string | undefined, signal: AbortSignal) =>
      call<McpResourcesAnswer>(
        "GET",
        path`/api/mcp/resources?${new URLSearchParams(defined({ sessionId, cwd }))}`,
        undefined,
        signal,
      ),
    answerMcp: (request: McpAnswerRequest, signal: AbortSignal) =>
      call<McpConfigurationAnswer>("POST", "/api/mcp/answer", request, signal),
    /** In a session, or without one as a trial. Resolves when it is ready, or failed: which starts take up to 30 s. */
    restartMcp: (request: McpPlaceRequest, signal: AbortSignal) =>
      call<McpServerView>("POST", "/api/mcp/restart", request, signal),
    /** Where a person goes on. */
    signInToMcp: (request: McpPlaceRequest, signal: AbortSignal) =>
      call<McpSignInAddress>("POST", "/api/mcp/sign-in", request, signal),
    signOutOfMcp: (request: McpPlaceRequest, signal: AbortSignal) =>
      call<{ removed: true }>("POST", "/api/mcp/sign-out", request, signal),
  };
}
