/** Finds the program of an engine, by the path of the settings, on PATH or where installers put it, and says its version. */
import { constants } from "node:fs";
import { access, open, readFile, realpath, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import type { EngineSettings } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";
import type { EngineLook } from "./engine";
import { programPaths } from "./program-paths";

/** What an engine is looked for by. */
export interface EngineProgram {
  /** The engine's id: the settings name paths by it. */
  id: string;
  /** The file name of the program. */
  program: string;
  /** The version that Rein was tried with, such as "1.18.33". */
  tried?: string;
  /** It may be an interpreter, or start a program of another name: its own version is of no interest. */
  isAnything?: true;
}

export interface Programs {
  /** Rejects only with the signal's reason. `path` is given whenever it is ready. */
  look(program: EngineProgram, signal: AbortSignal): Promise<EngineLook>;
}

/** For a program that says its version by running: some take two seconds on a busy machine. */
const versionMs = 8_000;

export interface ProgramsOptions {
  jobs: Jobs;
  settings: () => EngineSettings;
  /** As PATH. */
  searchPath: string;
  /** Directories that are searched after those of PATH: a service has not the PATH of a shell. */
  usualPlaces?: readonly string[];
}

/** Where the installers of the engines and the package managers put a user's programs. */
const installed = [
  ..."~/.local/bin ~/.claude/local ~/.opencode/bin ~/.npm-global/bin ~/.bun/bin ~/.volta/bin".split(
    " ",
  ),
  ..."~/.local/share/pnpm /usr/local/bin /opt/homebrew/bin /home/linuxbrew/.linuxbrew/bin".split(
    " ",
  ),
].map((place) => place.replace(/^~/, homedir()));

export function createPrograms({
  jobs,
  settings,
  searchPath,
  usualPlaces = installed,
}: ProgramsOptions): Programs {
  const everywhere = [searchPath, ...usualPlaces].join(":");
  return {
    async look({ id, program, tried, isAnything }, signal) {
      signal.throwIfAborted();
      const entered = settings().paths[id];
      const path = entered ?? which(program, everywhere);
      if (path === undefined && isAbsolute(program))
        return { state: "missing", reason: `There is no program at ${program}.` };
      if (path === undefined)
        return {
          state: "missing",
          reason: `No program “${program}” is on the PATH of Rein, or where installers put it.`,
        };
      if (!isAbsolute(path) || !(await isProgram(path)))
        return { state: "missing", path, reason: `There is no program at ${path}.` };
      const lack = await lackOf(path, searchPath);
      if (lack !== undefined) return { state: "unusable", path, reason: lack };
      if (isAnything) return { state: "ready", path };
      const version = (await packageVersion(path)) ?? (await ask(jobs, path, signal));
      return { state: "ready", path, ...(version && { version, ...warning(version, tried) }) };
    },
  };
}

/** A relative entry of PATH is left out, as for jobs: it would be looked for in whatever directory Rein was started in. */
export function which(program: string, searchPath: string): string | undefined {
  const entries = searchPath.split(":").filter(isAbsolute);
  return Bun.which(program, { PATH: entries.join(":") }) ?? undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // whatever the reason is, it cannot be started
  }
}

/** What the program needs and this machine does not have. */
async function lackOf(path: string, searchPath: string): Promise<string | undefined> {
  const first = await firstLine(path);
  const interpreter = /^#!\s*\/usr\/bin\/env (?:-S )?(node|bun|python3|deno)\b/.exec(first)?.[1];
  if (interpreter === undefined || which(interpreter, searchPath) !== undefined) return undefined;
  const name = interpreter === "node" ? "Node.js (node)" : interpreter;
  return `It needs ${name}, which is not on the PATH of Rein.`;
}

async function firstLine(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(200), 0, 200, 0);
    return buffer.toString("latin1", 0, bytesRead).split("\n", 1)[0]!;
  } catch {
    return ""; // a program may be executable and not readable
  }
}

const packageFile = z.object({
  version: z.string().max(100),
  bin: z.union([z.string(), z.record(z.string(), z.string())]),
});

/** Of the npm package that the program belongs to: without running anything. */
async function packageVersion(path: string): Promise<string | undefined> {
  const real = await realpath(path);
  let directory = dirname(real);
  for (let level = 0; level < 4; level++) {
    const found = await readPackage(join(directory, "package.json"));
    if (found !== undefined) {
      const programs = typeof found.bin === "string" ? [found.bin] : Object.values(found.bin);
      const isIts = programs.some((one) => resolve(directory, one) === real);
      return isIts ? found.version : undefined;
    }
    directory = dirname(directory);
  }
  return undefined;
}

async function readPackage(path: string): Promise<z.infer<typeof packageFile> | undefined> {
  try {
    return packageFile.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
  } catch {
    return undefined; // none, or another kind of file
  }
}

async function ask(jobs: Jobs, path: string, signal: AbortSignal): Promise<string | undefined> {
  let output = "";
  try {
    await jobs.run(
      {
        command: [path, "--version"],
        cwd: tmpdir(),
        owner: { sessionId: "engines" },
        isHelper: true,
        isEngine: true,
        readable: await programPaths([path]),
        timeoutMs: versionMs,
        onOutput: (text) => (output = (output + text).slice(0, 10_000)),
      },
      signal,
    );
  } catch {
    return undefined; // it cannot be started: that is told when it is
  } finally {
    signal.throwIfAborted();
  }
  return /\d+\.\d+\.\d+[\w.-]*/.exec(output)?.[0];
}

function warning(version: string, tried: string | undefined): { reason?: string } {
  const order = tried === undefined ? 0 : compared(version, tried);
  if (order === 0) return {};
  const words = order < 0 ? "older one may not work" : "newer one may behave differently";
  return { reason: `Rein was tried with version ${tried}; this ${words}.` };
}

/** Negative where it is older; 0 where their first three numbers are the same. */
function compared(version: string, tried: string): number {
  const numbers = (text: string) => text.split(".", 3).map((part) => parseInt(part, 10));
  const than = numbers(tried);
  return (
    numbers(version)
      .map((number, index) => number - (than[index] ?? 0))
      .find(Boolean) ?? 0
  );
}
