/** What an interrupted turn has lost of what a person had seen, as items of Codex's own history. */
import { inWords, quotationRule, quoted } from "../../../shared/quotation";
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
    const told = outputs.flatMap(({ name, subject, output }) =>
      quoted(`Output of ${inWords(`${name} ${subject}`)} until it was cut`, output, maxOutput),
    );
    const words = [`[Note from the harness. ${quotationRule}]`, ...told].join("\n\n");
    const content = [{ type: "input_text", text: words }];
    items.push({ type: "message", role: "developer", content });
  }
  return items;
}
