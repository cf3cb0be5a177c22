/** An engine in the sandbox of commands: its program, its home and the gate are there at every level, and nothing more. */
import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { startChild } from "../server/engines/engine-child";
import { createJobs } from "../server/processes/create-jobs";
import { testJobs } from "./processes-bench";
import { lastingDirectory, temporaryDirectory } from "./temporary-directory";

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";
const sandboxed = lack ? test.skip : test;

const owner = { sessionId: "session" };
const dataDir = lastingDirectory("rein-engine-data-");
const home = join(dataDir, "engines/session/one");
/** Of another session. */
const otherHome = join(dataDir, "engines/another/one");
for (const path of [home, otherHome]) mkdirSync(path, { recursive: true });
writeFileSync(join(otherHome, "known"), "from another session");
writeFileSync(join(home, "known"), "from before");
writeFileSync(join(dataDir, "token"), "a secret");

/** Installed where a sandbox hides all: the temporary directory. It is found by a link, and uses a file of its package. */
const program = install(lastingDirectory("rein-engine-program-"));

function install(folder: string): string {
  const packages = join(folder, "node_modules");
  mkdirSync(join(packages, "engine"), { recursive: true });
  mkdirSync(join(packages, ".bin"));
  writeFileSync(join(packages, "engine/part.sh"), "echo part loaded\n");
  const file = join(packages, "engine/main.sh");
  writeFileSync(file, '#!/bin/bash\n. "$(dirname "$(realpath "$0")")/part.sh"\neval "$1"\n');
  chmodSync(file, 0o755);
  const link = join(packages, ".bin/engine");
  Bun.spawnSync(["ln", "-s", "../engine/main.sh", link]);
  return link;
}

function serve(words: string) {
  return Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(words) });
}

async function run(
  network: boolean | string[],
  script: string,
  more: {
    gatePort?: number;
    writable?: string[];
    command?: string[];
    env?: Record<string, string>;
  },
): Promise<string[]> {
  using cwd = temporaryDirectory();
  const jobs = createJobs({ dataDir, sandbox: { network } });
  const request = { name: "Engine", command: [program, script], cwd: cwd.path, env: {}, owner };
  const child = await startChild(jobs, { ...request, ...more }, neverAborts);
  const lines = await Array.fromAsync(child.lines);
  expect(await child.ended).toMatchObject({ survivors: [], proof: "proven" });
  return lines;
}

const curl = "curl -sS --max-time 5 -w '\\n'";

for (const network of [true, false, ["example.com"]] as const)
  sandboxed(
    `an engine in a sandbox runs, keeps its home, and reaches the gate: network ${String(network)}${lack}`,
    async () => {
      using gate = serve("the gate");
      using other = serve("another service");
      const script = [
        `cat ${home}/known; echo; echo kept >${home}/new; cat ${dataDir}/token`,
        `cat ${otherHome}/known; mkdir -p ${otherHome}; echo bad >>${otherHome}/known`,
        `${curl} http://127.0.0.1:${gate.port}/`,
        `${curl} http://127.0.0.1:${other.port}/`,
        `${curl} http://localhost:${gate.port}/`,
        "echo over",
      ].join("; ");
      const lines = await run(network === true ? true : (network as false | string[]), script, {
        gatePort: gate.port!,
        writable: [home, join(dataDir, "missing")],
      });
      const reached = network === true ? ["the gate", "another service"] : ["the gate"];
      expect(lines).toEqual(["part loaded", "from before", ...reached, "the gate", "over"]);
      expect(readFileSync(join(home, "new"), "utf8")).toBe("kept\n");
      expect(readFileSync(join(otherHome, "known"), "utf8")).toBe("from another session");
    },
  );

sandboxed(
  `an engine with a log-in of its own writes where that is or would be, and nowhere else${lack}`,
  async () => {
    const own = mkdtempSync(join(homedir(), ".rein-test-"));
    try {
      const named = own.replace(homedir(), "~");
      const beside = `${own}-beside`;
      const [deep, file] = ["config/deep", "settings.json"].map((name) => join(own, name)) as [
        string,
        string,
      ];
      const script = `touch ${deep}/kept ${own}/kept ${beside} ${file}; echo over`;
      const writable = [`${named}/config/deep`, `${named}/settings.json`];
      expect(await run(true, script, { writable })).toContain("over");
      const isThere = [join(deep, "kept"), join(own, "kept"), beside, file].map((path) =>
        existsSync(path),
      );
      expect(isThere).toEqual([true, false, false, false]);
    } finally {
      rmSync(own, { recursive: true });
    }
  },
);

sandboxed(
  `a program is found that is a link among temporary files, or that a variable names${lack}`,
  async () => {
    const [links, files, data] = ["links", "files", "data"].map((name) =>
      lastingDirectory(`rein-${name}-`),
    ) as [string, string, string];
    const inner = join(files, "inner");
    writeFileSync(inner, "#!/bin/sh\necho inner runs\n");
    const outer = join(files, "outer");
    writeFileSync(
      outer,
      '#!/bin/sh\necho outer runs\n"$INNER_PATH"\n[ -e "$DATA_PATH" ] && echo data shown\n',
    );
    for (const file of [inner, outer]) chmodSync(file, 0o755);
    const link = join(links, "engine");
    symlinkSync(outer, link);
    const env = { INNER_PATH: inner, DATA_PATH: data };
    const lines = await run(true, "", { command: [link], env });
    expect(lines).toEqual(["outer runs", "inner runs"]);
  },
);

sandboxed(`a program in the engine's own directory can be written there${lack}`, async () => {
  using cwd = temporaryDirectory();
  const inside = install(cwd.path);
  const jobs = createJobs({ dataDir, sandbox: { network: true } });
  const command = [inside, "touch node_modules/engine/added"];
  const request = { name: "Engine", command, cwd: cwd.path, env: {}, owner };
  const child = await startChild(jobs, request, neverAborts);
  await child.ended;
  expect(existsSync(join(cwd.path, "node_modules/engine/added"))).toBe(true);
});

sandboxed(
  `an engine that goes out by itself is refused with what to do where commands have no network${lack}`,
  async () => {
    expect(run(false, "echo started", {})).rejects.toMatchObject({
      code: "engine-network",
      message:
        "Engine reaches its service by itself, and the network of commands is off. Allow the network in Settings → Commands, or use Engine with one of Rein's providers.",
    });
    expect(await run(["example.com"], "echo started", {})).toContain("started");
  },
);
