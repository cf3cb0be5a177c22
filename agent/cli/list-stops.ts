/** `rein stops`: the history of stops. */
import { duration } from "../client/state/format";
import { stopWords } from "../client/state/outcome-labels";
import { plural } from "../shared/plural";
import type { StopRecord } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { ellipsized } from "../shared/truncate";
import { answerMs, type Call, CommandFailed } from "./command";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

export async function printStops(call: Call): Promise<number> {
  const connection = await call.find("terminal");
  if (connection === undefined)
    throw new CommandFailed(
      "No server runs, and only it can list the stops. “rein web” starts it, as each message does.",
    );
  const answer = await connection.rein.stops("", AbortSignal.timeout(answerMs));
  const stops = answer.stops.toSorted((a, b) => b.stop.askedAt - a.stop.askedAt);
  if (call.has("json")) await writeOutput(jsonLine({ stops }));
  else if (stops.length === 0) await writeOutput("Nothing has been stopped yet.\n");
  else await writeOutput(`${stopRows(stops)}\n`);
  return 0;
}

function stopRows(stops: StopRecord[]): string {
  return textTable(
    ["WHEN", "SETTLED IN", "ENDED", "WHY", "SESSION", "DURING"],
    stops.map((record) => [
      new Date(record.stop.askedAt).toLocaleString("sv"),
      record.settledMs === undefined ? "unknown" : duration(record.settledMs),
      endedWords(record),
      stopWords(record.stop),
      ellipsized(terminalLine(record.title), 40),
      ellipsized(terminalLine(record.during ?? ""), 60),
    ]),
  );
}

function endedWords({ processesEnded, survivors }: StopRecord): string {
  const ended = plural(processesEnded, "process", "processes");
  return survivors.length === 0 ? ended : `${ended}, ${survivors.length} may still run`;
}
