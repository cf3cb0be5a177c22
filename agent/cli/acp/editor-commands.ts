/** The commands and skills of files as slash commands of an editor: `/name arguments` is sent as that, and the server makes its text of it. */
import type { AvailableCommand, ContentBlock } from "@agentclientprotocol/sdk";
import { callableDefinitions } from "../../client/state/callable-definitions";
import { askedEntries } from "../../client/state/mcp-words";
import { askedDefinitions, broughtWords } from "../../client/state/project-words";
import { splitCommand } from "../../client/state/split-command";
import type { Rein } from "../../sdk/create-rein";
import type { CommandCall, Definition } from "../../shared/protocol";
import { isPath } from "../typed-message";
import { plainText } from "./editor-text";
import { availableCommands } from "./slash-commands";

const timeoutMs = 30_000;

/** Of one name, Rein's own command is the one that is carried out. */
const ownNames = new Set(availableCommands.map(({ name }) => name));

export class FileCommands {
  readonly #closing = new AbortController();
  #found: Definition[] = [];
  #brought = "";
  #told = "";

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
      const [{ definitions }, mcp] = await Promise.all([
        this.rein.project(this.cwd(), signal),
        this.rein.mcp(this.cwd(), undefined, signal),
      ]);
      const [asked, servers] = [askedDefinitions({ definitions }), askedEntries(mcp).length];
      this.#brought = asked.length + servers === 0 ? "" : broughtWords(asked, servers);
      this.#found = callableDefinitions(definitions).filter(({ name }) => !ownNames.has(name));
    } catch {
      // Without an answer the commands stay those that were known.
    }
    if (JSON.stringify(this.available) !== before) await this.onChange();
  }

  /** What of the project waits for an answer, as far as it is known; undefined when that was said, and when nothing waits. */
  note(): string | undefined {
    if (this.#brought === this.#told) return undefined;
    this.#told = this.#brought;
    if (this.#brought === "") return undefined;
    return `${this.#brought} “rein project” in a terminal, or the page, shows all of it and takes your answer.`;
  }

  /** The command that these blocks are; undefined when they are a message. The server says of a name that it is no command's. */
  read([block, ...others]: readonly ContentBlock[]): CommandCall | undefined {
    if (block?.type !== "text" || others.length > 0) return undefined;
    const { name, argument } = splitCommand(block.text);
    const isMeant = name !== "" && !name.includes(":") && !isPath(name);
    const isCommand = isMeant || this.#found.some((one) => one.name === name);
    return isCommand ? { name, arguments: argument } : undefined;
  }

  close(): void {
    this.#closing.abort();
  }
}
