/** The scene of the path attacks: a project, a place outside of it, and a process that swaps one for the other. */
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Directory } from "../../server/files/directory";
import { filesIn } from "../undo-scene";

/** What is swapped for a link: the file a/b/file.txt itself, its directory, or the directory above that. */
export const levels = ["file", "parent", "grandparent"] as const;
export type Level = (typeof levels)[number];

/** Stands in every file outside, and in the name of one. */
export const secret = "SECRET";
export const insideText = "inside text\n";

/** How many tries each attack has: few in the suite; with `bun run test:attacks`, 10,000 for the attacks of one tool together. */
export function triesOf(inSuite: number, ofOneTool = 1): number {
  return process.env.REIN_TRIES === "full" ? Math.ceil(10_000 / ofOneTool) : inSuite;
}

export class SwappedPaths implements AsyncDisposable {
  readonly cwd: string;
  readonly outside: string;
  /** A file of the project that is never swapped, with other names in it. */
  readonly kept: string;
  readonly #base = realpathSync(mkdtempSync(join(tmpdir(), "rein-swap-")));
  readonly #swapper: Bun.Subprocess<"ignore", "pipe", "inherit">;
  /** The directory a/b of the project, wherever it is swapped to. */
  readonly #inside: Directory;
  #expected: Record<string, string>;

  private constructor(level: Level, name: string) {
    this.cwd = join(this.#base, "project");
    this.outside = join(this.#base, "outside");
    mkdirSync(join(this.cwd, "a/b"), { recursive: true });
    this.kept = join(this.#base, "kept");
    writeFileSync(this.kept, insideText);
    linkSync(this.kept, join(this.cwd, "a/b", name));
    // So that the directory is never empty, and never removed.
    linkSync(this.kept, join(this.cwd, "a/b/other.md"));
    this.#inside = Directory.openSync(join(this.cwd, "a/b"));
    this.#makeOutside(name);
    this.#expected = filesIn(this.outside);
    this.#swapper = this.#swap(level, name);
  }

  /** Resolves when the swapping has begun. */
  static async start(level: Level, name = "file.txt"): Promise<SwappedPaths> {
    const scene = new SwappedPaths(level, name);
    const { value } = await scene.#swapper.stdout.getReader().read();
    if (value !== undefined) return scene;
    await scene[Symbol.asyncDispose]();
    throw new Error("the swapper ended before it had swapped anything");
  }

  /** Whether anything outside was written since this was asked last; it is put back. */
  isOutsideChanged(name = "file.txt"): boolean {
    if (Bun.deepEquals(filesIn(this.outside), this.#expected)) return false;
    rmSync(this.outside, { recursive: true });
    this.#makeOutside(name);
    this.#expected = filesIn(this.outside);
    return true;
  }

  /** The file in a/b is there again, whatever an attack has made of it. */
  restoreInside(name = "file.txt"): void {
    rmSync(this.#inside.at("c"), { recursive: true, force: true });
    try {
      linkSync(this.kept, this.#inside.at(name));
    } catch {
      // It is still there.
    }
  }

  #makeOutside(name: string): void {
    mkdirSync(join(this.outside, "a/b"), { recursive: true });
    writeFileSync(join(this.outside, "a/b", name), `${secret} text\n`);
    writeFileSync(join(this.outside, "a/b", `${secret}.txt`), `${secret} text\n`);
  }

  #swap(level: Level, name: string): Bun.Subprocess<"ignore", "pipe", "inherit"> {
    const link = join(this.#base, "link");
    const path = { file: `a/b/${name}`, parent: "a/b", grandparent: "a" }[level];
    if (level !== "file") symlinkSync(join(this.outside, path), link);
    const args =
      level === "file"
        ? ["replace", join(this.cwd, path), this.kept, join(this.outside, path)]
        : ["exchange", join(this.cwd, path), link];
    return Bun.spawn([process.execPath, join(import.meta.dir, "path-swapper.ts"), ...args], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#swapper.kill("SIGKILL");
    await this.#swapper.exited;
    this.#inside[Symbol.dispose]();
    rmSync(this.#base, { recursive: true, force: true });
  }
}
