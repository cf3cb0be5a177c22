/** The Gemini API as the scripted upstream speaks it, and the histories that it refuses. */
import { refuseGeminiOptions } from "./refused-options";
import { cut, type Failure, type FailureKind, type ScriptedFinish, type Step } from "./script";
import { refuseInlineData } from "./sent-files";
import {
  eachPiece,
  finishOf,
  isControl,
  isJsonObject,
  isSealOf,
  joined,
  seal,
  unnamed,
  usageOf,
  type Wire,
} from "./wire";

export const gemini: Wire = {
  name: "gemini",

  *frames(steps, { model, next }) {
    const { inputTokens, outputTokens, cacheReadTokens } = usageOf(steps);
    const chunk = (parts: Part[], fields: object = {}, candidates = outputTokens) =>
      unnamed({
        candidates: [{ content: { role: "model", parts }, index: 0, ...fields }],
        usageMetadata: {
          promptTokenCount: inputTokens,
          ...(cacheReadTokens > 0 && { cachedContentTokenCount: cacheReadTokens }),
          candidatesTokenCount: candidates,
          totalTokenCount: inputTokens + candidates,
        },
        modelVersion: model,
        responseId: `response-${next()}`,
      });
    let signed = false;
    for (const step of steps) {
      if (isControl(step)) yield step;
      else if (step.type === "failure") yield* [unnamed(errorBody(step)), cut];
      else if (step.type === "tool-call") {
        // The wire sends a call in one piece: a gate inside its input holds the stream before the call.
        yield* step.input.filter((piece) => typeof piece !== "string");
        yield chunk([callPart(step, !signed)], {}, 1);
        signed = true;
      } else if (step.type === "other") yield chunk([step.raw as Part], {}, 1);
      else if (step.type !== "usage" && step.type !== "finish") {
        yield* eachPiece(step.pieces, (text) =>
          chunk([step.type === "reasoning" ? { text, thought: true } : { text }], {}, 1),
        );
      }
    }
    yield chunk([{ text: "" }], { finishReason: finishReasons[finishOf(steps)] });
  },

  refuse(body, model) {
    const { contents } = body as { contents: Content[] };
    const refused = refuseGeminiOptions(body, model);
    if (refused) return refused;
    if (contents.length === 0)
      return "* GenerateContentRequest.contents: contents is not specified";
    if (contents[0]!.role !== "user" || !contents[0]!.parts.some((part) => part.text))
      return "Please ensure that the first turn is a user turn.";
    for (const [at, content] of contents.entries()) {
      const why = refuseParts(content, at, model) ?? refuseOrder(contents, at, model);
      if (why) return why;
    }
    return contents.at(-1)!.role === "user"
      ? undefined
      : "Please ensure that the last turn is a user turn.";
  },

  error: (failure) => ({ status: failures[failure.kind].code, body: errorBody(failure) }),
};

const finishReasons: Record<ScriptedFinish, string> = {
  stop: "STOP",
  "tool-calls": "STOP",
  pause: "STOP",
  length: "MAX_TOKENS",
  "context-full": "MAX_TOKENS",
  refusal: "SAFETY",
  "content-filter": "SAFETY",
  error: "OTHER",
};

interface Part {
  text?: string;
  thought?: boolean;
  functionCall?: { id?: string; name: string; args: unknown };
  functionResponse?: { id?: string; name: string; response: unknown; parts?: Part[] };
  inlineData?: { mimeType?: string; data?: string };
  thoughtSignature?: string;
}

interface Content {
  role: string;
  parts: Part[];
}

/**
 * Only the first call of an answer is signed, as with Gemini 3. The wire's signatures are base64. It cannot carry
 * an input that is not an object.
 */
function callPart(step: Extract<Step, { type: "tool-call" }>, sign: boolean): Part {
  const written = joined(step.input);
  const args: unknown = isJsonObject(written) ? JSON.parse(written) : {};
  const functionCall = { ...(step.id ? { id: step.id } : {}), name: step.name, args };
  return { functionCall, ...(sign ? { thoughtSignature: signature(step.name, args) } : {}) };
}

function signature(name: string, args: unknown): string {
  return btoa(seal(signedContent(name, args)));
}

/** What the signature of a call covers. */
export function signedContent(name: string, args: unknown): string {
  return `${name} ${JSON.stringify(args)}`;
}

/** The signature of a text or a file, as a script gives it. */
export const textSignature = btoa("sealed-text");

const dataFields = new Set([
  "functionCall",
  "functionResponse",
  "inlineData",
  "fileData",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
]);

function refuseParts(content: Content, at: number, model: string): string | undefined {
  if (content.role !== "user" && content.role !== "model")
    return "Please use a valid role: user, model.";
  if (!content.parts?.length)
    return `* GenerateContentRequest.contents[${at}].parts: contents.parts must not be empty.`;
  for (const [index, part] of content.parts.entries()) {
    const inner = part.functionResponse?.parts ?? [];
    if (inner.length > 0 && !model.startsWith("gemini-3"))
      return `Invalid JSON payload received. Unknown name "parts" at 'contents[${at}].parts[${index}].function_response'`;
    for (const { inlineData } of [part, ...inner]) {
      const why = inlineData && refuseInlineData(inlineData);
      if (why) return why;
    }
    const isSignatureAlone = part.text === "" && part.thoughtSignature !== undefined;
    const hasData = Object.keys(part).some((key) => dataFields.has(key));
    if (!hasData && !part.text && !isSignatureAlone)
      return `* GenerateContentRequest.contents[${at}].parts[${index}].data: required oneof field 'data' must have one initialized field`;
    if (part.thoughtSignature !== undefined && !isSigned(part, content.parts[index - 1]))
      return "Invalid thought signature.";
  }
  return undefined;
}

/** A signature covers its own piece of a text, or the whole text that ends with it. */
function isSigned(
  { functionCall: call, thoughtSignature, text = "" }: Part,
  before: Part | undefined,
): boolean {
  if (call === undefined)
    return (
      thoughtSignature === textSignature ||
      isSealOf(thoughtSignature, text) ||
      isSealOf(thoughtSignature, `${before?.text ?? ""}${text}`)
    );
  const known = ["skip_thought_signature_validator", signature(call.name, call.args)];
  return (
    known.includes(thoughtSignature!) ||
    isSealOf(thoughtSignature, signedContent(call.name, call.args))
  );
}

function refuseOrder(contents: Content[], at: number, model: string): string | undefined {
  const { role, parts } = contents[at]!;
  const calls = parts.flatMap((part) => part.functionCall ?? []);
  const responses = parts.flatMap((part) => part.functionResponse ?? []);
  const before = contents[at - 1];
  const after = contents[at + 1]?.parts.flatMap((part) => part.functionResponse ?? []) ?? [];
  if (calls.length > 0 && (role !== "model" || before?.role !== "user"))
    return "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
  if (responses.length > 0 && !before?.parts.some((part) => part.functionCall))
    return "Please ensure that function response turn comes immediately after a function call turn.";
  if (calls.length !== after.length)
    return "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";
  if (calls.some((call, index) => call.name !== after[index]!.name))
    return "Please ensure that function response names match the function call names.";
  const first = parts.findIndex((part) => part.functionCall);
  return model.startsWith("gemini-3") && first >= 0 && !parts[first]!.thoughtSignature
    ? `Function call is missing a thought_signature in functionCall parts. Additional data, function call \`default_api:${calls[0]!.name}\`, position ${first}.`
    : undefined;
}

const failures: Record<FailureKind, { code: number; status: string; message: string }> = {
  authentication: {
    code: 400,
    status: "INVALID_ARGUMENT",
    message: "API key not valid. Please pass a valid API key.",
  },
  "model-not-found": {
    code: 404,
    status: "NOT_FOUND",
    message: "models/no-such-model is not found for API version v1beta.",
  },
  "rate-limit": {
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message: "You exceeded your current quota.",
  },
  overloaded: {
    code: 503,
    status: "UNAVAILABLE",
    message: "The model is overloaded. Please try again later.",
  },
  "context-length": {
    code: 400,
    status: "INVALID_ARGUMENT",
    message:
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  },
  "invalid-request": {
    code: 400,
    status: "INVALID_ARGUMENT",
    message: "Request contains an invalid argument.",
  },
  server: { code: 500, status: "INTERNAL", message: "An internal error has occurred." },
};

/** Gemini says when to come back in the body, not in a header: a scripted `retry-after` becomes a RetryInfo. */
function errorBody(failure: Failure) {
  const { code, status, message } = failures[failure.kind];
  const details: object[] = [];
  if (failure.kind === "authentication")
    details.push({
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "API_KEY_INVALID",
      domain: "googleapis.com",
    });
  const seconds = failure.headers["retry-after"];
  if (seconds !== undefined)
    details.push({
      "@type": "type.googleapis.com/google.rpc.RetryInfo",
      retryDelay: `${seconds}s`,
    });
  return { error: { code, message: failure.message ?? message, status, details } };
}
