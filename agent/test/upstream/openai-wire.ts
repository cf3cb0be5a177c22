/** The Responses API as the scripted upstream speaks it, and the histories that it refuses. */
import { openaiError } from "./openai-error";
import { refuseOpenAIOptions } from "./refused-options";
import { cut, type Step } from "./script";
import { refuseInputPart } from "./sent-files";
import {
  eachPiece,
  finishOf,
  isControl,
  isJsonObject,
  isSealOf,
  joined,
  named,
  seal,
  usageOf,
} from "./wire";
import type { Frame, Wire } from "./wire";

export const openai: Wire = {
  name: "openai",

  *frames(steps, { model, next }) {
    let sequence = 0;
    const send: Send = (type, fields) => named({ type, sequence_number: sequence++, ...fields });
    const usage = usageOf(steps);
    const output: object[] = [];
    const response = (status: string, fields: object = {}) => ({
      response: { id: `resp_${sequence}`, object: "response", model, status, output, ...fields },
    });
    yield send("response.created", response("in_progress"));
    yield send("response.in_progress", response("in_progress"));
    let reasoningId: string | undefined;
    for (const step of steps) {
      if (isControl(step)) yield step;
      else if (step.type === "failure") {
        const { code, message } = openaiError(step, "").body.error;
        const error = { code: code ?? "server_error", message };
        yield* [send("response.failed", response("failed", { error })), cut];
      } else if (step.type === "reasoning" && step.redacted) continue;
      else if (step.type !== "usage" && step.type !== "finish") {
        const item = makeItem(step, next, reasoningId);
        if (step.type === "reasoning") reasoningId = item.id;
        yield* itemFrames(step, item, output.length, send);
        output.push(item);
      }
    }
    const counted = {
      usage: {
        input_tokens: usage.inputTokens,
        input_tokens_details: {
          cached_tokens: usage.cacheReadTokens,
          cache_write_tokens: usage.cacheWriteTokens,
        },
        output_tokens: usage.outputTokens,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: usage.inputTokens + usage.outputTokens,
      },
    };
    const reason = incompleteReasons[finishOf(steps)];
    yield reason === undefined || steps.some((step) => step.type === "refusal")
      ? send("response.completed", response("completed", counted))
      : send(
          "response.incomplete",
          response("incomplete", { ...counted, incomplete_details: { reason } }),
        );
  },

  refuse(body, model) {
    const { input, store } = body as { input: Item[]; store?: boolean };
    if (input.length === 0) return "One of 'input' must be provided.";
    const refused = refuseOpenAIOptions(body, model);
    if (refused) return refused;
    const ids = input.flatMap((item) => (item.id === undefined ? [] : [item.id]));
    const twice = ids.find((id, at) => ids.indexOf(id) !== at);
    if (twice !== undefined) return `Duplicate item found with id ${twice}.`;
    for (const [at, item] of input.entries()) {
      const why = refuseItem(item, input, at, store === false);
      if (why) return why;
    }
    return undefined;
  },

  error: openaiError,
};

const incompleteReasons: Record<string, string | undefined> = {
  length: "max_output_tokens",
  "content-filter": "content_filter",
};

type Send = (type: string, fields: object) => string;
type ItemStep = Extract<Step, { type: "text" | "refusal" | "reasoning" | "tool-call" | "other" }>;

interface InputPart {
  type: string;
  text?: string;
  image_url?: string;
  file_data?: string;
  filename?: string;
}

interface Item {
  type?: string;
  id?: string;
  role?: string;
  content?: string | InputPart[];
  call_id?: string;
  name?: string;
  arguments?: string;
  output?: string | InputPart[];
  summary?: { type: string; text: string }[];
  encrypted_content?: string;
  status?: string;
}

/** The finished item. The id of a function call names the reasoning that must be sent back with it. */
function makeItem(
  step: ItemStep,
  next: () => number,
  reasoningId: string | undefined,
): Item & { id: string } {
  if (step.type === "other") return { id: `it_${next()}`, ...step.raw };
  if (step.type === "tool-call") {
    const id = `fc_${next()}${reasoningId === undefined ? "" : `_after_${reasoningId}`}`;
    const call_id = step.id ?? `call_${next()}`;
    const whole = { name: step.name, arguments: joined(step.input), status: "completed" };
    return { type: "function_call", id, call_id, ...whole };
  }
  const text = joined(step.pieces);
  if (step.type === "reasoning") {
    const summary = [{ type: "summary_text", text }];
    return { type: "reasoning", id: `rs_${next()}`, summary, encrypted_content: seal(text) };
  }
  const content =
    step.type === "text"
      ? [{ type: "output_text", text, annotations: [] }]
      : [{ type: "refusal", refusal: text }];
  return { type: "message", id: `msg_${next()}`, role: "assistant", status: "completed", content };
}

function* itemFrames(
  step: ItemStep,
  item: Item & { id: string },
  output_index: number,
  send: Send,
): Generator<Frame> {
  const started = { ...item, ...(item.type === "function_call" ? { arguments: "" } : {}) };
  if (item.content) started.content = [];
  if (item.summary) Object.assign(started, { summary: [], encrypted_content: "" });
  yield send("response.output_item.added", { output_index, item: started });
  const at = { item_id: item.id, output_index };
  if (step.type === "other") {
    // Its own events are not read.
  } else if (step.type === "tool-call") {
    const event = "response.function_call_arguments";
    yield* eachPiece(step.input, (delta) => send(`${event}.delta`, { ...at, delta }));
    yield send(`${event}.done`, { ...at, name: item.name, arguments: item.arguments });
  } else if (step.type === "reasoning") {
    const text = joined(step.pieces);
    const part = { type: "summary_text", text: "" };
    const place = { ...at, summary_index: 0 };
    yield send("response.reasoning_summary_part.added", { ...place, part });
    yield* eachPiece(step.pieces, (delta) =>
      send("response.reasoning_summary_text.delta", { ...place, delta }),
    );
    yield send("response.reasoning_summary_text.done", { ...place, text });
    yield send("response.reasoning_summary_part.done", { ...place, part: { ...part, text } });
  } else {
    const kind = step.type === "text" ? "output_text" : "refusal";
    const place = { ...at, content_index: 0 };
    yield send("response.content_part.added", { ...place, part: { type: kind } });
    yield* eachPiece(step.pieces, (delta) => send(`response.${kind}.delta`, { ...place, delta }));
    yield send(`response.${kind}.done`, { ...place, text: joined(step.pieces) });
    yield send("response.content_part.done", { ...place, part: { type: kind } });
  }
  yield send("response.output_item.done", { output_index, item });
}

function refuseItem(item: Item, input: Item[], at: number, stateless: boolean): string | undefined {
  switch (item.type ?? "message") {
    case "message":
      return refuseMessage(item, input, at);
    case "reasoning":
      return refuseReasoning(item, input[at + 1], stateless);
    case "function_call":
      return refuseCall(item, input, at);
    case "function_call_output":
      if (input.slice(0, at).some((c) => c.type === "function_call" && c.call_id === item.call_id))
        return item.output === ""
          ? `Invalid 'input[${at}].output': empty string.`
          : refuseParts({ role: "user" }, item.output);
      return `No tool call found for function call output with call_id ${item.call_id}.`;
    default:
      return refuseOther(item, input);
  }
}

function textsOf({ type, text }: InputPart): (string | undefined)[] {
  return type === "input_image" || type === "input_file" ? [] : [text];
}

function refuseParts({ role }: Item, parts: string | InputPart[] = []): string | undefined {
  if (typeof parts === "string") return undefined;
  const shown = parts.filter((part) => textsOf(part).length === 0);
  if (shown.length > 0 && role !== "user")
    return `: Invalid value: '${shown[0]!.type}' in a message of role ${role}`;
  return shown.map(refuseInputPart).find((why) => why !== undefined);
}

const others =
  /^(web_search|file_search|code_interpreter|image_generation|mcp|computer|shell|local_shell|apply_patch|custom_tool|tool_search)_call(_output)?$|^(additional_tools|agent_message|mcp_list_tools|tool_search_output|compaction|program|program_output)$/;

/** An item that has a call's id is one of a pair. */
function refuseOther(item: Item, input: Item[]): string | undefined {
  if (!others.test(item.type!)) return `Invalid value: '${item.type}'.`;
  const isOutput = item.type!.endsWith("_output");
  const pair = input.some(
    (other) => other.call_id === item.call_id && other.type?.endsWith("_output") !== isOutput,
  );
  if (typeof item.call_id !== "string" || pair) return undefined;
  return isOutput
    ? `No tool call found for ${item.type} with call_id ${item.call_id}.`
    : `No tool output found for ${item.type} ${item.call_id}.`;
}

function refuseMessage(item: Item, input: Item[], at: number): string | undefined {
  const texts = typeof item.content === "string" ? [item.content] : item.content?.flatMap(textsOf);
  const why = refuseParts(item, item.content);
  if (why) return `input[${at}].content${why}`;
  if (!texts?.length || texts.some((text) => !text?.trim()))
    return `Invalid 'input[${at}].content': empty text. Expected a non-empty text.`;
  if (at === 0 && item.role === "assistant") return "The first input item must be from the user.";
  return at === input.length - 1 && item.role === "assistant"
    ? "The last input item must be from the user or a tool."
    : undefined;
}

function refuseReasoning(item: Item, following: Item | undefined, stateless: boolean) {
  if (stateless && !item.encrypted_content)
    return `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
  const text = item.summary?.map((part) => part.text).join("") ?? "";
  if (!isSealOf(item.encrypted_content, text))
    return `The encrypted content for item ${item.id} could not be verified.`;
  const follows =
    following?.type === "function_call" ||
    following?.type === "reasoning" ||
    (following?.type !== undefined && others.test(following.type)) ||
    (following?.role === "assistant" && following.id !== undefined);
  return follows
    ? undefined
    : `Item '${item.id}' of type 'reasoning' was provided without its required following item.`;
}

function refuseCall(item: Item, input: Item[], at: number): string | undefined {
  if (!isJsonObject(item.arguments ?? "")) return `Invalid 'input[${at}].arguments': not JSON.`;
  const reasoningId = item.id?.split("_after_")[1];
  if (reasoningId !== undefined && !input.slice(0, at).some((before) => before.id === reasoningId))
    return `Item '${item.id}' of type 'function_call' was provided without its required 'reasoning' item: '${reasoningId}'.`;
  const answers = input
    .slice(at)
    .filter((answer) => answer.type === "function_call_output" && answer.call_id === item.call_id);
  return answers.length === 1
    ? undefined
    : `No tool output found for function call ${item.call_id}.`;
}
