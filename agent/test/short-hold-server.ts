/** Rein's server, which pauses its runs when the shared database has been gone for two seconds. */
import { holdTimes } from "../server/cluster/hold-runs";
import { runServer } from "../server/run-server";

holdTimes.afterMs = 2000;
await runServer(process.argv.slice(2));
