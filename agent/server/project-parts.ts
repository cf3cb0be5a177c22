/** The parts that read what a project brings, and what a person says of it. */
import { join } from "node:path";
import type { ServerConfig } from "./server";
import type { openDataFiles } from "./data-files";
import { Definitions } from "./definitions/definitions";
import { LanguageServers } from "./lsp/language-servers";
import { McpConfiguration } from "./mcp/mcp-configuration";
import { ProjectMemory } from "./memory/project-memory";
import type { Jobs } from "./processes/jobs";
import { PersonalInstructions } from "./projects/personal-instructions";
import { ProjectSettingsFile } from "./projects/project-settings";
import { ownPaths } from "./rules/self-executing";
import { whyUnreadable } from "./rules/why-unreadable";
import type { SessionRegistry } from "./session/session-registry";

interface ProjectPartsOptions {
  config: Pick<ServerConfig, "dataDir" | "userDirectories">;
  files: ReturnType<typeof openDataFiles>;
  sessions: SessionRegistry;
  jobs: Jobs;
}

export function createProjectParts({ config, files, sessions, jobs }: ProjectPartsOptions) {
  const { dataDir, userDirectories } = config;
  const { settings, rules, projectAnswers } = files;
  const own = ownPaths(dataDir);
  const tellProjectsChanged = () => sessions.listViewers.tell({ type: "projects-changed" });
  const projects = new ProjectSettingsFile(join(dataDir, "projects.json"), tellProjectsChanged);
  const languageServers = new LanguageServers({
    jobs,
    servers: () => settings.languageServers(),
    answers: projectAnswers,
  });
  const isOff = (path: string) =>
    settings
      .get()
      .definitionsOff.some(({ kind, name }) => kind === "instructions" && name === path);
  return {
    own,
    projects,
    languageServers,
    personalInstructions: new PersonalInstructions(userDirectories, tellProjectsChanged, isOff),
    memory: new ProjectMemory(join(dataDir, "memory"), (root) =>
      sessions.listViewers.tell({ type: "memory-changed", root }),
    ),
    mcpConfiguration: new McpConfiguration({
      settings: () => settings.get().mcp,
      answers: files.mcpAnswers,
      signIns: files.mcpSignIns,
      variables: () => jobs.variables(),
    }),
    definitions: new Definitions({
      home: userDirectories,
      answers: projectAnswers,
      off: () => settings.get().definitionsOff,
      whyDenied: (directory, path) =>
        whyUnreadable({ kind: "read", path }, rules.of(directory), directory, own),
      languageServers: () => languageServers.asked(),
      toldIn: (root) => projects.of(root).instructions,
    }),
  };
}
