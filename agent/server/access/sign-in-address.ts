/** The address at which a browser signs in, and how a second start gets one from the server that runs already. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { log } from "../log";

/** The fragment stays in the browser: no server, log or other site gets to see it. */
export function signInAddress(origin: string, token: string): string {
  return `${origin}/#token=${token}`;
}

/** Notes where the server that works with this directory answers, if the disk takes it. */
export function noteOrigin(dataDir: string, origin: string): void {
  try {
    writeFileSync(join(dataDir, "address"), `${origin}\n`, { mode: 0o600 });
  } catch (err) {
    log.warn({ err }, "A second start will not find this server: its address could not be noted");
  }
}

/** Removes what an earlier server has noted, which may be another program's address by now. */
export function forgetOrigin(dataDir: string): void {
  rmSync(join(dataDir, "address"), { force: true });
}

/** A server that was started a moment before notes its address when it serves. */
const startMs = 1000;
const againMs = 50;

/**
 * A new sign-in address of the server that holds this directory; "refused" when it does not accept the token that is given,
 * or else that of the directory; undefined when nothing answers within a second. Never throws.
 */
export async function askForAddress(
  dataDir: string,
  given: string | undefined,
): Promise<URL | "refused" | undefined> {
  for (const until = performance.now() + startMs; ; await Bun.sleep(againMs))
    try {
      return await ask(dataDir, given);
    } catch {
      // There is no such note yet, or nothing answers there.
      if (performance.now() > until) return undefined;
    }
}

async function ask(dataDir: string, given: string | undefined): Promise<URL | "refused"> {
  const read = (name: string) => readFileSync(join(dataDir, name), "utf8").trim();
  const origin = read("address");
  const token = given ?? read("token");
  const answer = await fetch(`${origin}/api/sign-ins/token`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    redirect: "error",
    signal: AbortSignal.timeout(3000),
  });
  if (!answer.ok) return "refused";
  return new URL(signInAddress(origin, ((await answer.json()) as { token: string }).token));
}
