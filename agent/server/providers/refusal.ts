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
const fileWords =
  /(?<![-a-z\d])(images?|pictures?|vision|multi-?modal|files?|attachments?|documents?|pdfs?|base64|media(.?type)?)(?![a-z\d])/i;

type Refusal = Pick<ErrorFacts, "status" | "message" | "param">;

/**
 * Whether the service may accept the conversation as plain text, without its files, after an error of this code. "yes" where
 * a refusal does not say: otherwise a session could be stuck. "perhaps" where the service only says that it failed, in words
 * that may be about the conversation: that is known once the same words come again and again.
 */
export function mayTakePlainText(
  code: string,
  refusal: ErrorFacts,
  sendsFiles: boolean,
): "yes" | "perhaps" | "no" {
  const { status, message, isPage } = refusal;
  const isOption = subjectOf(refusal, sendsFiles) === "option";
  if (sendsFiles && !isOption && takesNoFiles(refusal)) return "yes";
  // Without a status the error came in a stream.
  const isFailure = status === undefined || status === 500;
  if (code === "server" || code === "unknown") {
    const mayBeFile = sendsFiles && fileWords.test(message);
    const isDoubtful = isFailure && !isPage && (mayBeFile || mayBeOfHistory(message));
    return isDoubtful ? "perhaps" : "no";
  }
  // The other codes are about the account, the service or the length, whatever else the words say.
  const isRequest = code === "invalid-request" || code === "option-refused";
  if (!isRequest || !(isFailure || isRefusal(refusal))) return "no";
  // Where none was chosen, an option that the words name first may not be all of it.
  const mayBeFile = sendsFiles && code !== "option-refused" && fileWords.test(message);
  return isOption && !mayBeFile ? "no" : "yes";
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

/** llama.cpp answers 500 where the template of the model raises an exception, or takes no tools: that does not pass. */
export function isTemplateRefusal({ status, message }: Refusal): boolean {
  return status === 500 && /jinja exception|requires --jinja/i.test(message);
}

/** Not of what the model has written, such as a tool call that the server could not parse: that may pass. */
function mayBeOfHistory(message: string): boolean {
  if (modelWrote.test(message)) return false;
  if (historyPlace.test(message)) return true;
  return message
    .split(/[.!?(]\s?/)
    .some((sentence) => serverWords.test(sentence) && !/request.?id/i.test(sentence));
}

const modelWrote =
  /\bmodel(.s)? (has )?(produced|returned|output|generated|wrote)|(produced|generated|written) by the model\b|error parsing tool call/i;
const serverWords = new RegExp(
  `${historyWords.source}|tool[_ ]?output|encrypted content|template|at row \\d+, column`,
  "i",
);

/**
 * The place that the service names decides, and where it names none its words: of a file and an option what they name
 * first. What repeats the request, such as `temperature=0.7`, says nothing.
 */
function subjectOf(
  { message, param = "" }: Refusal,
  sendsFiles: boolean,
): "option" | "history" | "files" | "unknown" {
  if (historyParam.test(param)) return "history";
  if (namesField(param)) return "option";
  if (historyPlace.test(message)) return "history";
  if (sendsFiles) {
    const words = `${param} ${message.replaceAll(/(?<![\w.])[\w.]+=\S+/g, "")}`;
    const first = words.search(fileWords);
    if (first !== -1) return namesField(words.slice(0, first)) ? "option" : "files";
  }
  const isAboutHistory = historyWords.test(message);
  if (isAboutHistory === namesField(message)) return "unknown";
  return isAboutHistory ? "history" : "option";
}

function namesField(text: string): boolean {
  return options.some(({ field }) => field.test(text));
}

/** A model that was tried with a picture or PDF, and takes none: services say so with 400, 404 (OpenRouter) and 500 (llama.cpp). */
function takesNoFiles({ status = 0, message, isPage }: ErrorFacts): boolean {
  return (
    [400, 404, 500].includes(status) &&
    !isPage &&
    /\b(image|vision|multimodal|pdf)/i.test(message) &&
    /support|allowed|enabled|accept/i.test(message)
  );
}
