/**
 * Where the servers of people are reached. Each makes its socket in a directory of its account, and the front takes it from
 * there to one that only root may enter: after that no program of anybody's can connect to it or put another in its place.
 */
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../shared/error-code";
import type { AccountNumbers } from "../processes/account-command";
import { identityOf, isAlive, pidNamespace } from "../processes/inspect/process-identity";

/** Only root writes there. */
const base = "/run";

export class SocketPlace {
  readonly #taken: string;
  readonly #offered: string;
  #count = 0;

  /**
   * Of the one server that holds this data directory: removes what an earlier one has left, and what others have left that
   * were killed. Throws where this system has no such place, or this user may not write there.
   */
  constructor(dataDir: string) {
    const own = `rein-${Bun.hash(dataDir).toString(36)}`;
    for (const name of readdirSync(base))
      if (name.startsWith(`${own}-`) || isLeft(name)) removeLeft(join(base, name));
    const { pid, startedAt } = identityOf(process.pid);
    const owner = [own, pid, startedAt, pidNamespace()].join("-");
    this.#taken = mkdtempSync(join(base, `${owner}-taken-`));
    this.#offered = mkdtempSync(join(base, `${owner}-offered-`));
    // To go through, and not to look around.
    chmodSync(this.#offered, 0o711);
  }

  /** A path at which this account can make a socket. */
  offer({ uid, gid }: AccountNumbers): OfferedSocket {
    const directory = join(this.#offered, `${uid}-${this.#count++}`);
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, uid, gid);
    const path = join(directory, "socket");
    return {
      path,
      take: () => this.#take(path, uid),
      remove: () => removeDirectory(directory, path),
    };
  }

  close(): void {
    for (const path of [this.#taken, this.#offered]) removeDirectory(path);
  }

  /** A rename follows no link, and nobody else can change what it has moved. */
  #take(path: string, uid: number): string | undefined {
    const taken = join(this.#taken, crypto.randomUUID().slice(0, 8));
    try {
      renameSync(path, taken);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
    const found = lstatSync(taken);
    if (found.isSocket() && found.uid === uid) return taken;
    if (!found.isDirectory()) unlinkSync(taken);
    throw new Error("something else is in the place of the socket");
  }
}

export interface OfferedSocket {
  path: string;
  /** The socket's path from now on; undefined while it is not there yet. Throws when it is none of this account's. */
  take(): string | undefined;
  remove(): void;
}

/** Of a server of any data directory that runs no more. One in another container is not seen here, and is left alone. */
function isLeft(name: string): boolean {
  const [, pid, startedAt = "", namespace] =
    /^rein-\w+-(\d+)-(\w+)-(\d+)-(?:taken|offered)-/.exec(name) ?? [];
  return namespace === pidNamespace() && !isAlive({ pid: Number(pid), startedAt });
}

function removeLeft(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (lstatSync(path).isDirectory()) removeDirectory(path, join(path, "socket"));
    else unlinkSync(path);
  }
  removeDirectory(directory);
}

/** Never what is in it but a socket: root would follow what its owner swaps meanwhile. */
function removeDirectory(directory: string, socket?: string): void {
  try {
    if (socket !== undefined) rmSync(socket, { force: true });
    rmdirSync(directory);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    // Its owner has put something there, which the next start of the machine removes.
    chownSync(directory, 0, 0);
    chmodSync(directory, 0o700);
  }
}
