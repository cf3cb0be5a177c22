/** What people have answered about the MCP servers of projects: by the directory of the project's file, and by name. */
import { z } from "zod";
import type { McpServerShown } from "../../shared/protocol";
import { type KeptAnswer, ProjectAnswers } from "../trust/project-answers";

export interface KeptMcpAnswer extends KeptAnswer {
  /** What was answered, for the difference once it changes. */
  server: McpServerShown;
  offTools: string[];
}

export type McpAnswers = ProjectAnswers<KeptMcpAnswer>;

const shown = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("stdio"),
    command: z.string(),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string().nullable()),
  }),
  z.strictObject({
    type: z.literal("http"),
    url: z.string(),
    headers: z.record(z.string(), z.string().nullable()),
  }),
]);

const answer = z.strictObject({
  digest: z.string(),
  answer: z.enum(["allow", "refuse"]),
  server: shown,
  offTools: z.array(z.string()),
});

/** Throws as `ProjectAnswers` does. */
export function openMcpAnswers(path: string): McpAnswers {
  return new ProjectAnswers({
    path,
    name: "MCP answers",
    without: "without answers: then the MCP servers of every project are asked about again",
    answer,
  });
}
