/** Output of any length, shown with a bound: the head as it arrives, the tail at the end, what lies between kept in a file. */
import { truncate, truncateStart } from "../../../shared/truncate";
import { outputLines } from "../outputs/long-lines";
import type { OutputFile } from "../outputs/output-store";
import { outputBounds, type ToolContext } from "../tool";

type Shown = Pick<ToolContext, "output" | "outputs" | "sessionId" | "toolCallId">;

/** Takes all output, so that the job never blocks, and shows what the bounds allow. */
export class BoundedOutput {
  readonly #context: Shown;
  #head = "";
  #tail = "";
  #omitted = 0;
  #last = "";
  /** All of it, from when the head alone is not all. */
  #file: OutputFile | undefined;

  constructor(context: Shown) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#last === "";
  }

  get isAtLineStart(): boolean {
    return this.isEmpty || this.#last === "\n";
  }

  write(text: string): void {
    this.#last = text.at(-1) ?? this.#last;
    const { sessionId, toolCallId, outputs, output } = this.#context;
    if (this.#file === undefined) {
      const head = truncate(text, outputBounds.headCharacters - this.#head.length);
      if (head !== "") output(head);
      this.#head += head;
      if (head.length === text.length) return;
      // The head is complete with the first omission: otherwise a later short piece would be shown before an earlier one.
      this.#file = outputs.open(sessionId, toolCallId);
      this.#file.write(this.#head);
      text = text.slice(head.length);
    }
    this.#file.write(text);
    this.#tail += text;
    if (this.#tail.length > 2 * outputBounds.tailCharacters) this.#trim();
  }

  /** Shows the tail. Call it once, however the output ended. */
  async end(): Promise<void> {
    const kept = await this.#file?.close();
    this.#trim();
    if (this.#omitted > 0)
      this.#context.output(
        `\n[… ${this.#omitted.toLocaleString("en")} characters left out${this.#where(kept)} …]\n`,
      );
    if (this.#tail !== "") this.#context.output(this.#tail);
    this.#tail = "";
  }

  #where(kept: { characters: number } | undefined): string {
    if (kept === undefined) return " here";
    const line = outputLines(this.#head).length;
    const all = this.#head.length + this.#omitted + this.#tail.length;
    const isWhole = kept.characters === all;
    const part = `; the first ${kept.characters.toLocaleString("en")} characters of all are kept`;
    return `: read output:${this.#context.toolCallId} from line ${line}${isWhole ? "" : part}`;
  }

  #trim(): void {
    const tail = truncateStart(this.#tail, outputBounds.tailCharacters);
    this.#omitted += this.#tail.length - tail.length;
    this.#tail = tail;
  }
}
