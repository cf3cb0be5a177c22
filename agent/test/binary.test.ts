/** The single binary runs where nothing is installed, proves a stop as from source, and keeps what it has unpacked whole. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { withoutOthersPackages } from "../packaging/missing-packages";
import { readyMade } from "../server/processes/linux/supervisor/compile";
import { inBareRoot } from "./bare-root";
import { builtBinary, noBinary } from "./built-binary";
import { givenCluster } from "./given-cluster";
import { giveSupervisor } from "./given-supervisor";
import { isAlive } from "./machine-facts";
import { type Chat, type Rein, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { startUpstream, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

/** Of Rein, and what makes the binary Bun: not the cache of packages that a sandbox is given. */
const ownVariables = /^(BUN_BE_BUN|BUN_CONFIG_\w+|REIN_\w+)=/m;

const shellScene = "Run a shell command that takes a while.";

describe.skipIf(noBinary !== undefined)(
  `the single binary${noBinary === undefined ? "" : ` (not built here: ${noBinary})`}`,
  () => {
    const upstream = startUpstream();
    const cleanUp = new AsyncDisposableStack();
    let binary: string;
    let dataDir: string;
    let rein: Rein;

    beforeAll(async () => {
      binary = builtBinary();
      dataDir = cleanUp.use(temporaryDirectory()).path;
      rein = await start();
    }, 300_000);
    afterAll(async () => {
      await rein[Symbol.asyncDispose]();
      await cleanUp.disposeAsync();
      await upstream.close();
    });

    /** In the bare root, on the one data directory. */
    function start(): Promise<Rein> {
      return startRein({
        command: inBareRoot([binary]),
        program: [binary, "serve"],
        dataDir,
        environment: upstream.environment,
      });
    }

    async function restart(): Promise<void> {
      await rein[Symbol.asyncDispose]();
      rein = await start();
    }

    test("serves the page as an ordinary user, with no Bun, Node, compiler or git there", async () => {
      const page = await fetch(rein.url);
      expect(page.status).toBe(200);
      const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())![1]!;
      expect((await fetch(rein.url + script)).status).toBe(200);
      const asked = "for name in bun node cc gcc git bwrap; do command -v $name; done; echo $UID";
      const { output } = await bash(rein, asked);
      expect(output.trim()).toBe("1000");
    });

    test("says the same level of proof as a server from its sources", async () => {
      await until(() => proofOf(rein) !== undefined);
      const place = cleanUp.use(temporaryDirectory()).path;
      await giveSupervisor(place);
      await using fromSource = await startRein({
        command: inBareRoot([join(import.meta.dir, "../.."), process.execPath]),
        dataDir: place,
      });
      await until(() => proofOf(fromSource) !== undefined);
      expect(proofOf(rein)).toBe(proofOf(fromSource));
      const { processes } = await rein.sdk.health(AbortSignal.timeout(10_000));
      expect(processes).toMatchObject({ proof: "supervisor", supervisor: "compiled" });
      expect(processes.fallen).toBeUndefined();
    });

    test("its supervisor needs no C library of the machine", () => {
      const program = readFileSync(join(unpacked(dataDir), readyMade));
      const [offset, size, count] = [32, 54, 56].map((at) => program.readUInt16LE(at)) as [
        number,
        number,
        number,
      ];
      const kinds = Array.from({ length: count }, (_, row) =>
        program.readUInt32LE(offset + row * size),
      );
      expect(kinds).toContain(1); // PT_LOAD
      expect(kinds).not.toContain(3); // PT_INTERP, the loader of libraries
    });

    test("a stop of the demo's command ends every process, and proves it", async () => {
      await stopsShell(rein);
    });

    test("searches by its own ripgrep", async () => {
      writeFileSync(join(rein.cwd, "needle.txt"), "in the haystack\n");
      const call = await toolOf(rein, "grep", { pattern: "hay" });
      expect(call).toMatchObject({ state: "done", output: "needle.txt:1:in the haystack\n" });
    });

    test("no variable of its own reaches a command", async () => {
      const { output } = await bash(rein, "env");
      expect(output).not.toMatch(ownVariables);
    });

    test("a second start takes what the first has unpacked", async () => {
      const before = inodes(unpacked(dataDir));
      await restart();
      expect(inodes(unpacked(dataDir))).toEqual(before);
    });

    test("a file that was changed, cut, removed, or replaced by a link is written anew", async () => {
      const folder = unpacked(dataDir);
      const elsewhere = join(dataDir, "elsewhere");
      writeFileSync(elsewhere, "untouched");
      const [page, shell, style, script] = [
        "agent/dist/index.html",
        "agent/server/tools/bash/shell.bash",
        "agent/client/styles/tokens.css",
        readyMade,
      ].map((path) => join(folder, path)) as [string, string, string, string];
      const whole = [page, shell, style, script].map((path) => readFileSync(path));
      const kept = inodes(join(folder, "node_modules"));
      writeFileSync(page, whole[0]!.toString().replace("<head>", "<hEad>"));
      writeFileSync(shell, whole[1]!.subarray(0, 40));
      rmSync(style);
      rmSync(script);
      symlinkSync(elsewhere, script);
      await restart();
      expect([page, shell, style, script].map((path) => readFileSync(path))).toEqual(whole);
      expect(lstatSync(script).isFile()).toBe(true);
      expect(readFileSync(elsewhere, "utf8")).toBe("untouched");
      expect(inodes(join(folder, "node_modules"))).toEqual(kept);
    });

    test("folders that were replaced by a file or a link are made anew, and older versions removed", async () => {
      const folder = unpacked(dataDir);
      const elsewhere = cleanUp.use(temporaryDirectory()).path;
      rmSync(join(folder, "agent/client"), { recursive: true });
      symlinkSync(elsewhere, join(folder, "agent/client"));
      rmSync(join(folder, "agent/dist"), { recursive: true });
      writeFileSync(join(folder, "agent/dist"), "");
      mkdirSync(join(dataDir, "program/0123456789abcdef/agent"), { recursive: true });
      await rein[Symbol.asyncDispose]();
      rein = await start();
      expect((await fetch(rein.url)).status).toBe(200);
      expect(readdirSync(elsewhere)).toEqual([]);
      expect(readdirSync(join(dataDir, "program")).toSorted()).toEqual([
        folder.split("/").at(-1)!,
        "lock",
      ]);
    });

    test("of starts at the same moment on a new directory one serves, and the files are whole", async () => {
      const place = cleanUp.use(temporaryDirectory()).path;
      const cluster = await givenCluster({}, place);
      const all = Array.from({ length: 4 }, () =>
        Bun.spawn([binary, "serve", "--port", "0", "--data-dir", place], {
          cwd: place,
          env: { PATH: process.env.PATH ?? "", HOME: place, ...cluster },
          stdio: ["ignore", "pipe", "pipe"],
        }),
      );
      const failed = await Promise.all(
        all.map(async (child) => {
          const isServing = (await firstLine(child.stdout)) !== "";
          return isServing ? undefined : await new Response(child.stderr).text();
        }),
      );
      for (const words of failed.filter((one) => one !== undefined))
        expect(words).toStartWith("Rein did not start. Another Rein works with the data directory");
      expect(failed.filter((one) => one === undefined)).toHaveLength(1);
      for (const child of all) child.kill();
      await Promise.all(all.map((child) => child.exited));
      expect(Object.keys(inodes(unpacked(place)))).toEqual(Object.keys(inodes(unpacked(dataDir))));
    });

    test("without its compiled supervisor a script takes its place, proves a stop, and says why", async () => {
      const place = cleanUp.use(temporaryDirectory()).path;
      await using scripted = await startRein({
        command: [
          ..."unshare --user --map-root-user --mount sh -c".split(" "),
          'mount -t tmpfs -o noexec,mode=700 none "$0" && exec "$@"',
          place,
        ],
        program: [binary, "serve"],
        dataDir: place,
        environment: { ...upstream.environment, REIN_TOKEN: "a-token-for-this-test" },
      });
      await until(() => /noexec/.test(scripted.output()));
      expect(scripted.output()).toContain("a supervisor script");
      await stopsShell(scripted);
      const { output } = await bash(scripted, "env");
      expect(output).not.toMatch(ownVariables);
    });

    test("in a sandbox whose network is a list, a command runs without its variables", async () => {
      await using confined = await startRein({
        program: [binary, "serve"],
        environment: { ...upstream.environment, REIN_SANDBOX: "auto", REIN_NETWORK: "example.com" },
      });
      const { processes } = await confined.sdk.health(AbortSignal.timeout(10_000));
      const { output } = await bash(confined, "env");
      expect(output).not.toMatch(ownVariables);
      if (processes.sandboxWorks) expect(output).toMatch(/^https_proxy=http:\/\/127/m);
    });

    test("a directory with settings and packages of Bun runs no code in it", async () => {
      const place = cleanUp.use(temporaryDirectory()).path;
      const ran = join(place, "ran");
      makeHostile(place, ran);
      const rein = (...args: string[]) => run(binary, args, place);
      expect(rein("--version").stdout.trim()).toBe(packageVersion());
      expect(rein("-p", "hello", "--provider", "demo").stdout).toContain("I am a script");
      expect(rein("sessions").stdout).toContain("hello");
      expect(rein("doctor").stdout).toContain("proven by a supervisor");
      expect(rein("shutdown").code).toBe(0);
      await using server = await startRein({
        command: ["sh", "-c", 'cd "$0" && exec "$@"', place],
        program: [binary, "serve"],
        environment: upstream.environment,
      });
      await bash(server, "true");
      expect(existsSync(ran)).toBe(false);
    });

    test("a package that is not inside is not looked for in the directory it is called in", async () => {
      const [source, place] = [1, 2].map(() => cleanUp.use(temporaryDirectory()).path);
      const ran = join(place!, "ran");
      makeHostile(place!, ran);
      const entry = join(source!, "entry.ts");
      writeFileSync(
        entry,
        `const say = (error) => console.log(error.message);
        try { require("supports-color"); } catch (error) { say(error); }
        await import("vite").catch(say);`,
      );
      const outfile = join(source!, "program");
      const plugins = [withoutOthersPackages];
      await Bun.build({ entrypoints: [entry], target: "bun", plugins, compile: { outfile } });
      rmSync(join(place!, "bunfig.toml"));
      expect(run(outfile, [], place!).stdout).toBe(
        "“supports-color” is not in this binary.\n“vite” is not in this binary.\n",
      );
      expect(existsSync(ran)).toBe(false);
    });

    test("the commands of `rein` work, through a link and from any directory", () => {
      const place = cleanUp.use(temporaryDirectory()).path;
      const link = join(place, "rein");
      symlinkSync(binary, link);
      expect(run(link, ["--help"], "/").stdout).toContain("Run the server here");
      expect(run(link, ["serve", "--help"], place).stdout).toContain("--data-dir DIRECTORY");
      expect(run(link, ["completions", "bash"], place).stdout).toContain("serve");
      expect(run(link, ["serve", "--port", "x"], place)).toMatchObject({ code: 1 });
      const closed = Bun.spawnSync(["sh", "-c", '"$0" --version >&-', link], { env: {} });
      expect(closed.exitCode).toBe(1);
      expect(closed.stderr.toString()).toContain("Standard output is closed");
    });

    test("a disk without room is told in one sentence", async () => {
      const place = cleanUp.use(temporaryDirectory()).path;
      const child = Bun.spawnSync(
        [
          ..."unshare --user --map-root-user --mount sh -c".split(" "),
          'mount -t tmpfs -o size=6m,mode=700 none "$0" && exec "$1" serve --port 0 --data-dir "$0"',
          place,
          binary,
        ],
        { env: { HOME: place, PATH: process.env.PATH ?? "" } },
      );
      expect(child.exitCode).toBe(1);
      expect(child.stderr.toString()).toMatch(/^rein: Rein's own files \(\d+ MB\) could not be/);
      expect(child.stderr.toString().trim().split("\n")).toHaveLength(1);
    });

    /** The demo's scene, stopped once its command prints. */
    async function stopsShell(server: Rein): Promise<void> {
      const chat = server.chat({ message: shellScene, provider: "demo", permissions: "all" });
      const shown = () => JSON.stringify(chat.session.messages);
      await until(() => /line 2 of 60/.test(shown()), "the command prints");
      const pid = Number(/background: pid (\d+)/.exec(shown())![1]);
      expect(isAlive(pid)).toBe(true);
      await server.stop(chat.sessionId);
      await chat.ended;
      await until(() => !isAlive(pid));
      expect(chat.session.runs.at(-1)).toMatchObject({
        outcome: "stopped",
        receipt: { proof: "proven", survivors: [] },
      });
    }

    function bash(server: Rein, command: string): Promise<{ state: string; output: string }> {
      return toolOf(server, "bash", { command });
    }

    /** What one call of a tool gives. */
    async function toolOf(server: Rein, name: string, input: Record<string, unknown>) {
      upstream.script([toolCall(name, input)], [text("Done.")]);
      const chat = server.chat({
        message: "Go",
        provider: "anthropic",
        model: "claude-scripted",
        permissions: "all",
        cwd: server.cwd,
      });
      await chat.ended;
      return callOf(chat);
    }
  },
);

function callOf(chat: Chat): { state: string; output: string } {
  const parts = chat.session.messages.flatMap(({ parts }) => parts);
  return parts.find(({ type }) => type === "tool-call") as unknown as {
    state: string;
    output: string;
  };
}

function proofOf(rein: Rein): string | undefined {
  return /^Processes: .*$/m.exec(rein.output())?.[0];
}

/** The folder of the one version. */
function unpacked(dataDir: string): string {
  const [version, ...others] = readdirSync(join(dataDir, "program")).filter(
    (name) => !name.startsWith("lock"),
  );
  expect(others).toEqual([]);
  return join(dataDir, "program", version!);
}

/** Of all files below, by path: a file that was written anew has another. */
function inodes(folder: string): Record<string, number> {
  const paths = [...new Bun.Glob("**/*").scanSync({ cwd: folder, dot: true })].toSorted();
  return Object.fromEntries(paths.map((path) => [path, statSync(join(folder, path)).ino]));
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  for await (const bytes of stream) {
    const words = new TextDecoder().decode(bytes);
    if (words !== "") return words;
  }
  return "";
}

function run(program: string, args: string[], cwd: string) {
  const env = { PATH: process.env.PATH ?? "", HOME: cwd, PORT: "0", REIN_TITLES: "off" };
  const { stdout, stderr, exitCode } = Bun.spawnSync([program, ...args], { cwd, env });
  return { stdout: stdout.toString(), stderr: stderr.toString(), code: exitCode };
}

/** All that Bun reads of a directory by itself; each would make the file `ran`. */
function makeHostile(place: string, ran: string): void {
  const code = `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "")`;
  const preload = 'preload = ["./evil.js"]\n';
  writeFileSync(join(place, "evil.js"), code);
  writeFileSync(join(place, "bunfig.toml"), `${preload}[run]\n${preload}`);
  for (const name of [".env", ".env.local", ".env.production"])
    writeFileSync(join(place, name), "BUN_OPTIONS=--preload=./evil.js\nREIN_SANDBOX=off\n");
  const paths = { "*": ["./evil.js"] };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions: { paths } }));
  const names = "vite supports-color node-fetch ws pino-pretty pino debug zod canvas hono";
  for (const name of names.split(" ")) {
    mkdirSync(join(place, "node_modules", name), { recursive: true });
    writeFileSync(join(place, "node_modules", name, "index.js"), code);
  }
  writeFileSync(join(place, "package.json"), '{ "name": "hostile", "preload": ["./evil.js"] }');
}

function packageVersion(): string {
  return (
    JSON.parse(readFileSync(join(import.meta.dir, "../../package.json"), "utf8")) as {
      version: string;
    }
  ).version;
}
