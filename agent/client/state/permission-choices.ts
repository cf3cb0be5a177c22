/** The permissions that a session can have, with what each means, and the effects of a rule. */
import type { Permissions, RuleEffect } from "../../shared/protocol";

export const permissionChoices: {
  id: Permissions;
  name: string;
  /** Where room is short. */
  brief: string;
  words: string;
}[] = [
  {
    id: "ask",
    name: "Ask first",
    brief: "Ask",
    words: "Reads freely; asks before edits and commands.",
  },
  {
    id: "edits",
    name: "Allow edits",
    brief: "Edits",
    words: "Edits the working directory freely; asks before commands.",
  },
  {
    id: "all",
    name: "Allow everything",
    brief: "All",
    words:
      "Asks only before touching Rein’s own data. Reads and edits reach whatever your user can; commands too, unless they run in the sandbox.",
  },
];

export const ruleEffects: { id: RuleEffect; name: string }[] = [
  { id: "allow", name: "Allow" },
  { id: "ask", name: "Ask" },
  { id: "deny", name: "Deny" },
];
