import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const settings =
  "[window]\r\nwidth=800\r\nheight=600\r\n\r\n[colors]\r\ntheme=dark\r\nwidth=800\r\n";

export const keepLineEnds: Task = {
  name: "keep-line-ends",
  message:
    "In settings.ini set the width of the window to 1024. The file is from Windows: its line ends stay as they are.",
  files: { "settings.ini": settings },
  check: async (directory) =>
    directory.has("settings.ini", settings.replace("width=800", "width=1024")),
  script: [
    [toolCall("read", { path: "settings.ini" })],
    [
      toolCall("edit", {
        path: "settings.ini",
        oldText: "[window]\nwidth=800",
        newText: "[window]\nwidth=1024",
      }),
    ],
    [text("The window is 1024 wide.")],
  ],
};
