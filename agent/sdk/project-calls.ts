/** The routes of what a project brings, and of the notes about it, as functions. Without `cwd`, the server's directory. */
import { defined } from "../shared/defined";
import type { MemoryAnswer, ProjectView } from "../shared/protocol";
import type { NotePatchRequest, NoteRequest, ProjectAnswerRequest } from "../shared/requests";
import { path } from "./path";
import type { Transport } from "./transport";

export function createProjectCalls({ call }: Pick<Transport, "call">) {
  return {
    project: (cwd: string | undefined, signal: AbortSignal) =>
      call<ProjectView>("GET", path`/api/project?${inDirectory(cwd)}`, undefined, signal),
    /** All of the answers are kept, or, when one of what they are for has changed, none. */
    answerProject: (request: ProjectAnswerRequest, signal: AbortSignal) =>
      call<ProjectView>("POST", "/api/project/answer", request, signal),

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
