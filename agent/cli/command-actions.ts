/** Commands of several actions, as in `rein memory keep ID`: the first word names one, without it the list is meant. */
import { terminalLine } from "../shared/terminal-safe";
import { type Call, UsageError } from "./command";

export interface Action {
  /** What follows its name. */
  usage: string;
  /** How many words it takes; at most 1000 unless `most` says less. */
  least: number;
  most?: number;
  /** Resolves with the exit code. */
  run: (call: Call, words: string[]) => Promise<number>;
}

/** The first is the one without a name. */
export type Actions = readonly [name: string, action: Action][];

export const mostWords = 1000;

/** "[list] [--json] | add TEXT | …" */
export function usageOf(actions: Actions): string {
  return actions
    .map(([name, { usage }], at) => `${at === 0 ? `[${name}]` : name} ${usage}`.trimEnd())
    .join(" | ");
}

/** Throws UsageError for a word that names none, and for too few or too many words. */
export function runAction(title: string, actions: Actions, call: Call): Promise<number> {
  const [named = actions[0]?.[0], ...words] = call.positionals;
  const action = actions.find(([name]) => name === named)?.[1];
  if (action === undefined)
    throw new UsageError(
      `“${title}” has no “${terminalLine(named ?? "")}”. It takes ${usageOf(actions)}.`,
    );
  const { usage, least, most = mostWords } = action;
  if (words.length < least || words.length > most)
    throw new UsageError(`Write it as: ${`${title} ${named} ${usage}`.trimEnd()}`);
  return action.run(call, words);
}
