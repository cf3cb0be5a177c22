/** The limits of commands as they are shown and changed: each with its words, its unit, and what holds now. */
import type {
  CommandsAnswer,
  JobLimitKinds,
  JobLimitSettings,
  LimitChoice,
} from "../../shared/protocol";
import { memoryAmount } from "../../shared/limit-hit-words";
import { inWords } from "../../shared/sentences";
import { languageId, t, tn } from "../../shared/translation";

const gigabyte = 1024 ** 3;

export interface JobLimitField {
  id: keyof JobLimitSettings;
  kind: keyof JobLimitKinds;
  name: string;
  /** Of the amount. */
  label: string;
  /** How many of the setting's own units one of the field is. */
  unit: number;
}

export const jobLimitFields: readonly JobLimitField[] = [
  {
    id: "jobMemory",
    kind: "memory",
    unit: gigabyte,
    get name() {
      return t("Memory of a command");
    },
    get label() {
      return t("Memory of a command, in GB");
    },
  },
  {
    id: "jobProcesses",
    kind: "processes",
    unit: 1,
    get name() {
      return t("Processes of a command");
    },
    get label() {
      return t("How many processes a command may have");
    },
  },
  {
    id: "jobCpus",
    kind: "cpu",
    unit: 1,
    get name() {
      return t("Processors of a command");
    },
    get label() {
      return t("How many processors a command may use");
    },
  },
];

/** "own": an amount that a person has entered. */
export function choiceOf(choice: LimitChoice): "auto" | "none" | "own" {
  return typeof choice === "number" ? "own" : choice;
}

export function amountOf(choice: LimitChoice, { unit }: JobLimitField): number | undefined {
  return typeof choice === "number" ? Math.round((choice / unit) * 1000) / 1000 : undefined;
}

/** What holds now, and why not all of it does. */
export function jobLimitWords({ limits }: CommandsAnswer): string {
  const { each, all, said } = limits;
  const lack = said === undefined ? limits.lack : inWords(said.lack);
  const { memoryBytes, processes, cpus } = each;
  const held = [
    memoryBytes !== undefined && t("{amount} of memory", { amount: memoryAmount(memoryBytes) }),
    processes !== undefined && tn(processes, "{count} process", "{count} processes"),
    cpus !== undefined && t("{count} processors", { count: cpus.toLocaleString(languageId()) }),
  ].filter((piece) => piece !== false);
  return [
    held.length === 0
      ? lack === undefined && t("A command may use all that the machine has.")
      : t("A command that needs more than it may use ends alone: at most {limits}.", {
          limits: held.join(", "),
        }),
    all?.memoryBytes !== undefined &&
      t("All commands together: {amount} of memory, so that the server keeps its own.", {
        amount: memoryAmount(all.memoryBytes),
      }),
    lack !== undefined &&
      (Object.values(limits.enforced).includes(true)
        ? t("Not everything can be limited here: {reason}.", { reason: lack })
        : t("Nothing limits what a command may use: {reason}.", { reason: lack })),
  ]
    .filter((piece) => piece !== false)
    .join(" ");
}
