/** The permissions that a session can have, with what each means, and the effects of a rule. */
import { permissionIds, type Permissions, type RuleEffect } from "../../shared/protocol";

interface PermissionWords {
  name: string;
  /** Where room is short. */
  brief: string;
  words: string;
}

export const permissionWords: Record<Permissions, PermissionWords> = {
  plan: {
    name: "Plan",
    brief: "Plan",
    words: "Reads, changes nothing, and ends with a plan for you to approve.",
  },
  ask: {
    name: "Ask first",
    brief: "Ask",
    words: "Reads freely; asks before edits and commands.",
  },
  edits: {
    name: "Allow edits",
    brief: "Edits",
    words: "Edits the working directory freely; asks before commands.",
  },
  all: {
    name: "Allow everything",
    brief: "All",
    words:
      "Asks only before touching Rein’s own data. Reads and edits reach whatever your user can; commands too, unless they run in the sandbox.",
  },
};

export const permissionChoices = permissionIds.map((id) => ({ id, ...permissionWords[id] }));

/** An engine cannot be held to plan mode. */
export function permissionChoicesFor(hasEngine: boolean) {
  return permissionChoices.filter(({ id }) => !hasEngine || id !== "plan");
}

export const ruleEffects: { id: RuleEffect; name: string }[] = [
  { id: "allow", name: "Allow" },
  { id: "ask", name: "Ask" },
  { id: "deny", name: "Deny" },
];
