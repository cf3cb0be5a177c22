/** What an engine is told by the gate itself: an error in a form that the clients of all wires read. */

/**
 * A refusal that no engine sends again (400, as far as it is up to the gate). `message`: a sentence that may reach a person
 * or a model.
 */
export class GateRefusal extends Error {
  override readonly name = "GateRefusal";
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }

  /** The fields of Anthropic's, OpenAI's and Google's errors together. */
  answer(): Response {
    const { status, message } = this;
    const mayRetry = status === 429 || status >= 500;
    const error = {
      type: types[status] ?? "invalid_request_error",
      code: status,
      message,
      status: "FAILED_PRECONDITION",
    };
    const headers = { "x-should-retry": String(mayRetry), connection: "close" };
    return Response.json({ type: "error", error }, { status, headers });
  }
}

const types: Record<number, string> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  502: "api_error",
  503: "overloaded_error",
};

/** For a request that comes when no turn is set. */
export function closedRefusal(): GateRefusal {
  return new GateRefusal("Rein has closed the way to the model: this turn is over or was stopped.");
}

/** Why a request of an engine was cut. */
export class CutRequest extends Error {
  override readonly name = "CutRequest";
  /** The engine may send it again. */
  readonly isAgain: boolean;

  constructor(isAgain: boolean) {
    super("Rein has cut this request.");
    this.isAgain = isAgain;
  }
}
