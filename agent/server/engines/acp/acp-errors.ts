/** How an ACP agent failed, in words that a person can act on. */
import type { ErrorInfo } from "../../../shared/protocol";
import { log } from "../../log";
import { EngineError, loggedOut } from "../engine";
import { RpcError } from "../json-rpc";
import type { AcpAgent } from "./acp-agent";

/** What agents answer when there is no log-in. */
export const loginRequired = -32_000;

/** By the reason for which a turn stopped; others are no failure. */
export const problems: Record<string, ErrorInfo | undefined> = {
  refusal: { code: "refusal", message: "The model refused to answer." },
  max_tokens: { code: "max-tokens", message: "The answer was cut at the model’s limit of tokens." },
  // Gemini CLI says so of a turn that goes round in circles, too.
  max_turn_requests: {
    code: "engine-turn-limit",
    message:
      "The engine ended this turn by a limit of its own: it made too many requests, or it was repeating itself.",
  },
};

/** In words that a person can act on. Logs what is an error of Rein's own. */
export function acpError(error: unknown, agent: AcpAgent): EngineError {
  const { name, loginHelp } = agent;
  if (error instanceof EngineError) return error;
  if (error instanceof RpcError && error.code === loginRequired) return loggedOut(agent, loginHelp);
  if (error instanceof RpcError)
    return new EngineError(
      "engine-failed",
      `${name} failed: ${messageOf(error)}${detailsOf(error)}`,
      { cause: error },
    );
  log.error({ err: error }, "An internal error with an engine");
  return new EngineError("internal", `An internal error of Rein with ${name}.`, { cause: error });
}

/** Some give the answer of the model's service as it came, some a name of the protocol's in front that says nothing. */
function messageOf({ message }: RpcError): string {
  const said = /"message":\s*("(?:[^"\\]|\\.)*")/.exec(message)?.[1] ?? message;
  return said.replace(/^Internal error: /, "");
}

/** Some say what happened only there. */
function detailsOf({ data, message }: RpcError): string {
  const { details } = (typeof data === "object" && data !== null ? data : {}) as {
    details?: unknown;
  };
  const text = typeof data === "string" ? data : details;
  return typeof text === "string" && !message.includes(text) ? ` (${text.slice(0, 500)})` : "";
}
