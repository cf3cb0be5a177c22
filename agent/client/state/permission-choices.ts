/** The permissions that a session can have, with what each means, and the effects of a rule. */
import type { Permissions, RuleEffect } from "../../shared/protocol";

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
    words: "Reads and changes nothing; ends with a plan for you to approve.",
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

/** Those that can be chosen. */
export const permissionChoices = (["ask", "edits", "all"] satisfies Permissions[]).map((id) => ({
  id,
  ...permissionWords[id],
}));

export const ruleEffects: { id: RuleEffect; name: string }[] = [
  { id: "allow", name: "Allow" },
  { id: "ask", name: "Ask" },
  { id: "deny", name: "Deny" },
];
