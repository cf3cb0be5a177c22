/** Tells what a service has refused of a request: a chosen option, the conversation as it is written, or its files. */
import type { ModelOptions } from "../../shared/protocol";
import type { ErrorFacts } from "./error-facts";

/** What can be chosen, and other fields that a conversation as plain text has too. */
const options: {
  /** What names no other thing, such as the field. */
  field: RegExp;
  name?: keyof ModelOptions;
  words?: string;
  /** What is also said of parts of a conversation. */
  topic?: RegExp;
}[] = [
  { name: "serviceTier", words: "service tier", field: /service.?tier/i },
  { name: "temperature", words: "temperature", field: /temperature/i },
  {
    name: "maxOutputTokens",
    words: "maximum output",
    field: /max[_ ]?(output|completion)?[_ ]?tokens|output token/i,
  },
  {
    name: "effort",
    words: "effort",
    field: /effort|budget|thinking[ ._]?(level|type|config)/i,
    topic: /reasoning|thinking/i,
  },
  { field: /top_[pk]\b|tool.choice|stream_options|organization has been|location is not supp/i },
];

/** A place in the conversation, such as `messages[3].content`. */
const historyPlace = /\b(messages|input|contents)[.[]\s?\d/;
const historyParam = /\b(messages|input|contents)\b/;
const historyWords =
  /\b(messages?|roles?|turns?|items?|blocks?|history|conversation)\b|signature|reasoning_content|tool[_ ]?(use|call|result)|function.?(call|response)/i;

/** Not in the name of a model, such as gemini-2.5-flash-image. */
const fileWords = /(?<![-a-z\d])(images?|pictures?|pdfs?|base64|media.?type)(?![a-z\d])/i;

type Refusal = Pick<ErrorFacts, "status" | "message" | "param">;

/**
 * Whether the service may accept the conversation as plain text, without its files, after an error of this code. True where
 * that cannot be told: otherwise a session could be stuck.
 */
export function mayTakePlainText(code: string, refusal: Refusal, sendsFiles: boolean): boolean {
  const subject = subjectOf(refusal, sendsFiles);
  if (sendsFiles && subject !== "option" && takesNoFiles(refusal)) return true;
  // The other codes are about the account, the service or the length, whatever else the words say. Without a status the error came in a stream.
  const isRequest = code === "invalid-request" || code === "option-refused";
  const isRefused = isRefusal(refusal) || refusal.status === 500 || refusal.status === undefined;
  return isRequest && isRefused && subject !== "option";
}

/** A sentence about the first of the chosen options that this refusal is about, or may be; undefined when there is none. */
export function refusedOption(
  chosen: ModelOptions,
  refusal: Refusal,
  sendsFiles: boolean,
): string | undefined {
  if (!isRefusal(refusal)) return undefined;
  const subject = subjectOf(refusal, sendsFiles);
  if (subject === "history" || subject === "files") return undefined;
  const whole = `${refusal.param ?? ""} ${refusal.message}`;
  for (const { name, words, field, topic } of options)
    if (name && chosen[name] !== undefined && (field.test(whole) || topic?.test(whole)))
      return `It may not take the ${words} “${chosen[name]}”: choose another at the model’s name, or leave it to the service.`;
  return undefined;
}

function isRefusal({ status }: Refusal): boolean {
  return status === 400 || status === 422;
}

/**
 * A refusal that comes as an error of the server. llama.cpp and others on this machine write the conversation by the model's
 * template, and answer 500 where it takes no such one; in a stream, services say so with `server_error` or a line.
 */
export function isLateRefusal({ status, names, message }: Refusal & { names: string }): boolean {
  const isInStream = status === undefined && serverNames.test(names);
  if (status === 500 && templateWords.test(message)) return true;
  return (status === 500 || isInStream) && message.split(/[.!?]\s/).some(saysInvalidHistory);
}

const serverNames = /\b(APIError|api_error|server_error)\b/;
const templateWords = /jinja|chat.?template|roles must alternate|at row \d+, column \d+/i;

/** Not of what the model has written, such as a tool call that the server could not parse: that may pass. */
function saysInvalidHistory(sentence: string): boolean {
  const isOfHistory = historyPlace.test(sentence) || sentHistory.test(sentence);
  return isOfHistory && invalidWords.test(sentence);
}

const sentHistory =
  /\b(messages|history|conversation|roles?|tool[_ ]?(results?|outputs?|call[_ ]?ids?)|function call output|(thinking|reasoning)\W{1,3}(block|item)|following item|encrypted content)\b/i;
const invalidWords =
  /\b(invalid|malformed|(un)?expected|missing|must|required|without|unsupported|not (valid|allowed|supported|be verified)|no tool (call|output) found)\b/i;

/** The place that the service names decides, and where it names none its words: the noun of a file before any other. */
function subjectOf(
  { message, param = "" }: Refusal,
  sendsFiles: boolean,
): "option" | "history" | "files" | "unknown" {
  if (historyParam.test(param)) return "history";
  if (namesField(param)) return "option";
  if (historyPlace.test(message)) return "history";
  if (sendsFiles && fileWords.test(`${param} ${message}`)) return "files";
  const isAboutHistory = historyWords.test(message);
  if (isAboutHistory === namesField(message)) return "unknown";
  return isAboutHistory ? "history" : "option";
}

function namesField(text: string): boolean {
  return options.some(({ field }) => field.test(text));
}

/** A model that was tried with a picture or PDF, and takes none: services say so with 400, 404 (OpenRouter) and 500 (llama.cpp). */
function takesNoFiles({ status = 0, message }: Refusal): boolean {
  return (
    [400, 404, 500].includes(status) &&
    /\b(image|vision|multimodal|pdf)/i.test(message) &&
    /support|allowed|enabled|accept/i.test(message)
  );
}
