/** Which of the chosen options a model takes, and in words which it does not: what it would refuse is never sent. */
import { defined } from "./defined";
import type { AllowedOptions, Effort, ModelOptions } from "./protocol";

/** What is sent, and a sentence for each choice that is changed or left out. Nothing known of the model: all of it is sent. */
export interface TakenOptions {
  options: ModelOptions;
  /** For people. Empty when all of it is sent as chosen. */
  notes: string[];
}

export function takenOptions(
  chosen: ModelOptions,
  allows: AllowedOptions | undefined,
): TakenOptions {
  if (allows === undefined) return { options: chosen, notes: [] };
  const { effort, temperature, maxOutputTokens, serviceTier } = chosen;
  const notes: string[] = [];
  const isTaken = effort !== undefined && allows.efforts.includes(effort);
  if (effort !== undefined && !isTaken) notes.push(effortNote(effort, allows.efforts));
  const sentTemperature = takenTemperature(
    temperature,
    isTaken ? effort : undefined,
    allows,
    notes,
  );
  const most = allows.maxOutputTokens ?? Infinity;
  if ((maxOutputTokens ?? 0) > most)
    notes.push(
      `This model writes at most ${most.toLocaleString("en")} tokens: so many are asked for.`,
    );
  const hasTier = serviceTier !== undefined && allows.serviceTiers.includes(serviceTier);
  if (serviceTier !== undefined && !hasTier)
    notes.push(`The service tier “${serviceTier}” is not offered for this model: it is not sent.`);
  const options = defined({
    effort: isTaken ? effort : undefined,
    temperature: sentTemperature,
    maxOutputTokens: maxOutputTokens && Math.min(maxOutputTokens, most),
    serviceTier: hasTier ? serviceTier : undefined,
  });
  return { options, notes };
}

function effortNote(effort: Effort, efforts: Effort[]): string {
  if (efforts.length === 0) return "The effort of this model cannot be chosen: none is sent.";
  if (effort === "off")
    return "The thinking of this model cannot be turned off: its usual effort is used.";
  return `This model has no effort “${effort}” (only ${efforts.join(", ")}): its usual one is used.`;
}

function takenTemperature(
  temperature: number | undefined,
  effort: Effort | undefined,
  { maxTemperature, temperatureNeedsOff }: AllowedOptions,
  notes: string[],
): number | undefined {
  if (temperature === undefined) return undefined;
  if (maxTemperature === undefined) {
    notes.push("This model takes no temperature: none is sent.");
    return undefined;
  }
  if (temperatureNeedsOff && effort !== "off") {
    notes.push("This model takes a temperature only with the effort “off”: none is sent.");
    return undefined;
  }
  if (temperature > maxTemperature)
    notes.push(`The highest temperature of this model is ${maxTemperature}: that is sent.`);
  return Math.min(temperature, maxTemperature);
}
