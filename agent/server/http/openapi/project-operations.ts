/** The operations of what projects bring. */
import { projectView } from "../../../shared/answers/definition-shapes";
import { projectAnswerRequest, projectQuery } from "../../../shared/requests";
import type { Subject } from "./operation";

export const projectOperations = {
  title: "Projects",
  description:
    "The files that say how an agent works in a directory: instructions, commands, skills and roles.",
  operations: {
    "GET /api/project": {
      id: "project",
      summary: "List what acts in a directory, and what waits for an answer",
      description:
        "The person’s own act unasked. Those of the project do nothing while their standing is `asked`.",
      query: projectQuery,
      answer: projectView,
      errors: ["cwd"],
    },
    "POST /api/project/answer": {
      id: "answerProject",
      summary: "Allow or refuse what a project brings",
      description:
        "Each answer is for exactly what was shown: once that changes, it is asked again. When one of them has changed meanwhile, none is kept.",
      body: projectAnswerRequest,
      example: {
        answers: [
          { kind: "command", name: "review", digest: "0".repeat(64), answer: "allow" },
          {
            kind: "instructions",
            name: "AGENTS.md",
            digest: "1".repeat(64),
            answer: "allow",
            anyChange: true,
          },
        ],
      },
      answer: projectView,
      errors: ["cwd", "digest"],
    },
  },
} as const satisfies Subject;
