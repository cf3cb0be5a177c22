/** Against the supervisor, by limits: it is refused files, memory or time. */
import { type Adversary, ignoreSignals, sleepWith } from "./adversary";

const limited = (limits: string, cookie: string): string =>
  `${ignoreSignals}; prlimit --pid $PPID ${limits} || echo "limits are refused" >&2; echo ready; ${sleepWith(cookie)}; :`;

/** As little of the processor as the system gives, behind others on the same one. */
const last = `renice -n 19 -p $PPID; chrt --all-tasks --idle --pid 0 $PPID; taskset --all-tasks -p 1 $PPID; echo 1000 >/proc/$PPID/oom_score_adj`;

const attacks: Adversary[] = [
  { name: "no further file for the supervisor", script: (c) => limited("--nofile=4:4", c) },
  {
    name: "no further memory for the supervisor",
    script: (c) => limited("--as=4096:4096 --data=4096:4096 --stack=4096:4096", c),
  },
  { name: "no processor time for the supervisor", script: (c) => limited("--cpu=0:0", c) },
  {
    name: "the lowest priority for the supervisor",
    script: (c) =>
      `${ignoreSignals}; { ${last}; } >/dev/null 2>&1; for i in 1 2 3 4; do taskset 1 timeout 200 bash -c "while :; do :; done" ${c} & done; echo ready; wait`,
  },
];

export const supervisorLimits = attacks.map((one): Adversary => ({ ...one, tampers: true }));
