/** What the settings have of engines, changed as a request says. */
import { defined } from "../../shared/defined";
import type { EngineSettings } from "../../shared/protocol";
import type { EngineChanges } from "../../shared/requests";

/** `null` removes; what is absent stays, the variables and folders of an agent too. */
export function changedEngines(before: EngineSettings, changes: EngineChanges): EngineSettings {
  const own = Object.entries(changes.own ?? {}).map(([id, agent]) => {
    if (agent === null) return [id, null] as const;
    const { name, command, environment = {} } = agent;
    const variables = merged(before.own[id]?.environment ?? {}, environment);
    const writable = agent.writable ?? before.own[id]?.writable;
    return [id, { name, command, environment: variables, ...defined({ writable }) }] as const;
  });
  return {
    paths: merged(before.paths, changes.paths ?? {}),
    own: merged(before.own, Object.fromEntries(own)),
  };
}

function merged<Value>(
  before: Record<string, Value>,
  changes: Record<string, Value | null>,
): Record<string, Value> {
  const all = Object.entries({ ...before, ...changes });
  return Object.fromEntries(all.filter((one): one is [string, Value] => one[1] !== null));
}
