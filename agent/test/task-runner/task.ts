/** A small task for an agent, whose end can be checked without reading what the agent says. */
import type { Step } from "../upstream/upstream";
import type { TaskDirectory } from "./task-directory";

export interface Task {
  /** As `--only` names it. */
  name: string;
  /** What the agent is asked. */
  message: string;
  /** By their paths in the task's directory. */
  files: Record<string, string>;
  /** A command line of bash that prepares the directory once the files are there. */
  prepare?: string;
  /** Why the end is not as asked, as a sentence; undefined when it is. */
  check(directory: TaskDirectory): Promise<string | undefined>;
  /** Answers of a model that solves it, for the scripted upstream: one for each request. */
  script: Step[][];
}
