/** Projects, the directories that people work in: what a person has set for one, which ones were used, and the directories to choose from. */
import type { Permissions } from "./session";

/** What a person has set for sessions in a project. */
export interface ProjectDefaults {
  /** What models are told in it, behind what the person tells them everywhere. */
  instructions?: string;
  /** What a new session begins with, unless told otherwise. */
  permissions?: Permissions;
  model?: { provider: string; model: string };
}

/** `GET /api/projects/settings?cwd=`: of the project that this directory is in. */
export interface ProjectSettings extends ProjectDefaults {
  /** The nearest directory with .git, else the directory itself. */
  root: string;
  /** A change repeats it: it is for exactly this. */
  digest: string;
}

/** A directory in which sessions have worked, or for which a person has set something. */
export interface RecentProject {
  cwd: string;
  /** When a session in it last changed, in milliseconds since the epoch. */
  usedAt?: number;
}

/** `GET /api/projects`: the ones used last first. */
export interface RecentProjects {
  projects: RecentProject[];
}

export interface ChildDirectory {
  name: string;
  /** It has a `.git`. */
  isRepository?: true;
  /** A link, which may lead to a directory: it was not followed. */
  isLink?: true;
}

/** `GET /api/directories?path=`: the directories in one, by name, those with a dot last. */
export interface Directories {
  /** Absolute, without links. */
  path: string;
  /** The home directory of the user that Rein runs as. */
  home: string;
  isRepository?: true;
  directories: ChildDirectory[];
  /** There are more than are listed. */
  isCut?: true;
}

/** `GET /api/instructions`: what a person tells models in every project, in a file that other programs may change too. */
export interface PersonalInstructions {
  /** Of the file, with the home directory as `~`. */
  path: string;
  text: string;
  /** A change repeats it: it is for exactly this. */
  digest: string;
  /** Why the text cannot be changed here, as a sentence. */
  problem?: string;
  /** The person has switched it off: no model is told it. */
  isOff?: true;
}
