/** What an interrupted turn has lost of what a person had seen, as items of Codex's own history. */
import { inWords, quotationRule, quoted } from "../../../shared/quotation";
import { truncateStart } from "../../../shared/truncate";
import type { CutTurn } from "../engine";

const maxText = 20_000;
const maxOutput = 2_000;
const maxCalls = 20;

/**
 * Codex keeps neither the text that was cut nor the output of cut calls. What it has reasoned it keeps, and a service refuses
 * reasoning that no answer follows: so there is one, though nothing of it was written.
 */
export function amendItems({ text, calls }: CutTurn): object[] {
  const shown = `${truncateStart(text, maxText).trimEnd()}\n[interrupted by user]`.trimStart();
  const answer = [{ type: "output_text", text: shown }];
  const items: object[] = [{ type: "message", role: "assistant", content: answer }];
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
