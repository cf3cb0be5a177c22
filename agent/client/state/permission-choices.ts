/** The permissions that a session can have, with what each means, and the effects of a rule. */
import { permissionIds, type Permissions, type RuleEffect } from "../../shared/protocol";
import { choice, type Choice } from "./choice";
import { lazyWords, t } from "../../shared/translation";

/** `brief`: where room is short. */
type PermissionWords = "name" | "brief" | "words";

export const permissionWords: Record<Permissions, Readonly<Record<PermissionWords, string>>> = {
  plan: lazyWords<PermissionWords>({
    name: () => t("Plan"),
    brief: () => t("Plan"),
    words: () => t("Reads, changes nothing, and ends with a plan for you to approve."),
  }),
  ask: lazyWords<PermissionWords>({
    name: () => t("Ask first"),
    brief: () => t("Ask"),
    words: () => t("Reads freely; asks before edits and commands."),
  }),
  edits: lazyWords<PermissionWords>({
    name: () => t("Allow edits"),
    brief: () => t("Edits"),
    words: () => t("Edits the working directory freely; asks before commands."),
  }),
  all: lazyWords<PermissionWords>({
    name: () => t("Allow everything"),
    brief: () => t("All"),
    words: () =>
      t(
        "Asks only before touching Rein’s own data. Reads and edits reach whatever your user can; commands too, unless they run in the sandbox.",
      ),
  }),
};

export const permissionChoices = permissionIds.map((id) => ({
  id,
  get name() {
    return permissionWords[id].name;
  },
  get brief() {
    return permissionWords[id].brief;
  },
  get words() {
    return permissionWords[id].words;
  },
}));

/** An engine cannot be held to plan mode. */
export function permissionChoicesFor(hasEngine: boolean) {
  return permissionChoices.filter(({ id }) => !hasEngine || id !== "plan");
}

export const ruleEffects: Choice<RuleEffect>[] = [
  choice("allow", () => t("Allow")),
  choice("ask", () => t("Ask")),
  choice("deny", () => t("Deny")),
];
