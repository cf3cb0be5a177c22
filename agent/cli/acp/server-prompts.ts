/** The prompts of MCP servers as slash commands of an editor: `/server:prompt` sends the server's text. */
import type { AvailableCommand, ContentBlock } from "@agentclientprotocol/sdk";
import {
  argumentWords,
  lackingArguments,
  namedPrompts,
  promptWords,
} from "../../client/state/named-prompts";
import { splitCommand } from "../../client/state/split-command";
import type { Rein } from "../../sdk/create-rein";
import { withoutMentions } from "../../shared/mentions";
import { promptArguments } from "../../shared/prompt-arguments";
import type { McpPrompt } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { readPrompt } from "./prompt-content";
import { invalid } from "./request-errors";

/** A server may have to be started. */
const timeoutMs = 30_000;

export interface PromptCommandsParts {
  rein: Rein;
  place: () => { sessionId: string; cwd: string };
  /** No engine is given them. */
  isOffered: () => boolean;
  /** Called when the list is another one. */
  onChange: () => Promise<void>;
}

type Sent = Pick<ChatRequest, "message" | "files">;

interface FoundPrompt {
  name: string;
  prompt: McpPrompt;
  argument: string;
}

export class PromptCommands {
  readonly #parts: PromptCommandsParts;
  readonly #closing = new AbortController();
  #found: { name: string; prompt: McpPrompt }[] = [];

  constructor(parts: PromptCommandsParts) {
    this.#parts = parts;
  }

  get available(): AvailableCommand[] {
    return this.#found.map(({ name, prompt }) => {
      const hint = argumentWords(prompt);
      return { name, description: promptWords(prompt), ...(hint !== "" && { input: { hint } }) };
    });
  }

  /** Asks the servers again. Never rejects. */
  async look(): Promise<void> {
    const { rein, place, isOffered, onChange } = this.#parts;
    const { sessionId, cwd } = place();
    const before = JSON.stringify(this.#found);
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]);
      const { prompts } = isOffered()
        ? await rein.mcpPrompts(sessionId, cwd, signal)
        : { prompts: [] };
      this.#found = namedPrompts(prompts);
    } catch {
      // Without an answer the commands stay those that were known.
    }
    if (JSON.stringify(this.#found) !== before) await onChange();
  }

  /** What these blocks send. Throws an error for the editor, an ApiError, or the signal's reason. */
  async messageOf(blocks: readonly ContentBlock[], signal: AbortSignal): Promise<Sent> {
    const { rein, place } = this.#parts;
    const found = this.#find(blocks);
    if (found) return this.#promptText(found, signal);
    const { message, files } = await readPrompt(rein, blocks, place(), signal);
    return { ...(message !== "" && { message }), ...(files.length > 0 && { files }) };
  }

  /** The prompt that these blocks name, with what follows its name. */
  #find([block, ...others]: readonly ContentBlock[]): FoundPrompt | undefined {
    if (block?.type !== "text" || others.length > 0 || !this.#parts.isOffered()) return undefined;
    const { name, argument } = splitCommand(block.text);
    const found = this.#found.find((one) => one.name === name);
    return found && { ...found, argument };
  }

  async #promptText({ name, prompt, argument }: FoundPrompt, signal: AbortSignal): Promise<Sent> {
    const names = prompt.arguments.map((one) => one.name);
    const values = promptArguments(argument, names);
    const lacking = lackingArguments(prompt, values);
    if (lacking !== "")
      throw invalid(`/${name} needs ${lacking}. Type name=value, or the value alone.`);
    const { rein, place } = this.#parts;
    const request = { ...place(), server: prompt.server, name: prompt.name, arguments: values };
    const { text, files } = await rein.mcpPrompt(request, signal);
    if (text === "" && files.length === 0) throw invalid(`/${name} has no text.`);
    // Nobody has read it before it is sent: what it names is no wish of the user.
    return {
      ...(text !== "" && { message: withoutMentions(text) }),
      ...(files.length > 0 && { files }),
    };
  }

  close(): void {
    this.#closing.abort();
  }
}
