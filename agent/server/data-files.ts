/** What the data directory holds, by name. */
import { join } from "node:path";
import type { Config } from "./config/config";
import { SettingsFile } from "./config/settings-file";
import { openMcpAnswers } from "./mcp/kept-answers";
import { McpSignIns } from "./mcp/mcp-sign-ins";
import { PushFile } from "./push/push-file";
import { RulesFile } from "./rules/rules-file";
import { SchedulesFile } from "./schedules/schedules-file";
import { Store } from "./store/store";
import { openDefinitionAnswers } from "./trust/definition-answers";

/** The database and the files of choices, opened; a file that is not there is empty. Throws an Error that says what to change. */
export function openDataFiles({
  dataDir,
  commands,
  titles,
}: Pick<Config, "dataDir" | "commands" | "titles">) {
  return {
    store: new Store(join(dataDir, "rein.db")),
    settings: new SettingsFile(join(dataDir, "settings.json"), commands, titles),
    schedulesFile: new SchedulesFile(join(dataDir, "schedules.json")),
    pushFile: new PushFile(join(dataDir, "push.json")),
    rules: new RulesFile(join(dataDir, "rules.json")),
    mcpAnswers: openMcpAnswers(join(dataDir, "mcp-answers.json")),
    mcpSignIns: new McpSignIns(join(dataDir, "mcp-sign-ins.json")),
    projectAnswers: openDefinitionAnswers(join(dataDir, "project-answers.json")),
  };
}

/** Directories with one entry for each session, which goes with it. */
export function sessionPaths(dataDir: string) {
  return {
    engineHomes: join(dataDir, "engines"),
    processOutputs: join(dataDir, "processes"),
    shellStates: join(dataDir, "shells"),
    callOutputs: join(dataDir, "outputs"),
  };
}
