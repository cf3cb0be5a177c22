/** The commands and skills that can be typed now. */
import type { Definition } from "../../shared/protocol";

/** By name; of a command and a skill with one name, the command. */
export function callableDefinitions(definitions: readonly Definition[]): Definition[] {
  const byName = new Map<string, Definition>();
  for (const kind of ["command", "skill"])
    for (const one of definitions)
      if (one.kind === kind && one.standing === "on" && !one.forModelOnly && !byName.has(one.name))
        byName.set(one.name, one);
  return [...byName.values()];
}
