/** Guards of the sandbox, and of the way by which a shell's state comes back. */
import type { Guard } from "./guard";

const escape = { tests: ["attacks/command-escape.test.ts"] };
const asRoot = { ...escape, title: "for (root|this user)" };
const atHome = { ...escape, title: "is the home" };

export const sandboxGuards: Guard[] = [
  {
    promise: "of what an engine's variables name only programs are shown in its sandbox",
    file: "server/engines/program-paths.ts",
    find: "isFile(value) ?",
    replace: "isAbsolute(value) ?",
    tests: ["engine-sandbox.test.ts"],
    title: "that a variable names",
  },
  {
    promise: "the sandbox's own processes are not listed as the command's",
    file: "server/processes/inspect/shown-processes.ts",
    find: "return id > 1 && !isLook;",
    replace: "return !isLook;",
    tests: ["processes-sandbox.test.ts"],
    title: "own processes are listed",
  },
  {
    promise: "the look at a command's directory is not listed as the command's",
    file: "server/processes/inspect/shown-processes.ts",
    find: "return id > 1 && !isLook;",
    replace: "return id > 1;",
    tests: ["processes-sandbox.test.ts"],
    title: "look at its directory",
  },
  {
    promise:
      "a process that is about to become the command is not listed by how the sandbox is made",
    file: "server/processes/inspect/shown-processes.ts",
    find: "command: isBecoming ? own : line",
    replace: "command: line",
    tests: ["processes-sandbox.test.ts"],
    title: "being set up",
  },
  {
    promise: "a sandboxed command makes no call that leads out",
    file: "server/processes/seccomp.ts",
    find: "...Object.values(forbidden).flatMap((call) => onCall(call, [refuse(eperm)])),",
    replace: "",
    ...asRoot,
  },
  {
    promise: "a sandboxed command makes no Unix socket",
    file: "server/processes/seccomp.ts",
    find: "...[internet, internet6].flatMap",
    replace: "...[1, internet, internet6].flatMap",
    ...asRoot,
  },
  {
    promise: "a sandboxed command makes no set-user-id program",
    file: "server/processes/seccomp.ts",
    find: "const setIdBits = 0o6000;",
    replace: "const setIdBits = 0;",
    ...asRoot,
  },
  {
    promise: "a sandboxed command cannot write /proc/sys",
    file: "server/processes/sandbox-mounts.ts",
    find: ', "--remount-ro", "/proc"',
    replace: "",
    ...asRoot,
  },
  {
    promise: "credentials are hidden from a sandboxed command",
    file: "server/processes/sandbox-mounts.ts",
    find: "hiddenPaths(credentials)",
    replace: "hiddenPaths([])",
    ...asRoot,
  },
  {
    promise: "the data directory is hidden from a sandboxed command",
    file: "server/processes/sandbox-mounts.ts",
    find: ", places.dataDir]",
    replace: "]",
    ...asRoot,
  },
  {
    promise: "start-up files stay as they are where the home is the working directory",
    file: "server/processes/sandbox-mounts.ts",
    find: "withinHome(startupFiles)",
    replace: "withinHome([])",
    ...atHome,
  },
  {
    promise: "a guarded path cannot be moved away with its directory",
    file: "server/processes/sandbox-mounts.ts",
    find: ".flatMap(within)",
    replace: ".flatMap((): string[] => [])",
    ...atHome,
  },
  {
    promise: "the script that restores a shell is read-only in a sandbox",
    file: "server/processes/sandbox-mounts.ts",
    find: '(request.readable ?? []).map((path) => mount(path, "read-only"))',
    replace: '(request.readable ?? []).map((path) => mount(path, "writable"))',
    tests: ["attacks/command-shell-state.test.ts", "processes-sandbox.test.ts"],
  },
  {
    promise: "what is in the place of a shell's state is not waited for",
    file: "server/tools/bash/shells.ts",
    find: "O_RDONLY | O_NOFOLLOW | O_NONBLOCK",
    replace: "O_RDONLY | O_NOFOLLOW",
    tests: ["attacks/command-shell-state.test.ts"],
  },
  {
    promise: "a report that is too long is not kept",
    file: "server/tools/bash/shell-state.ts",
    find: "this.#text.length + piece.length > maxReportLength",
    replace: "false",
    tests: ["attacks/command-shell-state.test.ts"],
  },
];
