/** The sections of the settings, in their order: the settings show them by it, and the palette goes to each of them. */
import { lazyWords, t } from "../../shared/translation";
import type { ClusterState } from "./cluster-state";
import { hasPeople, isAdmin, me } from "./me";

export const settingsTitles = lazyWords({
  providers: () => t("Providers"),
  engines: () => t("Engines"),
  mcp: () => t("MCP servers"),
  browser: () => t("This browser"),
  instructions: () => t("Your instructions"),
  models: () => t("Models"),
  definitions: () => t("Instructions, commands, skills, roles"),
  subagents: () => t("Subagents"),
  schedules: () => t("Schedules"),
  hooks: () => t("Hooks"),
  languageServers: () => t("Language servers"),
  limits: () => t("Limits"),
  prices: () => t("Prices"),
  commands: () => t("Commands"),
  web: () => t("Web"),
  signIns: () => t("Signed-in browsers"),
  apiKeys: () => t("API keys"),
  people: () => t("People"),
  machines: () => t("Machines"),
  machine: () => t("This machine"),
});

export type SettingsSection = keyof typeof settingsTitles;

export const settingsSections = Object.keys(settingsTitles) as SettingsSection[];

interface Condition {
  /** False until it is known whether there is one. */
  isKnown(cluster: ClusterState): boolean;
  isShown(cluster: ClusterState): boolean;
}

const knowsMe = () => !me.loading;
/** What the server refuses to everyone else. */
const forAdmins: Condition = { isKnown: knowsMe, isShown: isAdmin };

const conditions: Partial<Record<SettingsSection, Condition>> = {
  instructions: forAdmins,
  schedules: forAdmins,
  hooks: forAdmins,
  languageServers: forAdmins,
  apiKeys: { isKnown: knowsMe, isShown: hasPeople },
  people: { isKnown: knowsMe, isShown: () => hasPeople() && isAdmin() },
  machines: {
    isKnown: (cluster) => cluster.isKnown(),
    isShown: (cluster) => cluster.nodes().length > 0,
  },
  machine: forAdmins,
};

const always: Condition = { isKnown: () => true, isShown: () => true };

export function conditionOf(section: SettingsSection): Condition {
  return conditions[section] ?? always;
}
