/** What can be chosen for a model besides its name. */
import { type AllowedOptions, type Effort, efforts } from "../../shared/protocol";

/** Of a model of which nothing is known. */
export const allOptions: AllowedOptions = {
  efforts: [...efforts],
  maxTemperature: 2,
  serviceTiers: [],
};

const effortWords: Record<Effort, string> = {
  off: "Off",
  low: "Low",
  medium: "Medium",
  high: "High",
};

export function effortChoices(
  allows: Pick<AllowedOptions, "efforts">,
): { id: Effort | "default"; name: string }[] {
  const named = allows.efforts.map((effort) => ({ id: effort, name: effortWords[effort] }));
  return [{ id: "default", name: "Default" }, ...named];
}
