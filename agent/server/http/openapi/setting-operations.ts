/** The operations of the settings of the whole server, and of the rules of projects. */
import { z } from "zod";
import { projectRules } from "../../../shared/answers/approval-shapes";
import { engineInfo, models, providerTest, searchTest } from "../../../shared/answers/model-shapes";
import { hooks, languageServers } from "../../../shared/answers/hook-shapes";
import {
  commandsAnswer,
  directoryFacts,
  directoryFiles,
  limits,
} from "../../../shared/answers/setting-shapes";
import {
  directoryFilesQuery,
  commandsRequest,
  hookSettings,
  languageServerSettings,
  limitsRequest,
  modelsQuery,
  providerTestRequest,
  ruleRequest,
  rulesQuery,
  settingsRequest,
} from "../../../shared/requests";
import type { Subject } from "./operation";

export const settingOperations = {
  title: "Models and settings",
  description: "Providers, models, engines, limits, and how commands are confined.",
  operations: {
    "GET /api/models": {
      id: "models",
      summary: "List what can be chosen",
      description: "With `provider` and `model` also what is known of a model that no list has.",
      query: modelsQuery,
      answer: models,
    },
    "PUT /api/settings": {
      id: "saveSettings",
      summary: "Change settings",
      description: "What is absent stays as it is; `null` removes a value.",
      body: settingsRequest,
      example: { providers: { anthropic: { apiKey: "the key" } } },
      answer: models,
      errors: ["invalid_request", "provider", "engine", "options"],
    },
    "POST /api/providers/:id/test": {
      id: "testProvider",
      summary: "Test a key and an address before they are saved",
      description: "Closing the connection ends the test.",
      body: providerTestRequest,
      isBodyOptional: true,
      answer: providerTest,
      errors: ["provider", "invalid_request", "closed"],
    },
    "POST /api/search/test": {
      id: "testSearch",
      summary: "Search for a word with the search service of the settings",
      description: "Closing the connection ends the search.",
      answer: searchTest,
      errors: ["closed"],
    },
    "GET /api/engines": {
      id: "engines",
      summary: "List the engines",
      answer: z.array(engineInfo),
    },
    "GET /api/limits": { id: "limits", summary: "Read the limits of runs", answer: limits },
    "PUT /api/limits": {
      id: "saveLimits",
      summary: "Set the limits of runs",
      description: "All of them: what is absent gets its default.",
      body: limitsRequest,
      example: { run: { minutes: 30 }, atLimit: "stop" },
      isBodyOptional: true,
      answer: limits,
    },
    "GET /api/hooks": {
      id: "hooks",
      summary: "List the hooks",
      description: "Commands that run before and after tools, at a stop, and at the end of a run.",
      answer: hooks,
    },
    "PUT /api/hooks": {
      id: "saveHooks",
      summary: "Replace the hooks",
      description:
        "All of them. Each reads JSON on its standard input, in the form of Claude Code’s hooks; exit code 2 before a tool refuses the call. It holds from the next call on.",
      body: hookSettings,
      example: [
        {
          id: "format",
          name: "Format",
          on: "after-tool",
          tools: ["edit", "write"],
          command: "bun run format",
        },
      ],
      answer: hooks,
    },
    "GET /api/language-servers": {
      id: "languageServers",
      summary: "List the language servers",
      description: "After an edit the model is told what they say of the changed files.",
      answer: languageServers,
    },
    "PUT /api/language-servers": {
      id: "saveLanguageServers",
      summary: "Replace the language servers",
      description:
        "All of them. Each starts in a project once a person has allowed it there; one that has changed ends.",
      body: languageServerSettings,
      example: [
        {
          name: "typescript",
          command: "typescript-language-server",
          args: ["--stdio"],
          files: ["*.ts", "*.tsx"],
          languageId: "typescript",
        },
      ],
      answer: languageServers,
    },
    "GET /api/commands": {
      id: "commands",
      summary: "Read how commands are confined",
      answer: commandsAnswer,
    },
    "PUT /api/commands": {
      id: "saveCommands",
      summary: "Change how commands are confined",
      description: "It holds from the next command on.",
      body: commandsRequest,
      example: { sandbox: "on", network: ["example.com"] },
      answer: commandsAnswer,
      errors: ["invalid_request"],
    },
  },
} as const satisfies Subject;

export const ruleOperations = {
  title: "Directories and rules",
  description: "What a directory holds, and the rules that are kept for it.",
  operations: {
    "GET /api/directory": {
      id: "directory",
      summary: "Read what a directory holds",
      query: rulesQuery,
      answer: directoryFacts,
      errors: ["cwd", "directory"],
    },
    "GET /api/directory/files": {
      id: "directoryFiles",
      summary: "Find files and folders of a directory by some of their letters",
      description: "Without what git ignores; the best matches first.",
      query: directoryFilesQuery,
      answer: directoryFiles,
      errors: ["cwd", "directory"],
    },
    "GET /api/rules": {
      id: "rules",
      summary: "List the rules of a directory",
      query: rulesQuery,
      answer: projectRules,
      errors: ["cwd"],
    },
    "POST /api/rules": {
      id: "addRule",
      summary: "Add a rule",
      body: ruleRequest,
      example: {
        effect: "allow",
        rule: { kind: "command", match: "prefix", command: "git status" },
      },
      answer: projectRules,
      errors: ["cwd", "rule 400", "rules-full"],
    },
    "DELETE /api/rules/:id": {
      id: "removeRule",
      summary: "Remove a rule",
      query: rulesQuery,
      answer: projectRules,
      errors: ["cwd", "rule 404"],
    },
  },
} as const satisfies Subject;
