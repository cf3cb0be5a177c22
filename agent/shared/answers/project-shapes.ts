/** The schemas of what is answered about projects, directories to choose from, and the person's instructions. */
import { z } from "zod";
import {
  type Directories,
  permissionIds,
  type PersonalInstructions,
  type ProjectSettings,
  type RecentProjects,
} from "../protocol";
import { shape } from "./shape";
import { text, time, yes } from "./value-shapes";

export const projectSettings = shape<ProjectSettings>(
  "ProjectSettings",
  "What a person has set for a project.",
)(
  z.strictObject({
    root: text.describe("The nearest directory with .git, else the directory itself."),
    digest: text.describe("A change repeats it: it is for exactly this."),
    instructions: text.optional(),
    permissions: z.enum(permissionIds).optional().describe("Of a new session."),
    model: z
      .strictObject({ provider: text, model: text })
      .optional()
      .describe("Of a new session that Rein itself runs."),
  }),
);

export const recentProjects = shape<RecentProjects>(
  "RecentProjects",
  "The directories that were worked in, the ones used last first.",
)(
  z.strictObject({
    projects: z.array(z.strictObject({ cwd: text, usedAt: time.optional() })),
  }),
);

export const directories = shape<Directories>(
  "Directories",
  "The directories in a directory.",
)(
  z.strictObject({
    path: text.describe("Absolute, without links."),
    home: text,
    isRepository: yes.optional(),
    directories: z
      .array(
        z.strictObject({
          name: text,
          isRepository: yes.optional().describe("It has a `.git`."),
          isLink: yes.optional().describe("It may lead to a directory: it was not followed."),
        }),
      )
      .describe("By name, those with a dot last."),
    isCut: yes.optional().describe("There are more than are listed."),
  }),
);

export const personalInstructions = shape<PersonalInstructions>(
  "PersonalInstructions",
  "What a person tells models in every project.",
)(
  z.strictObject({
    path: text,
    text,
    digest: text.describe("A change repeats it: it is for exactly this."),
    problem: text.optional().describe("Why the text cannot be changed here."),
    isOff: yes.optional().describe("It is switched off: no model is told it."),
  }),
);
