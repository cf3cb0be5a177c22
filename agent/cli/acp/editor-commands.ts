/** The commands and skills of files as slash commands of an editor: `/name arguments` is sent as that, and the server makes its text of it. */
import type { AvailableCommand, ContentBlock } from "@agentclientprotocol/sdk";
import { callableDefinitions } from "../../client/state/callable-definitions";
import { splitCommand } from "../../client/state/split-command";
import type { Rein } from "../../sdk/create-rein";
import type { CommandCall, Definition } from "../../shared/protocol";
import { plainText } from "./editor-text";
import { availableCommands } from "./slash-commands";

const timeoutMs = 30_000;

/** Of one name, Rein's own command is the one that is carried out. */
const ownNames = new Set(availableCommands.map(({ name }) => name));

export class FileCommands {
  readonly #closing = new AbortController();
  #found: Definition[] = [];

  /** `onChange` is called when the list is another one. */
  constructor(
    readonly rein: Rein,
    readonly cwd: () => string,
    readonly onChange: () => Promise<void>,
  ) {}

  get available(): AvailableCommand[] {
    return this.#found.map(({ name, description, argumentHint }) => ({
      name,
      description: plainText(description || name),
      input: { hint: plainText(argumentHint ?? "arguments") },
    }));
  }

  /** Reads the files again. Never rejects. */
  async look(): Promise<void> {
    const before = JSON.stringify(this.available);
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]);
      const { definitions } = await this.rein.project(this.cwd(), signal);
      this.#found = callableDefinitions(definitions).filter(({ name }) => !ownNames.has(name));
    } catch {
      // Without an answer the commands stay those that were known.
    }
    if (JSON.stringify(this.available) !== before) await this.onChange();
  }

  /** The command that these blocks are; undefined when they are a message. */
  read([block, ...others]: readonly ContentBlock[]): CommandCall | undefined {
    if (block?.type !== "text" || others.length > 0) return undefined;
    const { name, argument } = splitCommand(block.text);
    return this.#found.some((one) => one.name === name) ? { name, arguments: argument } : undefined;
  }

  close(): void {
    this.#closing.abort();
  }
}
