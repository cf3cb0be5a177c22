/** How this server gets limits for its jobs: by whatever starts it, which can delegate a cgroup to it. */
import { existsSync } from "node:fs";
import type { Sentence } from "../../../shared/protocol";
import { sentence } from "../../../shared/sentences";
import { isContainer } from "../container";

/** A string is a command, the same in every language. */
export function adviceForLimits(): Sentence | string {
  if (isContainer())
    return sentence(
      "Start the container with a cgroup of its own that can be written (Docker 28: --cgroupns=private --security-opt writable-cgroups=true)",
    );
  if (!existsSync("/run/systemd/system"))
    return sentence(
      "Start Rein where it has a cgroup (version 2) of its own with the controllers cpu, memory and pids",
    );
  return process.getuid?.() === 0
    ? "systemd-run --scope -p Delegate=yes rein serve"
    : "systemd-run --user --scope -p Delegate=yes rein serve";
}

/** For a person whose server was started by that of all people. */
export const adviceBehindFront = sentence(
  "Your server gets limits from the one that has started it: whoever runs that one has to start it with a cgroup of its own (its “rein doctor” says how)",
);
