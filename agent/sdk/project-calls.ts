/** The routes of what a project brings, and of the notes about it, as functions. Without `cwd`, the server's directory. */
import { defined } from "../shared/defined";
import type {
  Directories,
  MemoryAnswer,
  PersonalInstructions,
  ProjectSettings,
  ProjectView,
  RecentProjects,
} from "../shared/protocol";
import type {
  DirectoriesQuery,
  InstructionsRequest,
  NotePatchRequest,
  NoteRequest,
  ProjectAnswerRequest,
  ProjectRequest,
} from "../shared/requests";
import { inQuery, path } from "./path";
import type { Transport } from "./transport";

export function createProjectCalls({ call }: Pick<Transport, "call">) {
  return {
    project: (cwd: string | undefined, signal: AbortSignal) =>
      call<ProjectView>("GET", path`/api/project?${inDirectory(cwd)}`, undefined, signal),
    /** All of the answers are kept, or, when one of what they are for has changed, none. */
    answerProject: (request: ProjectAnswerRequest, signal: AbortSignal) =>
      call<ProjectView>("POST", "/api/project/answer", request, signal),
    /** Those that were worked in, the ones used last first. */
    projects: (signal: AbortSignal) =>
      call<RecentProjects>("GET", "/api/projects", undefined, signal),
    /** What a person has set for the project that a directory is in. */
    projectSettings: (cwd: string | undefined, signal: AbortSignal) =>
      call<ProjectSettings>(
        "GET",
        path`/api/projects/settings?${inDirectory(cwd)}`,
        undefined,
        signal,
      ),
    changeProject: (request: ProjectRequest, signal: AbortSignal) =>
      call<ProjectSettings>("PATCH", "/api/projects", request, signal),
    /** Those in a directory. */
    directories: (query: DirectoriesQuery, signal: AbortSignal) =>
      call<Directories>("GET", path`/api/directories?${inQuery(query)}`, undefined, signal),
    /** What a person tells models in every project. */
    instructions: (signal: AbortSignal) =>
      call<PersonalInstructions>("GET", "/api/instructions", undefined, signal),
    saveInstructions: (request: InstructionsRequest, signal: AbortSignal) =>
      call<PersonalInstructions>("PUT", "/api/instructions", request, signal),

    memory: (cwd: string | undefined, signal: AbortSignal) =>
      call<MemoryAnswer>("GET", path`/api/memory?${inDirectory(cwd)}`, undefined, signal),
    addNote: (request: NoteRequest, signal: AbortSignal) =>
      call<MemoryAnswer>("POST", "/api/memory", request, signal),
    /** Keeps what was proposed, as it is or edited, or edits what was kept. */
    changeNote: (id: string, request: NotePatchRequest, signal: AbortSignal) =>
      call<MemoryAnswer>("PATCH", path`/api/memory/${id}`, request, signal),
    /** Removes what was kept, or refuses what was proposed. */
    removeNote: (id: string, cwd: string | undefined, signal: AbortSignal) =>
      call<MemoryAnswer>("DELETE", path`/api/memory/${id}?${inDirectory(cwd)}`, undefined, signal),
  };
}

function inDirectory(cwd: string | undefined): URLSearchParams {
  return new URLSearchParams(defined({ cwd }));
}
