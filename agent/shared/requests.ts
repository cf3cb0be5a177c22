/** The schemas of every request body and query that the server accepts, and their types, by topic. */
export * from "./requests/chat-schemas";
export * from "./requests/control-schemas";
export * from "./requests/definition-schemas";
export { type EngineChanges, engineSettings, maxOwnAgents } from "./requests/engine-schemas";
export {
  type HookSettings,
  hookSettings,
  type LanguageServerSettings,
  languageServerSettings,
} from "./requests/hook-schemas";
export * from "./requests/mcp-schemas";
export * from "./requests/process-schemas";
export * from "./requests/review-schemas";
export * from "./requests/project-schemas";
export * from "./requests/push-schemas";
export * from "./requests/rule-schemas";
export * from "./requests/schedule-schemas";
export * from "./requests/session-schemas";
export * from "./requests/settings-schemas";
export * from "./requests/sign-in-schemas";
export * from "./requests/ui-chat-schemas";
export { type LimitsRequest, limitsRequest, limitValues } from "./requests/limit-schemas";
export {
  modelOptionFields,
  modelOptions,
  maxRoles,
  machineQuery,
  modelsQuery,
  ownModels,
  roleChoiceFields,
  roleChoices,
  titleChoice,
} from "./requests/model-schemas";
export { fileHash, id, maxMessageCharacters, uploadQuery } from "./requests/value-schemas";
