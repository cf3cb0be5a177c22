/** What becomes of the runs when the terminal face exits: said before it does, and in the shell once it has. */
import type { Client } from "../client/state/client";
import type { SessionSummary } from "../shared/protocol";
import { visibleString } from "../shared/visible-text";

/** Before: "stops “Fix the test” · “Look around” and 2 more keep running"; empty when nothing runs. */
export function exitWords(client: Client): string {
  const { ending, going } = runsAtExit(client);
  return [
    ...(ending.length > 0 ? [`stops ${titlesOf(ending)}`] : []),
    ...(going.length > 0
      ? [`${titlesOf(going)} ${going.length > 1 ? "keep" : "keeps"} running`]
      : []),
  ].join(" · ");
}

/** Once it has: each run by itself, and how one that goes on is stopped. */
export function exitLines(client: Client): string[] {
  const { ending, going } = runsAtExit(client);
  return [
    ...ending.map((run) => `Stopped with this terminal, as you chose: ${titleOf(run)}.`),
    ...going.map((run) => `${titleOf(run)} keeps running. To stop it: rein stop ${run.id}`),
  ];
}

function runsAtExit({ list, endingWithWindow }: Client) {
  const endingIds = new Set(endingWithWindow());
  const running = list.sorted().filter(({ state }) => state !== "idle");
  return {
    ending: running.filter(({ id }) => endingIds.has(id)),
    going: running.filter(({ id }) => !endingIds.has(id)),
  };
}

function titlesOf([first, ...others]: readonly SessionSummary[]): string {
  if (first === undefined) return "";
  return others.length > 0 ? `${titleOf(first)} and ${others.length} more` : titleOf(first);
}

function titleOf({ title }: SessionSummary): string {
  return `“${visibleString(title || "Untitled").replaceAll("\n", " ")}”`;
}
