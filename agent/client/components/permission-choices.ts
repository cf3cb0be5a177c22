/** The permissions that a session can have, with what each means, and the effects of a rule. */
import type { Permissions, RuleEffect } from "../../shared/protocol";

export const permissionChoices: { id: Permissions; name: string; words: string }[] = [
  { id: "ask", name: "Asks first", words: "Reads freely; asks before edits and commands." },
  {
    id: "edits",
    name: "Edits allowed",
    words: "Edits the working directory freely; asks before commands.",
  },
  {
    id: "all",
    name: "All allowed",
    words:
      "Asks only before touching Rein’s own data. Reads and edits reach whatever your user can; commands too, unless they run in the sandbox.",
  },
];

export const ruleEffects: { id: RuleEffect; name: string }[] = [
  { id: "allow", name: "Allow" },
  { id: "ask", name: "Ask" },
  { id: "deny", name: "Deny" },
];
