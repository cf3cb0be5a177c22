/** Against the cgroup: processes that leave it, nest in it, or freeze themselves. */
import { type Adversary, sleepWith } from "./adversary";

/** `$own` is the cgroup of the job, or of the server where a job has none. */
const find = `mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts); own=$mount$(sed -n 's/^0:://p' /proc/self/cgroup); own=\${own%/}; above=$own; [ "$own" = "$mount" ] || above=\${own%/*}`;
const lack = `{ echo "lacks a writable cgroup"; exit; }`;

/** Bash: enters a new cgroup, whose name the sweep knows and removes. */
const enter = (directory: string): string =>
  `${find}; new=${directory}; mkdir -p "$new" 2>/dev/null && [ -e "$new/cgroup.procs" ] && (echo $BASHPID >"$new/cgroup.procs") 2>/dev/null || ${lack}`;

export const escapedName = (cookie: string): string => `escaped-${cookie}`;

export const cgroupMoves: Adversary[] = [
  {
    name: "a process that moves to another cgroup",
    script: (c) =>
      `${enter(`"$above/${escapedName(c)}"`)}; setsid bash -c "echo \\$\\$ >$new/cgroup.procs; echo ready; exec ${sleepWith(c)}" & wait`,
  },
  {
    name: "a process in nested cgroups",
    script: (c) =>
      `${enter(`"$own/${escapedName(c)}/inner"`)}; setsid bash -c "echo \\$\\$ >$new/cgroup.procs; echo ready; exec ${sleepWith(c)}" & wait`,
  },
  {
    name: "an older freezer that holds a process and the supervisor",
    tampers: true,
    script: (c) =>
      `new=/sys/fs/cgroup/freezer/${escapedName(c)}; mkdir "$new" 2>/dev/null || { echo "lacks a writable freezer (cgroup v1)"; exit; }; setsid ${sleepWith(c)} & for pid in $! $PPID; do echo $pid >"$new/tasks"; done; echo FROZEN >"$new/freezer.state"; until grep -q FROZEN "$new/freezer.state"; do :; done; echo ready; wait`,
  },
  {
    name: "a process that freezes its cgroup, with the supervisor in it",
    tampers: true,
    script: (c) =>
      `${enter(`"$own/${escapedName(c)}"`)}; echo $PPID >"$new/cgroup.procs"; setsid bash -c "echo \\$\\$ >$new/cgroup.procs; exec ${sleepWith(c)}" & until grep -q "^$!$" "$new/cgroup.procs"; do :; done; echo 1 >"$new/cgroup.freeze"; echo ready; wait`,
  },
];
