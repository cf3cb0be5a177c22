/** How Codex is started: asking for everything, with the gate in the place of the service and its key, and quiet. */
import type { EngineRequest } from "../engine";
import { upwards } from "../engine-home";

/** The token's variable. Commands do not get it. */
const tokenName = "REIN_GATE_TOKEN";

/**
 * - `unified_exec_tty`: Codex does not ask about what the model types into a terminal (seen with 0.171.0: an allowed `bash`
 *   then ran anything). Without terminals the input of a command is closed.
 * - `goals`: Codex goes on by itself, turn after turn. Here the user's message begins a turn.
 * - `instant_interrupt`: a message that is given to the turn cuts the answer under way, which Codex then forgets.
 * - `code_mode_prewarm`: the program in which newer models call their tools runs before the first call, so that it is known
 *   as Codex's own.
 * - `agents.interrupt_message`: a message of Codex's that the turn was stopped, and that its commands may still run, would
 *   stand between what was reasoned and the answer that is added to its history.
 * - `web_search`: Codex does not ask about a search of the service.
 * - `view_image`: nor about a picture, wherever it is, which the service then gets (seen with 0.171.0).
 * - `request_user_input`: a question with options, for which the page has no form. The model asks in its answer.
 */
const always = {
  "features.unified_exec_tty": "false",
  "features.goals": "false",
  "features.instant_interrupt": "false",
  "features.code_mode_prewarm": "true",
  suppress_unstable_features_warning: "true",
  "features.view_image": "false",
  "tools.experimental_request_user_input.enabled": "false",
  "tools.update_plan.enabled": "true",
  "agents.interrupt_message": "false",
  web_search: '"disabled"',
  "analytics.enabled": "false",
  check_for_update_on_startup: "false",
};

/** In a home of Rein's own there are none of a person: a command can have put them there. */
const withoutOwn = {
  "features.hooks": "false",
  "features.plugins": "false",
  "features.apps": "false",
  "features.skill_mcp_dependency_install": "false",
};
/** In Rein's home for it: removed at each start. */
export const setUps = [
  ..."config.toml rules hooks.json .env AGENTS.md AGENTS.override.md".split(" "),
  ..."skills prompts plugins agents auth.json".split(" "),
];

/** The command line. It has no token: every user of the machine can read it. */
export function codexCommand(
  path: string,
  { gate, cwd }: Pick<EngineRequest, "gate" | "cwd">,
): string[] {
  const throughGate = gate && {
    ...withoutOwn,
    model_provider: '"rein"',
    "model_providers.rein": `{name="Rein",base_url=${JSON.stringify(gate.url)},wire_api="responses",env_key="${tokenName}",supports_websockets=false}`,
    "shell_environment_policy.exclude": `["${tokenName}","GIT_DIR"]`,
  };
  const settings = Object.entries({ ...always, ...distrust(cwd), ...throughGate });
  return [path, "app-server", ...settings.flatMap(([key, value]) => ["-c", `${key}=${value}`])];
}

/**
 * Nothing of the directory sets Codex up: a `.codex` in it has servers that are started, and rules that allow commands
 * before Rein is asked (seen with 0.171.0, for a directory that it has never met). It looks in those above, too.
 */
function distrust(cwd: string): Record<string, string> {
  const projects = upwards(cwd).map((path) => `${JSON.stringify(path)}={trust_level="untrusted"}`);
  return { projects: `{${projects.join(",")}}` };
}

/** What is added to the environment of a job. */
export function codexEnvironment({ gate, home }: EngineRequest): Record<string, string> {
  return {
    // Its own git finds no repository, whose configuration names programs that `git status` runs (seen with 0.171.0).
    ...(gate && { [tokenName]: gate.token, GIT_DIR: "/dev/null" }),
    ...(home !== undefined && { CODEX_HOME: home }),
  };
}

/**
 * Codex asks before every command and every patch, and runs what was allowed as Rein's job. Its own sandbox is off. Tried
 * with 0.171.0: inside of Rein's it runs no command at all (bwrap: No permissions to create new namespace); without
 * Rein's it refuses what a person has just allowed (no network, nothing outside of the directory), or asks a second time.
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
