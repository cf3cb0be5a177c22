/** `rein nodes`: the machines of a cluster, and the database that they share. */
import type { ClusterAnswer, ClusterNode } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { answerMs, type Call } from "./command";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

/** Resolves with 1 when a machine or the database is away. */
export async function printNodes(call: Call): Promise<number> {
  const { rein } = await call.connect("terminal");
  const answer = await rein.cluster(AbortSignal.timeout(answerMs));
  if (call.has("json")) await writeOutput(jsonLine(answer));
  else await writeOutput(`${linesOf(answer).join("\n")}\n`);
  const isAway = answer.nodes.some(({ state }) => state === "away");
  return isAway || answer.database?.state === "gone" ? 1 : 0;
}

function linesOf({ nodes, database }: ClusterAnswer): string[] {
  if (nodes.length === 0) return ["This server works alone."];
  const table = textTable(
    ["MACHINE", "STATE", "SESSIONS", "AT WORK", "VERSION", "ADDRESS"],
    nodes.map((node) => [
      terminalLine(node.name),
      node.state,
      String(node.sessions),
      String(node.running),
      terminalLine(node.version),
      terminalLine(node.address),
    ]),
  );
  return [table, ...nodes.flatMap(reasonOf), ...databaseLines(database)];
}

function reasonOf({ name, reason }: ClusterNode): string[] {
  return reason === undefined ? [] : [`${terminalLine(name)}: ${terminalLine(reason)}`];
}

function databaseLines(database: ClusterAnswer["database"]): string[] {
  if (database?.state !== "gone") return [];
  const words = "The shared database does not answer: what happens is on each machine’s own disk.";
  return [`${words} ${terminalLine(database.reason ?? "")}`.trim()];
}
