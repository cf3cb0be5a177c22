/** Finds the program of an engine, by the path of the settings, on PATH or where installers put it, and says its version. */
import { constants } from "node:fs";
import { access, open, readFile, realpath, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import type { EngineSettings } from "../../shared/protocol";
import type { JobEnd, Jobs } from "../processes/jobs";
import { EngineError, type EngineLook } from "./engine";
import { forPeople } from "./line-peer";
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
];

export function createPrograms({
  jobs,
  settings,
  searchPath,
  usualPlaces = installed.map((place) => place.replace(/^~/, homedir())),
}: ProgramsOptions): Programs {
  const everywhere = [searchPath, ...usualPlaces].join(":");
  return {
    async look({ id, program, tried, isAnything }, signal) {
      signal.throwIfAborted();
      const entered = settings().paths[id];
      const path = entered?.replace(/^~(?=\/)/, homedir()) ?? which(program, everywhere);
      if (path === undefined && isAbsolute(program))
        return { state: "missing", reason: `There is no program at ${program}.` };
      if (path === undefined)
        return {
          state: "missing",
          reason: `No program “${program}” is on the PATH of Rein, or where installers put it.`,
        };
      const fault = await faultOf(path);
      if (fault !== undefined) return { ...fault, path };
      const lack = await lackOf(path, searchPath);
      if (lack !== undefined) return { ...unusable(lack), path };
      if (isAnything) return { state: "ready", path };
      const said = (await packageVersion(path)) ?? (await ask(jobs, path, signal));
      if (typeof said === "string") return { ...unusable(said), path };
      const { version, words } = said;
      const other = otherProgram(words, program);
      if (other !== undefined)
        return { ...unusable(`This is the program ${other}, not ${program}.`), path };
      return { state: "ready", path, ...(version && { version, ...warning(version, tried) }) };
    },
  };
}

/** The program that was found. `name`: the engine's. Throws EngineError, with what to do about it, for one that cannot be started. */
export function foundProgram(
  name: string,
  { state, path, version, reason }: EngineLook,
): { path: string; version: string | undefined } {
  if (state === "ready" && path !== undefined) return { path, version };
  throw new EngineError(`engine-${state}`, `${name} cannot be started. ${reason ?? ""}`.trim());
}

/** A relative entry of PATH is left out, as for jobs: it would be looked for in whatever directory Rein was started in. */
export function which(program: string, searchPath: string): string | undefined {
  const entries = searchPath.split(":").filter(isAbsolute);
  return Bun.which(program, { PATH: entries.join(":") }) ?? undefined;
}

/** Why there is nothing at the path that can be started. */
async function faultOf(path: string): Promise<Pick<EngineLook, "state" | "reason"> | undefined> {
  // What cannot be looked at cannot be started either.
  const stats = isAbsolute(path) ? await stat(path).catch(() => undefined) : undefined;
  if (stats === undefined) return { state: "missing", reason: `There is no program at ${path}.` };
  if (stats.isDirectory())
    return unusable(`${path} is a directory. Enter the path of the program in it.`);
  const isExecutable = await access(path, constants.X_OK).then(
    () => true,
    () => false, // whatever the reason is, it cannot be started
  );
  if (stats.isFile() && isExecutable) return undefined;
  return unusable(`${path} is not an executable file. Enter the path of the program.`);
}

function unusable(reason: string): { state: "unusable"; reason: string } {
  return { state: "unusable", reason };
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
  name: z.string().max(214),
  version: z.string().max(100),
  bin: z.union([z.string(), z.record(z.string(), z.string())]),
});

/** What a program says of itself. Without a version it did not come to say one in time. */
interface Said {
  version?: string;
  /** In which names of other programs are looked for. */
  words: string;
}

/** Of the npm package that the program belongs to: without running anything. */
async function packageVersion(path: string): Promise<Said | undefined> {
  const real = await realpath(path);
  let directory = dirname(real);
  for (let level = 0; level < 4; level++) {
    const found = await readPackage(join(directory, "package.json"));
    if (found !== undefined) {
      const { version, bin, name } = found;
      const programs =
        typeof bin === "string" ? [[basename(name), bin] as const] : Object.entries(bin);
      const its = programs.filter(([, one]) => resolve(directory, one) === real);
      return its.length > 0 ? { version, words: its.map(([one]) => one).join("\n") } : undefined;
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

/** By running it; or why it is none of the programs that Rein knows. */
async function ask(jobs: Jobs, path: string, signal: AbortSignal): Promise<Said | string> {
  let words = "";
  let end: JobEnd;
  try {
    end = await jobs.run(
      {
        command: [path, "--version"],
        cwd: tmpdir(),
        owner: { sessionId: "engines" },
        isHelper: true,
        isEngine: true,
        readable: await programPaths([path]),
        timeoutMs: versionMs,
        onOutput: (text) => (words = (words + text).slice(0, 10_000)),
      },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    return `It cannot be started: ${error instanceof Error ? error.message : String(error)}`;
  }
  signal.throwIfAborted();
  if (end.timedOut) return { words };
  const said = forPeople(words.trimStart().split("\n", 1)[0]!, 200);
  const written = said === "" ? "" : ` It wrote: ${said}`;
  if (end.exitCode !== 0)
    return `With --version it failed (${end.signalName ?? `exit code ${end.exitCode}`}).${written}`;
  const version = /\d+\.\d+\.\d+[\w.-]*/.exec(words)?.[0];
  return version === undefined ? `With --version it names none.${written}` : { version, words };
}

/** The program of another engine, by the name in its package or what it says with its version. */
function otherProgram(words: string, program: string): string | undefined {
  return Object.keys(signs).find((name) => name !== program && signs[name]!.test(words));
}

const signs: Record<string, RegExp> = {
  claude: /^claude$|\(Claude Code\)/m,
  codex: /^codex(-cli .*)?$/m,
  gemini: /^gemini$/m,
  opencode: /^opencode$/m,
  "claude-agent-acp": /^claude-agent-acp$/m,
};

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
