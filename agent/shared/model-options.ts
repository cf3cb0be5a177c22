/** Which of the chosen options a model takes, and in words which it does not: what it would refuse is never sent. */
import { defined } from "./defined";
import type { AllowedOptions, Effort, ModelOptions } from "./protocol";
import { languageId, t } from "./translation";

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
      t("This model writes at most {count} tokens: so many are asked for.", {
        count: most.toLocaleString(languageId()),
      }),
    );
  const hasTier = serviceTier !== undefined && allows.serviceTiers.includes(serviceTier);
  if (serviceTier !== undefined && !hasTier)
    notes.push(
      t("The service tier “{tier}” is not offered for this model: it is not sent.", {
        tier: serviceTier,
      }),
    );
  const options = defined({
    effort: isTaken ? effort : undefined,
    temperature: sentTemperature,
    maxOutputTokens: maxOutputTokens && Math.min(maxOutputTokens, most),
    serviceTier: hasTier ? serviceTier : undefined,
  });
  return { options, notes };
}

function effortNote(effort: Effort, efforts: Effort[]): string {
  if (efforts.length === 0) return t("The effort of this model cannot be chosen: none is sent.");
  if (effort === "off")
    return t("The thinking of this model cannot be turned off: its usual effort is used.");
  return t("This model has no effort “{effort}” (only {efforts}): its usual one is used.", {
    effort,
    efforts: efforts.join(", "),
  });
}

function takenTemperature(
  temperature: number | undefined,
  effort: Effort | undefined,
  { maxTemperature, temperatureNeedsOff }: AllowedOptions,
  notes: string[],
): number | undefined {
  if (temperature === undefined) return undefined;
  if (maxTemperature === undefined) {
    notes.push(t("This model takes no temperature: none is sent."));
    return undefined;
  }
  if (temperatureNeedsOff && effort !== "off") {
    notes.push(t("This model takes a temperature only with the effort “off”: none is sent."));
    return undefined;
  }
  if (temperature > maxTemperature)
    notes.push(
      t("The highest temperature of this model is {temperature}: that is sent.", {
        temperature: maxTemperature,
      }),
    );
  return Math.min(temperature, maxTemperature);
}
