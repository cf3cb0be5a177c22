/** How Codex is started: asking for everything, with the gate in the place of the service and its key, and quiet. */
import type { EngineRequest } from "../engine";

/** The token's variable. Commands do not get it. */
const tokenName = "REIN_GATE_TOKEN";

/**
 * - `unified_exec_tty`: what the model types into a terminal is asked about by nobody (seen with 0.171.0: an allowed `bash`
 *   then ran anything). Without terminals the input of a command is closed.
 * - `goals`: Codex goes on by itself, turn after turn. Here the user's message begins a turn.
 * - The search of the service is asked about by nobody.
 */
const always = {
  "features.unified_exec_tty": "false",
  "features.goals": "false",
  "tools.update_plan.enabled": "true",
  web_search: '"disabled"',
  "analytics.enabled": "false",
  check_for_update_on_startup: "false",
};

export function codexCommand(path: string, { gate }: EngineRequest): string[] {
  const throughGate = gate && {
    model_provider: '"rein"',
    "model_providers.rein": `{name="Rein",base_url=${JSON.stringify(gate.url)},wire_api="responses",env_key="${tokenName}",supports_websockets=false}`,
    "shell_environment_policy.exclude": `["${tokenName}"]`,
  };
  const settings = Object.entries({ ...always, ...throughGate });
  return [path, "app-server", ...settings.flatMap(([key, value]) => ["-c", `${key}=${value}`])];
}

export function codexEnvironment({ gate, home }: EngineRequest): Record<string, string> {
  return {
    ...(gate && { [tokenName]: gate.token }),
    ...(home !== undefined && { CODEX_HOME: home }),
  };
}

/**
 * Codex asks before every command and every patch, and runs what was allowed as Rein's job: its own sandbox would refuse
 * what a person has just allowed (no network, nothing outside of the directory), or ask a second time; and Rein's holds for
 * Codex too.
 */
export function threadSetting({ cwd, model }: EngineRequest): object {
  return {
    cwd,
    ...(model !== "" && { model }),
    approvalPolicy: "untrusted",
    approvalsReviewer: "user",
    sandbox: "danger-full-access",
  };
}
