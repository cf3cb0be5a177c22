/** Whether this server may start servers as other accounts, tried at its start: what it lacks is said in words. */
import { lstatSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { neverAborts } from "../abort";
import { asAccount } from "../processes/account-command";
import type { Jobs } from "../processes/jobs";
import { PersonServers, type PersonServersParts } from "./person-servers";
import { isBinary, programFile, programParts, runningProgram } from "../program-files";

/** Rejects with an Error that says what to change where this server may not. */
export async function startUnixUsers(
  parts: Omit<PersonServersParts, "program">,
): Promise<PersonServers> {
  await checkUnixUsers(parts.jobs, parts.dataDir);
  return new PersonServers({ ...parts, program: serverProgram() });
}

/** Of a server, for a person; absolute. */
export function serverProgram(): string[] {
  if (isBinary) return [runningProgram, "serve"];
  return [runningProgram, "--no-env-file", "--no-install", programFile("agent/server/index.ts")];
}

async function checkUnixUsers(jobs: Pick<Jobs, "run">, dataDir: string): Promise<void> {
  const problem = lackOf() ?? foreignPart([...programParts(), runningProgram, dataDir]);
  if (problem !== undefined) throw new Error(words(problem));
  const said = await tryAccount(jobs);
  if (said !== undefined) throw new Error(words(said));
}

function words(problem: string): string {
  return `REIN_UNIX_USERS is set, but ${problem} Without it people share the Unix user that Rein runs as.`;
}

function lackOf(): string | undefined {
  if (process.platform !== "linux") return "servers as other accounts are started on Linux only.";
  if (process.getuid?.() !== 0)
    return "only root may start servers as other accounts: start Rein as root (a system service without User=).";
  if (Bun.which("setpriv") === null) return "there is no setpriv here: install util-linux.";
  return undefined;
}

/** Who can change what root runs is root. */
function foreignPart(paths: string[]): string | undefined {
  for (const path of paths)
    for (let part = realpathSync(path); ; part = dirname(part)) {
      const { uid, mode } = lstatSync(part);
      const isSticky = (mode & 0o1000) !== 0;
      if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky))
        return `others than root can change ${part}, and with it what root runs: give it to root (chown root, chmod go-w), or install Rein elsewhere.`;
      if (part === dirname(part)) break;
    }
  return undefined;
}

const nobody = { uid: 65_534, gid: 65_534 };

/** As an account without rights, which has to be able to run the same program. */
async function tryAccount(jobs: Pick<Jobs, "run">): Promise<string | undefined> {
  let said = "";
  const { exitCode } = await jobs.run(
    {
      command: asAccount(
        nobody,
        isBinary ? [runningProgram, "--version"] : [...serverProgram(), "--version"],
      ),
      cwd: "/",
      owner: { sessionId: "unix-users" },
      isHelper: true,
      unconfined: true,
      timeoutMs: 20_000,
      onOutput: (text) => (said = (said + text).slice(-1000)),
    },
    neverAborts,
  );
  if (exitCode === 0) return undefined;
  const [first = ""] = said.trim().split("\n");
  return `a program started as another account does not run (${first || "no answer"}): all accounts have to be able to read and run Rein (${runningProgram}).`;
}
