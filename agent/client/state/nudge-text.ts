/** What a nudge says where the person has given no hint. */
export const nudgeText =
  "You seem stuck. Say in one sentence what is blocking you, then try another way.";
