/** The Unix account of a person: found in the system's own list, or refused in words. None is ever created. */
import { readFileSync, statSync } from "node:fs";
import { errorCode } from "../../shared/error-code";
import { isAccountName, type UnixAccounts } from "../config/people-options";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import type { ProxyAccounts } from "./proxy-accounts";

export interface UnixAccount {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/** This person has no account that a server could run as; the message is for the person and for who set it up. */
export class NoAccount extends Error {
  override readonly name = "NoAccount";
}

/** The account of this person as it is now. Rejects with NoAccount. */
export async function accountOf(
  person: string,
  accounts: UnixAccounts,
  { jobs, proxies }: { jobs: Pick<Jobs, "run">; proxies: Pick<ProxyAccounts, "isNamed"> },
  signal: AbortSignal,
): Promise<UnixAccount> {
  const name = accounts === "every" ? person : accounts.get(person);
  if (name === undefined)
    throw new NoAccount(
      `REIN_UNIX_USERS names no Unix account for “${person}”. Add ${person}=ACCOUNT to it.`,
    );
  if (!isAccountName(name))
    throw new NoAccount(
      `“${name}” cannot be the name of a Unix account. Name one in REIN_UNIX_USERS: ${person}=ACCOUNT.`,
    );
  const account = await lookUp(name, jobs, signal);
  if (account?.name !== name)
    throw new NoAccount(
      `This machine has no Unix account “${name}”. Rein creates none: make one for ${person} (adduser), or name another in REIN_UNIX_USERS.`,
    );
  const isProxys = await proxies.isNamed(account.uid);
  const shadow = await read("shadow", name, jobs, signal);
  const problem = isProxys ? ofProxy : (problemOf(account) ?? expiryIn(shadow));
  if (problem !== undefined)
    throw new NoAccount(`The Unix account “${name}” is not used: ${problem}`);
  return account;
}

const ofProxy =
  "it is named in REIN_TRUSTED_PROXY_USERS, and what it says of who asks is believed.";

/** Undefined where there is none of this name. */
export async function lookUp(
  name: string,
  jobs: Pick<Jobs, "run">,
  signal: AbortSignal,
): Promise<UnixAccount | undefined> {
  return parse(await read("passwd", name, jobs, signal));
}

/** Its line as passwd(5) or shadow(5) has it, from whatever the system asks (files, LDAP, SSSD); "" where there is none. */
async function read(
  list: "passwd" | "shadow",
  name: string,
  jobs: Pick<Jobs, "run">,
  signal: AbortSignal,
): Promise<string> {
  if (Bun.which("getent") === null) return lineOf(readFileSync(`/etc/${list}`, "utf8"), name);
  let text = "";
  await jobs.run(
    {
      command: ["getent", list, name],
      cwd: "/",
      owner: { sessionId: "unix-users" },
      isHelper: true,
      unconfined: true,
      timeoutMs: 10_000,
      onOutput: (piece) => (text += piece),
    },
    signal,
  );
  return lineOf(text, name);
}

function lineOf(text: string, name: string): string {
  return text.split("\n").find((line) => line.startsWith(`${name}:`)) ?? "";
}

function parse(line: string): UnixAccount | undefined {
  const [name = "", , uid = "", gid = "", , home = "", shell = ""] = line.split(":");
  if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home, shell: commandShell(shell) };
}

/** One that refuses to log anybody in runs no command either, and programs run theirs by $SHELL. */
function commandShell(shell: string): string {
  return shell === "" || /\/(nologin|false|true)$/.test(shell) ? "/bin/sh" : shell;
}

/** As su, ssh and cron take it. A locked password closes no account: many have none. */
function expiryIn(shadow: string): string | undefined {
  const day = shadow.split(":")[7] ?? "";
  if (!/^\d+$/.test(day) || Date.now() < Number(day) * 86_400_000) return undefined;
  return "it has expired (chage -l says when; chage -E -1 opens it again).";
}

const nobody = 65_534;

function problemOf({ uid, gid, home }: UnixAccount): string | undefined {
  if (uid === 0 || uid === process.getuid?.())
    return "it is the one that Rein itself runs as, and could read everything.";
  const least = leastUid();
  if (uid < least || uid === nobody || gid === 0)
    return `it belongs to the system (people's have numbers from ${least} on, and a group of their own).`;
  const found = lookAt(home);
  if (found === undefined) return `its home directory (${home}) is not there.`;
  if (!found.isDirectory() || found.uid !== uid)
    return `its home (${home}) is no directory of its own.`;
  return undefined;
}

function lookAt(home: string) {
  try {
    return statSync(home);
  } catch (err) {
    if (errorCode(err) !== "ENOENT")
      log.warn({ err, home }, "A home directory could not be looked at");
    return undefined;
  }
}

/** From which number on accounts are people's, as this system has it (login.defs). */
export function leastUid(): number {
  try {
    const text = readFileSync("/etc/login.defs", "utf8");
    return Number(/^\s*UID_MIN\s+(\d+)/m.exec(text)?.[1] ?? 1000);
  } catch {
    return 1000; // a system without it has the usual one
  }
}
