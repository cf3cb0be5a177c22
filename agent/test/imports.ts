/** The rooms of the code, and the direction of imports between them. `bun run check` and the tests enforce it. */
import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

const agent = join(import.meta.dir, "..");

interface Room {
  /** The rooms that it may import from, besides itself and packages. */
  from: string[];
  /** The files that other rooms may import; without it, all of them. */
  doors?: string[];
}

/** Lowest first: a room may only name rooms above it in this table. The longest matching folder applies. */
const rooms: Record<string, Room> = {
  "shared/protocol": { from: [] },
  shared: { from: ["shared/protocol"] },
  // For what generates documents: the page would only grow by them.
  "shared/answers": { from: ["shared"] },

  "server/id": { from: [] },
  "server/log": { from: [] },
  "server/abort": { from: ["shared"] },
  "server/time-slice": { from: [] },
  "server/turns": { from: [] },
  // Where the code itself is.
  "server/program-files": { from: [] },
  "server/warm-up": { from: ["server/abort", "server/log"] },
  "server/durable-file": { from: [] },
  "server/json-file": { from: ["shared", "server/durable-file"] },
  "server/files": { from: ["shared", "server/abort"] },
  // What a project brings acts only once a person has answered: the one mechanism of that.
  "server/trust": {
    from: ["shared", "server/abort", "server/files", "server/json-file"],
  },
  "server/access": { from: ["shared", "server/log", "server/json-file"] },
  "server/config": { from: ["shared", "server/log", "server/durable-file", "server/json-file"] },
  "server/service": { from: ["server/log"] },
  "server/metrics": { from: ["shared"] },
  "server/processes": {
    from: ["server/program-files", "shared", "server/abort", "server/log", "server/files"],
    doors: [
      "jobs",
      "account-command",
      "network/addresses",
      "container",
      "inspect/process-identity",
    ],
  },
  "server/engines": {
    from: [
      "server/program-files",
      "shared",
      "server/abort",
      "server/log",
      "server/files",
      "server/processes",
    ],
    doors: [
      "engine",
      "engine-looks",
      "engines",
      "open-conversation",
      "open-conversations",
      // For MCP servers: programs that speak line by line, too.
      "engine-child",
      "line-peer",
      "parse-line",
      // For language servers.
      "json-rpc",
      // For the gate: the names in it are those of engines.
      "request-headers",
    ],
  },
  "server/providers": {
    from: ["shared", "server/abort", "server/log"],
    doors: [
      "provider",
      // For engines, which are given files in the same words.
      "turn-files",
      // For the gate, which passes the requests of others on, and for what it counts as Rein does.
      "answer-usage",
      "bad-answer",
      "error-words",
      "exchange",
      "hide-keys",
      "official-urls",
      "passed-answer",
      // An engine is told of files in the same words as a model.
      "turn-files",
      "provider-errors",
      "service-fetch",
      "openai/chat-usage",
      "openai/service-profiles",
    ],
  },
  // Above the providers: what a request carries of files is a type of theirs.
  "server/attachments": {
    from: [
      "shared",
      "server/abort",
      "server/turns",
      "server/log",
      "server/files",
      "server/providers",
    ],
  },
  "server/store": {
    from: ["shared", "server/log", "server/durable-file"],
    doors: [
      "store",
      "session-summary",
      "statements",
      "storage-errors",
      "data-dir-lock",
      // For what a node shares with others: its rows, and how those of others are read.
      "changed-rows",
      "load-session",
      "shared-rows",
      // For backups, which say and check the version.
      "migrations",
    ],
  },
  // It reads and writes the files of a data directory, whatever the server does with them.
  "server/backup": {
    from: [
      "shared",
      "server/abort",
      "server/durable-file",
      "server/json-file",
      "server/log",
      "server/program-files",
      "server/store",
    ],
  },
  // What it finds is looked up in the store.
  "server/search": {
    from: ["shared", "server/log", "server/store"],
    doors: ["search-index", "find-messages"],
  },
  "server/stream": { from: ["shared", "server/log"] },
  "server/tools": {
    from: [
      "server/program-files",
      "shared",
      "server/abort",
      "server/log",
      "server/attachments",
      "server/files",
      "server/processes",
      "server/providers",
    ],
    doors: [
      "tool",
      "specs",
      // For what a review puts back.
      "files/atomic-write",
      "files/text-file",
      "bash/shells",
      // For what MCP servers answer.
      "bash/bounded-output",
      "outputs/output-store",
      "outputs/output-files",
      "process/background-registry",
      // For the completion of paths that people type.
      "search/project-paths",
      // For push messages, which go to addresses that browsers name.
      "web/fetch-checked",
      "web/request-failure",
      // For the test of the settings.
      "web/search-services",
    ],
  },
  "server/mcp": {
    from: [
      "shared",
      "server/abort",
      "server/id",
      "server/log",
      "server/json-file",
      "server/config",
      "server/files",
      "server/trust",
      "server/attachments",
      "server/engines",
      "server/processes",
      "server/tools",
    ],
    doors: [
      "mcp-servers",
      "configured-server",
      "kept-answers",
      "mcp-configuration",
      "mcp-sign-ins",
    ],
  },
  // Beside MCP, on the same answers.
  "server/definitions": {
    from: ["shared", "server/abort", "server/log", "server/config", "server/files", "server/trust"],
    doors: ["definitions", "definition-types", "expand-command"],
  },
  "server/memory": {
    from: ["shared", "server/abort", "server/id", "server/log", "server/json-file", "server/trust"],
    doors: ["project-memory", "note-error"],
  },
  "server/projects": {
    from: [
      "shared",
      "server/abort",
      "server/durable-file",
      "server/json-file",
      "server/files",
      "server/trust",
    ],
    doors: ["list-directories", "personal-instructions", "project-settings"],
  },
  "server/hooks": {
    from: [
      "shared",
      "server/abort",
      "server/id",
      "server/log",
      "server/config",
      "server/processes",
    ],
    doors: ["tool-hooks", "run-hooks"],
  },
  "server/lsp": {
    from: [
      "shared",
      "server/abort",
      "server/id",
      "server/log",
      "server/config",
      "server/files",
      "server/trust",
      "server/engines",
      "server/processes",
    ],
    doors: ["diagnose", "language-servers"],
  },
  "server/push": {
    from: ["shared", "server/abort", "server/log", "server/json-file", "server/tools"],
    doors: ["push-messages"],
  },
  "server/undo": {
    from: [
      "shared",
      "server/abort",
      "server/time-slice",
      "server/log",
      "server/files",
      "server/processes",
    ],
    doors: ["undo", "undo-error", "change-summary", "git/git-path", "git/tree-diff"],
  },
  // Below it, what it reverts is recorded by the undo as no change of any run.
  "server/review": {
    from: [
      "shared",
      "server/abort",
      "server/id",
      "server/log",
      "server/durable-file",
      "server/files",
      "server/processes",
      "server/tools",
      "server/undo",
    ],
    doors: ["review", "review-error", "look-with-git"],
  },
  "server/rules": {
    from: ["server/program-files", "shared", "server/abort", "server/json-file", "server/files"],
  },
  "server/session": {
    from: [
      "shared",
      "server/abort",
      "server/files",
      "server/id",
      "server/log",
      "server/store",
      "server/stream",
    ],
  },
  "server/background": {
    from: ["shared", "server/log", "server/processes", "server/session", "server/tools"],
  },
  "server/catalog": {
    from: ["shared", "server/abort", "server/log", "server/config", "server/providers"],
  },
  "server/gate": {
    from: [
      "shared",
      "server/abort",
      "server/id",
      "server/log",
      "server/engines",
      "server/providers",
      "server/catalog",
    ],
    doors: ["gate", "gate-types"],
  },
  // The front of people's servers: it starts, asks and ends them, and knows nothing of what they do.
  "server/unix-users": {
    from: [
      "server/program-files",
      "shared",
      "server/abort",
      "server/log",
      "server/json-file",
      "server/config",
      "server/processes",
      "server/catalog",
      "server/gate",
      "server/turns",
    ],
    doors: [
      "bounded-text",
      "connection-owner",
      "person-server",
      "person-servers",
      "proxy-accounts",
      "shared-sessions",
      "unix-accounts",
    ],
  },
  "server/agent": {
    from: [
      "shared",
      "server/id",
      "server/log",
      "server/abort",
      "server/engines",
      "server/files",
      "server/processes",
      "server/providers",
      "server/rules",
      "server/tools",
      "server/definitions",
      "server/memory",
      "server/hooks",
      "server/lsp",
    ],
  },
  "server/run": {
    from: [
      "shared",
      "server/id",
      "server/log",
      "server/attachments",
      "server/abort",
      "server/processes",
      "server/providers",
      "server/rules",
      "server/tools",
      "server/mcp",
      "server/definitions",
      "server/memory",
      "server/hooks",
      "server/lsp",
      "server/undo",
      "server/session",
      "server/background",
      "server/catalog",
      "server/engines",
      "server/gate",
      "server/agent",
    ],
  },
  "server/schedules": {
    from: [
      "shared",
      "server/abort",
      "server/id",
      "server/log",
      "server/json-file",
      "server/config",
      "server/session",
      "server/catalog",
      "server/run",
      "server/store",
    ],
    doors: ["schedules", "next-time"],
  },
  // What a node shares with others, and what it does for them; loaded only where there are others.
  "server/cluster": {
    from: [
      "shared",
      "server/abort",
      "server/time-slice",
      "server/turns",
      "server/access",
      "server/json-file",
      "server/id",
      "server/log",
      "server/config",
      "server/store",
      "server/stream",
      "server/session",
      "server/run",
    ],
  },
  // What a message mentions, read in the moment in which it is accepted.
  "server/mentions": {
    from: [
      "shared",
      "server/abort",
      "server/attachments",
      "server/files",
      "server/processes",
      "server/tools",
    ],
  },
  "server/http": {
    from: [
      "server/program-files",
      "server/abort",
      "server/time-slice",
      "server/mentions",
      "shared",
      "shared/answers",
      "server/id",
      "server/log",
      "server/attachments",
      "server/access",
      "server/config",
      "server/files",
      "server/metrics",
      "server/processes",
      "server/push",
      "server/store",
      "server/search",
      "server/stream",
      "server/rules",
      "server/tools",
      "server/mcp",
      "server/undo",
      "server/review",
      "server/session",
      "server/background",
      "server/catalog",
      "server/engines",
      "server/gate",
      "server/unix-users",
      "server/agent",
      "server/run",
      "server/definitions",
      "server/memory",
      "server/projects",
      "server/trust",
      "server/hooks",
      "server/lsp",
      "server/schedules",
      "server/cluster",
    ],
  },
  sdk: { from: ["shared"] },
  client: { from: ["shared", "sdk"] },
  "server/unpack-program": { from: ["server/program-files", "server/store"] },
  prepare: { from: ["server/program-files", "server/unpack-program"] },
  terminal: { from: ["shared", "sdk", "client", "prepare", "server/program-files"] },
  // Its file is an assembler.
  "server/run-server": { from: [] },
  cli: {
    from: [
      "server/program-files",
      "server/run-server",
      "server/unpack-program",
      "shared",
      "shared/answers",
      "sdk",
      "client",
      "terminal",
      "prepare",
      "server/backup",
      "server/config",
      "server/store",
    ],
  },
};

/** They assemble the parts, so only they may import any file, regardless of the doors. */
const assemblers = new Set([
  "server/index",
  "server/run-server",
  "server/server",
  "server/data-files",
  "server/project-parts",
  "server/run-parts",
  "server/close-server",
  "server/rehearsal",
  "server/catalog/provider-entries",
]);

/** Every fault: a wrong import, a spawn or the environment outside its room, a file name that occurs twice. */
export function importFaults(): string[] {
  const found = [
    ...new Bun.Glob("{shared,server,sdk,client,terminal,cli}/**/*.{ts,tsx}").scanSync({
      cwd: agent,
    }),
  ];
  const files = found.toSorted();
  const faults = files.flatMap((file) => faultsOf(file, readFileSync(join(agent, file), "utf8")));
  const all = [...new Bun.Glob("**/*.{ts,tsx}").scanSync({ cwd: agent })].toSorted();
  return [...upwardRows(), ...faults, ...sharedNames(all)];
}

/** Of one file by its path from agent/ and its text. */
export function faultsOf(file: string, text: string): string[] {
  return [
    ...wrongImports(file, text),
    ...computedImports(file, text),
    ...spawns(file, text),
    ...environmentReads(file, text),
    ...ownPlaces(file, text),
  ];
}

function wrongImports(file: string, text: string): string[] {
  const name = withoutEnding(file);
  if (assemblers.has(name)) return [];
  const room = roomOf(name);
  if (room === undefined) return [`${file} belongs to no room of the table`];
  return importsOf(file, text)
    .filter((target) => !mayImport(room, target))
    .map((target) => `${file} imports ${target}`);
}

function mayImport(room: string, target: string): boolean {
  const other = roomOf(target);
  if (other === room) return true;
  if (other === undefined) return false;
  const reachable = rooms[room]!.from.flatMap((from) => [from, ...inside(from)]);
  if (!reachable.includes(other)) return false;
  const { doors } = rooms[other]!;
  return doors === undefined || doors.some((door) => target === `${other}/${door}`);
}

/** `shared` includes its wire types. */
function inside(room: string): string[] {
  return room === "shared" ? ["shared/protocol"] : [];
}

function roomOf(name: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => name === room || name.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

/** The table itself: no room imports from one below it, so there is no circle. */
function upwardRows(): string[] {
  const order = Object.keys(rooms);
  return order.flatMap((room, index) =>
    rooms[room]!.from.filter((from) => order.indexOf(from) >= index).map(
      (from) => `the table lets ${room} import from ${from}, which is not below it`,
    ),
  );
}

/** Relative imports as paths from agent/, without their ending. */
function importsOf(file: string, text: string): string[] {
  const specifiers = [
    ...text.matchAll(/(?:from|import|import\(|require\()\s*["'`](\.[^"'`]+)["'`]/g),
  ];
  return specifiers
    .map(([, specifier]) => relative(agent, join(agent, dirname(file), specifier!)))
    .filter((path) => !/\.(css|json)$/.test(path));
}

/** An import whose target is computed could reach any room. */
function computedImports(file: string, text: string): string[] {
  // It loads what the build of the terminal face has made.
  if (file === "terminal/open-terminal.ts") return [];
  const found = text.match(/\bimport\((?!\s*["'`][^$]*?["'`])[^)]*\)/);
  return found ? [`${file} has ${found[0]}, whose target cannot be checked`] : [];
}

/**
 * Besides processes/: the server, a browser and the steps in SQLite of a command are started there, and the terminal face stops
 * itself for the shell.
 */
const spawning = [
  "cli/start-server.ts",
  "cli/open-browser.ts",
  "server/backup/database-step.ts",
  "terminal/terminal-life.ts",
];

/** Only processes/ and the files above start or end a process. */
function spawns(file: string, text: string): string[] {
  if (!/^(server|cli|terminal)\//.test(file)) return [];
  if (file.startsWith("server/processes/") || spawning.includes(file)) return [];
  const found = text.match(
    /Bun\.spawn\w*|Bun\.\$|["'`](node:)?child_process["'`]|process\.kill\b|\bkill\b[^{}]*\} = process|\{[^}]*(spawn|\$)[^}]*\} from "bun"/,
  );
  const others = spawning.join(", ");
  return found ? [`${file} uses ${found[0]}; only server/processes/, ${others} may`] : [];
}

/** Beside the module that knows: what is embedded, and the builds of a checkout. */
const placed = [
  "server/program-files.ts",
  "server/unpack-program.ts",
  "terminal/build-terminal.ts",
  "terminal/bundle-terminal.ts",
];

/** In the single binary a file of Rein is not beside the module that names it, and the running program is not Bun. */
function ownPlaces(file: string, text: string): string[] {
  if (!/^(server|cli|terminal)\//.test(file) || placed.includes(file)) return [];
  const found = text.match(
    /\bimport\.meta\.(dir|dirname|file|filename|path|url|resolve)\b|\b__(dir|file)name\b|\bBun\.main\b|\bexecPath\b|\bargv0\b/,
  );
  return found ? [`${file} uses ${found[0]}; only ${placed[0]} may`] : [];
}

/** Only config/ reads the environment; processes/ passes it unchanged to the processes that it starts. */
function environmentReads(file: string, text: string): string[] {
  if (!file.startsWith("server/") || file.startsWith("server/config/")) return [];
  const reads = file.startsWith("server/processes/")
    ? /\b(process|Bun)\.env\s*(\?\.)?[.[]/
    : /\b(process|Bun|import\.meta)(\.|\[["'`])env\b|(from|\()\s*["'`](node:)?process["'`]|\benv\b[^{}]*\} = (process|Bun)/;
  const found = text.match(reads);
  return found ? [`${file} uses ${found[0]}; only server/config/ may read the environment`] : [];
}

/** A file is found by its name alone: no name occurs twice in agent/. `x.test` and `x` are different names. */
function sharedNames(files: string[]): string[] {
  const named = files.filter((file) => !/^dist\/|(^|\/)index\.tsx?$/.test(file));
  const byName = Map.groupBy(named, (file) => basename(withoutEnding(file)).toLowerCase());
  return [...byName.values()]
    .filter((same) => same.length > 1)
    .map((same) => `one name for several files: ${same.join(", ")}`);
}

function withoutEnding(file: string): string {
  return file.replace(/\.tsx?$/, "");
}
