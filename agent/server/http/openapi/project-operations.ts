/** The operations of what projects bring. */
import { projectView } from "../../../shared/answers/definition-shapes";
import {
  directories,
  personalInstructions,
  projectSettings,
  recentProjects,
} from "../../../shared/answers/project-shapes";
import {
  directoriesQuery,
  instructionsRequest,
  projectAnswerRequest,
  projectQuery,
  projectRequest,
} from "../../../shared/requests";
import type { Subject } from "./operation";

export const projectOperations = {
  title: "Projects",
  description:
    "The directories that people work in, what they set for each, and the files that say how an agent works there: instructions, commands, skills and roles.",
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
    "GET /api/projects": {
      id: "projects",
      summary: "List the directories that were worked in, the ones used last first",
      answer: recentProjects,
      errors: [],
    },
    "GET /api/projects/settings": {
      id: "projectSettings",
      summary: "Read what a person has set for a project",
      query: projectQuery,
      answer: projectSettings,
      errors: ["cwd"],
    },
    "PATCH /api/projects": {
      id: "changeProject",
      summary: "Set what models are told in a project, and what a new session there begins with",
      description:
        "What is absent stays, and null takes it away. Nothing is changed when the settings have changed since they were shown.",
      body: projectRequest,
      example: { digest: "0".repeat(64), instructions: "Answer in German.", permissions: "edits" },
      answer: projectSettings,
      errors: ["cwd", "provider 400", "digest", "projects-full"],
    },
    "GET /api/directories": {
      id: "directories",
      summary: "List the directories in a directory",
      description: "No link is followed, and nothing in them is run.",
      query: directoriesQuery,
      answer: directories,
      errors: ["directory"],
    },
    "GET /api/instructions": {
      id: "instructions",
      summary: "Read what a person tells models in every project",
      answer: personalInstructions,
      errors: [],
    },
    "PUT /api/instructions": {
      id: "saveInstructions",
      summary: "Set what a person tells models in every project",
      description: "Nothing is changed when the file has changed since it was shown.",
      body: instructionsRequest,
      example: { digest: "0".repeat(64), text: "Answer in German." },
      answer: personalInstructions,
      errors: ["digest"],
    },
  },
} as const satisfies Subject;
