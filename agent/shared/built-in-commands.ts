/** The names of the slash commands that some face has itself: no file takes one. */
export const builtInCommands: ReadonlySet<string> = new Set(
  (
    "stop pause nudge retry undo compact model sessions help new rename permissions engine options limits queue mcp " +
    "processes search stops stopall theme notify close confirm settings attach detach copy edit export quit exit " +
    "project memory schedules todo plan work machine"
  ).split(" "),
);
