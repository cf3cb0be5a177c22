/** Where the settings are that can mend the failure of a run. */
import type { Run } from "../../shared/protocol";
import type { Panel } from "./client";

const settingsCodes = new Set(["authentication", "not-configured", "unreachable"]);
const engineCodes = new Set(["engine-missing", "engine-unusable"]);

/** Undefined when no setting can mend it, or it has not failed. */
export function settingsOf({ outcome, error }: Run): Panel | undefined {
  if (outcome !== "failed" || error === undefined) return undefined;
  if (engineCodes.has(error.code)) return "engines";
  return settingsCodes.has(error.code) ? "settings" : undefined;
}
