/** What can be chosen for a model besides its name. */
import { type AllowedOptions, type Effort, efforts } from "../../shared/protocol";
import { lazyWords, t } from "../../shared/translation";

/** Of a model of which nothing is known. */
export const allOptions: AllowedOptions = {
  efforts: [...efforts],
  maxTemperature: 2,
  serviceTiers: [],
};

const effortWords = lazyWords<Effort>({
  off: () => t("Off"),
  low: () => t("Low"),
  medium: () => t("Medium"),
  high: () => t("High"),
});

export function effortChoices(
  allows: Pick<AllowedOptions, "efforts">,
): { id: Effort | "default"; name: string }[] {
  const named = allows.efforts.map((effort) => ({ id: effort, name: effortWords[effort] }));
  return [{ id: "default", name: t("Default") }, ...named];
}
