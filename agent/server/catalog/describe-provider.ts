/** What is told of a provider: whether it can be used now, and if not, why. */
import { defined } from "../../shared/defined";
import type { ProviderInfo } from "../../shared/protocol";
import type { Provider } from "../providers/provider";
import type { LookUp } from "./model-look-ups";
import type { ProviderProblem } from "./provider-problem";
import type { ProviderEntry, ProviderSetUp } from "./provider-set-up";

/**
 * A model can be used by its name though its list fails, but not without a key or an address. `refusal`: why its service
 * refused the key at the last chat.
 */
export function describeProvider(
  entry: ProviderEntry,
  setUp: ProviderSetUp,
  { models, problem: listProblem }: LookUp,
  { refusal, statesCost }: Pick<Provider, "statesCost"> & { refusal: ProviderProblem | undefined },
): Omit<ProviderInfo, "models"> {
  const missing = setUp.missing(entry);
  // A list may be public where a chat needs the key.
  const problem = missing ?? refusal ?? listProblem;
  // A server on this machine whose address was not entered, and that does not answer.
  const isSilent = listProblem !== undefined && listProblem.state !== "empty";
  const isAbsent = entry.local && models.length === 0 && isSilent && !setUp.entered(entry);
  return defined({
    id: entry.id,
    name: entry.name,
    ready: missing === undefined && !isAbsent,
    state: isAbsent ? "absent" : (problem?.state ?? "ready"),
    reason: problem?.reason,
    key: entry.form && setUp.keySource(entry),
    isStored: setUp.isStored(entry) || undefined,
    keyPage: entry.keyPage,
    runs: runsOf(entry),
    baseUrl: setUp.config(entry).baseUrl,
    statesCost: statesCost || undefined,
  });
}

function runsOf({ local, needsBaseUrl }: ProviderEntry): ProviderInfo["runs"] {
  if (local) return "here";
  return needsBaseUrl ? "anywhere" : undefined;
}
