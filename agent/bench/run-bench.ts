/** `bun run bench [name…]`: the figures of the README, each beside its aim. */
import { availableParallelism, loadavg, release } from "node:os";
import { benchBinary } from "./binary-bench";
import { benchCost } from "./cost-bench";
import { benchDayTotals } from "./day-totals-bench";
import { benchProcesses } from "./jobs-bench";
import { benchLatency } from "./latency-bench";
import { benchLoad } from "./load-bench";
import { benchMentions } from "./mentions-bench";
import { benchPage } from "./page-bench";
import { benchReady } from "./ready-bench";
import { benchRecover } from "./recover-bench";
import { benchRelay } from "./relay-bench";
import { benchReopen } from "./reopen-bench";
import { benchRows } from "./rows-bench";
import { benchSearch } from "./search-bench";
import { benchSandbox } from "./sandbox-bench";
import { benchSnapshot } from "./snapshot-bench";
import { benchMemory, benchSize, benchStart } from "./start-bench";
import { benchApiStop, benchEscape, benchFlood } from "./stop-bench";
import { benchTerminal } from "./terminal-bench";
import { benchViewers } from "./viewers-bench";

const benches: Record<string, () => void | Promise<void>> = {
  stop: benchApiStop,
  latency: benchLatency,
  flood: benchFlood,
  escape: benchEscape,
  page: benchPage,
  terminal: benchTerminal,
  start: benchStart,
  ready: benchReady,
  binary: benchBinary,
  memory: benchMemory,
  size: benchSize,
  processes: benchProcesses,
  sandbox: benchSandbox,
  snapshot: benchSnapshot,
  viewers: benchViewers,
  load: benchLoad,
  relay: benchRelay,
  rows: benchRows,
  reopen: benchReopen,
  recover: benchRecover,
  day: benchDayTotals,
  cost: benchCost,
  mentions: benchMentions,
  search: benchSearch,
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(
    `No bench named ${unknown.join(", ")}. There are: ${Object.keys(benches).join(", ")}.`,
  );
  process.exit(1);
}
console.log(
  `Bun ${Bun.version}, ${process.platform} ${release()}, ${availableParallelism()} cores`,
);
for (const [name, bench] of Object.entries(benches)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`\n${name}, at a load of ${loadavg()[0]!.toFixed(1)}`);
  await bench();
}
