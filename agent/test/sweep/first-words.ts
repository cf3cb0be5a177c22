/** What a person says first in each of the sweep's conversations: the scripted answers tell the person's requests by it. */
export const firstWords = "Please do it";
