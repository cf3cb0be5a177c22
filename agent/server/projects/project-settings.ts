/** What a person has set for projects: a file that only its owner can read, by the root of each project. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import { permissionIds, type ProjectDefaults, type ProjectSettings } from "../../shared/protocol";
import { maxProjectInstructions, projectModel, type ProjectRequest } from "../../shared/requests";
import { readJson, writeJson } from "../json-file";
import { digestOf } from "../trust/digest";
import { projectRoot } from "../trust/project-root";

export const maxProjects = 200;

const stored = z.strictObject({
  root: z.string().startsWith("/"),
  instructions: z.string().max(maxProjectInstructions).optional(),
  permissions: z.enum(permissionIds).optional(),
  model: projectModel.optional(),
});

const schema = z.strictObject({ projects: z.array(stored).max(maxProjects) });

type Change = Pick<ProjectRequest, "instructions" | "permissions" | "model">;

export class ProjectSettingsFile {
  readonly #path: string;
  readonly #onChange: () => void;
  #projects: ReadonlyMap<string, ProjectDefaults>;

  /** `onChange`: called after each change. Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor(path: string, onChange: () => void) {
    this.#path = path;
    this.#onChange = onChange;
    const parse = (text: string) => schema.parse(JSON.parse(text));
    const found = readJson({ path, name: "projects", parse, without: "without them" });
    this.#projects = new Map(
      found?.projects.map(({ root, ...settings }) => [root, defined(settings)]),
    );
  }

  /** Of those that have any. */
  get roots(): string[] {
    return [...this.#projects.keys()];
  }

  of(root: string): ProjectDefaults {
    return this.#projects.get(root) ?? {};
  }

  /** Of the project that a directory is in. Throws what `projectRoot` throws. */
  async in(cwd: string, signal: AbortSignal): Promise<ProjectSettings> {
    return this.view(await projectRoot(cwd, signal));
  }

  view(root: string): ProjectSettings {
    const settings = this.of(root);
    return { root, digest: digestOf({ root, ...settings }), ...settings };
  }

  /**
   * Durable when this returns. Returns why nothing was changed: they are no longer what the digest is of, or there are too
   * many projects. Throws what the file system throws, and then changes nothing.
   */
  change(root: string, digest: string, change: Change): "changed" | "full" | undefined {
    if (this.view(root).digest !== digest) return "changed";
    const next = changed(this.of(root), change);
    const projects = new Map(this.#projects);
    if (Object.keys(next).length === 0) projects.delete(root);
    else projects.set(root, next);
    if (projects.size > maxProjects) return "full";
    writeJson(this.#path, {
      projects: [...projects].map(([of, settings]) => ({ root: of, ...settings })),
    });
    this.#projects = projects;
    this.#onChange();
    return undefined;
  }
}

/** What is absent stays; null, and a text of nothing, takes it away. */
function changed(
  before: ProjectDefaults,
  {
    instructions = before.instructions,
    permissions = before.permissions,
    model = before.model,
  }: Change,
): ProjectDefaults {
  return defined({
    instructions: instructions || undefined,
    permissions: permissions ?? undefined,
    model: model ?? undefined,
  });
}
