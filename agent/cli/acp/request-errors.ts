/** Failures as errors of JSON-RPC, with a message that a person can act on. */
import { RequestError } from "@agentclientprotocol/sdk";
import { ApiError, ConnectionLost } from "../../sdk/create-rein";
import { CommandFailed } from "../command";

/** What the editor asks for cannot be done so. */
export function invalid(message: string): RequestError {
  return new RequestError(-32602, message);
}

export function noSession(id: string): RequestError {
  return new RequestError(-32002, `There is no session ${id}.`, { sessionId: id });
}

/** What the server refused, in its words; what is none of these is a bug, and stays as it is. */
export function requestError(error: unknown): unknown {
  if (error instanceof ConnectionLost)
    return new RequestError(
      -32603,
      "The connection to Rein’s server broke. The next message looks for it again.",
    );
  if (error instanceof CommandFailed) return new RequestError(-32603, error.message);
  if (!(error instanceof ApiError)) return error;
  const { status, code, message, run, node } = error;
  return new RequestError(codeOf(status), message, { code, ...run, ...(node && { node }) });
}

/** Of a message: the server's words offer ways that an editor does not have. */
export function withEditorWords(error: unknown): unknown {
  if (!(error instanceof ApiError && error.code === "run-active")) return error;
  const message =
    "This session is running a message of another client: wait for its end, or stop it with “/nudge” and your message.";
  return new ApiError(error.status, error.code, message, { cause: error }, error.run);
}

/** By the status of HTTP; the codes are those of JSON-RPC and ACP. */
function codeOf(status: number): number {
  if (status === 401) return -32000;
  if (status === 404) return -32002;
  return status >= 400 && status < 500 ? -32602 : -32603;
}
