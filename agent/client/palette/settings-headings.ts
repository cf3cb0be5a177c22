/** The headings of the settings, in their order there. */
import { t } from "../../shared/translation";

/** `isCluster`: whether there are machines that work together. */
export function settingsHeadings(isCluster: boolean): string[] {
  return [
    t("Providers"),
    t("Engines"),
    t("MCP servers"),
    t("This browser"),
    t("Your instructions"),
    t("Models"),
    t("Instructions, commands, skills, roles"),
    t("Subagents"),
    t("Schedules"),
    t("Hooks"),
    t("Language servers"),
    t("Limits"),
    t("Prices"),
    t("Commands"),
    t("Web"),
    t("Signed-in browsers"),
    ...(isCluster ? [t("Machines")] : []),
    t("This machine"),
  ];
}
