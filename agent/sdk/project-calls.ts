/** The routes of what a project brings, as functions. Without `cwd`, the server's directory. */
import { defined } from "../shared/defined";
import type { ProjectView } from "../shared/protocol";
import type { ProjectAnswerRequest } from "../shared/requests";
import { path } from "./path";
import type { Transport } from "./transport";

export function createProjectCalls({ call }: Pick<Transport, "call">) {
  return {
    project: (cwd: string | undefined, signal: AbortSignal) =>
      call<ProjectView>("GET", path`/api/project?${inDirectory(cwd)}`, undefined, signal),
    /** All of the answers are kept, or, when one of what they are for has changed, none. */
    answerProject: (request: ProjectAnswerRequest, signal: AbortSignal) =>
      call<ProjectView>("POST", "/api/project/answer", request, signal),
  };
}

function inDirectory(cwd: string | undefined): URLSearchParams {
  return new URLSearchParams(defined({ cwd }));
}
