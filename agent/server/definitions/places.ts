/** Where instructions, commands, skills and roles are looked for, in the order in which they win. */
import { dirname, join } from "node:path";
import { relativeTo } from "../../shared/rules";

export type FileKind = "command" | "skill" | "role";

export interface Place {
  origin: "person" | "project";
  /** Absolute; of a project's it is walked from `base` without following a link. */
  path: string;
  /** Of a project: its root, without links. */
  base?: string;
  /** As people are shown it: from the project's root, or from the home as `~`. */
  shown: string;
}

/** The person's directories. */
export interface Home {
  home: string;
  /** XDG_CONFIG_HOME. */
  configHome: string;
}

/** Below the home, and below the configuration. */
const person: Record<FileKind, { home: string[]; config: string[] }> = {
  command: {
    home: [".claude/commands"],
    config: ["opencode/commands", "opencode/command"],
  },
  skill: {
    home: [".claude/skills", ".agents/skills"],
    config: ["opencode/skills", "opencode/skill"],
  },
  role: { home: [".claude/agents"], config: ["opencode/agents", "opencode/agent"] },
};

const project: Record<FileKind, string[]> = {
  command: [".rein/commands", ".claude/commands", ".opencode/commands", ".opencode/command"],
  skill: [
    ".rein/skills",
    ".claude/skills",
    ".opencode/skills",
    ".opencode/skill",
    ".agents/skills",
  ],
  role: [".rein/roles", ".claude/agents", ".opencode/agents", ".opencode/agent"],
};

const ownNames = { command: "commands", skill: "skills", role: "roles" } as const;

/** `cwd` and `root` without links: of two, the one of `cwd` wins. */
export function placesOf(kind: FileKind, at: Home, root: string, cwd: string): Place[] {
  const { home, config } = person[kind];
  const own = join(at.configHome, "rein", ownNames[kind]);
  const ofPerson = [
    own,
    ...home.map((path) => join(at.home, path)),
    ...config.map((path) => join(at.configHome, path)),
  ].map((path) => personPlace(path, at));
  const ofProject = [...new Set([cwd, root])].flatMap((directory) =>
    project[kind].map((path) => projectPlace(join(directory, path), root)),
  );
  return [...ofPerson, ...ofProject];
}

const instructionNames = ["AGENTS.md", "CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md"];

/** Files, in the order in which they are told: the later ones are nearer. */
export function instructionPlaces(at: Home, root: string, cwd: string): Place[] {
  const others = [
    join(at.home, ".claude/CLAUDE.md"),
    join(at.home, ".codex/AGENTS.md"),
    join(at.configHome, "opencode/AGENTS.md"),
  ].map((path) => personPlace(path, at));
  const ofPerson = [ownInstructions(at), ...others];
  const directories = [cwd];
  while (directories[0] !== root) directories.unshift(dirname(directories[0]!));
  const ofProject = directories.flatMap((directory) =>
    instructionNames.map((name) => projectPlace(join(directory, name), root)),
  );
  return [...ofPerson, ...ofProject];
}

/** What the person has written for Rein itself. */
export function ownInstructions(at: Home): Place {
  return personPlace(join(at.configHome, "rein/AGENTS.md"), at);
}

/** Another program's settings, which can have hooks. */
export function foreignSettings(root: string, cwd: string): Place[] {
  return [...new Set([cwd, root])].flatMap((directory) =>
    [".claude/settings.json", ".claude/settings.local.json"].map((name) =>
      projectPlace(join(directory, name), root),
    ),
  );
}

function personPlace(path: string, { home }: Home): Place {
  const inside = relativeTo(path, home);
  return { origin: "person", path, shown: inside === path ? path : `~/${inside}` };
}

function projectPlace(path: string, root: string): Place {
  return { origin: "project", path, base: root, shown: relativeTo(path, root) };
}
