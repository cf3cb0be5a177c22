/** The table of all adversaries: 21 known ways to escape a kill, and 62 ways to fight back. */
import type { Adversary } from "./adversary";
import { cgroupMoves } from "./cgroup-moves";
import { confined } from "./confined";
import { disguises } from "./disguises";
import { escapes } from "./escapes";
import { processTrees } from "./process-trees";
import { respawners } from "./respawners";
import { supervisorLimits } from "./supervisor-limits";
import { supervisorSignals } from "./supervisor-signals";
import { supervisorTracers } from "./supervisor-tracers";
import { unresponsive } from "./unresponsive";

export const adversaries: Adversary[] = [
  ...escapes,
  ...supervisorSignals,
  ...supervisorTracers,
  ...supervisorLimits,
  ...processTrees,
  ...respawners,
  ...disguises,
  ...unresponsive,
  ...confined,
  ...cgroupMoves,
];
