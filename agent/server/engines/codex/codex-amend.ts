/** What an interrupted turn has lost of what a person had seen, as items of Codex's own history. */
import { truncateStart } from "../../../shared/truncate";
import type { CutTurn } from "../engine";

const maxText = 20_000;
const maxOutput = 2_000;
const maxCalls = 20;

/** Codex keeps neither the text that was cut nor the output of cut calls, and says that commands may still run. */
export function amendItems({ text, calls }: CutTurn): object[] {
  const items: object[] = [];
  if (text.trim() !== "") {
    const shown = `${truncateStart(text, maxText).trimEnd()}\n[interrupted by user]`;
    const content = [{ type: "output_text", text: shown }];
    items.push({ type: "message", role: "assistant", content });
  }
  const outputs = calls.filter(({ output }) => output.trim() !== "").slice(-maxCalls);
  if (outputs.length > 0) {
    const told = outputs.map(
      ({ name, subject, output }) =>
        `Output of ${name} (${subject}) until it was interrupted:\n${truncateStart(output, maxOutput)}`,
    );
    const content = [{ type: "input_text", text: `[Note from the harness]\n${told.join("\n\n")}` }];
    items.push({ type: "message", role: "developer", content });
  }
  return items;
}
