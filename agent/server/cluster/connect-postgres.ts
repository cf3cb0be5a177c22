/** Connections to the PostgreSQL that all nodes share, and what goes wrong with them, in words. */
import { SQL } from "bun";
import { errorCode } from "../../shared/error-code";
import type { Sentence } from "../../shared/protocol";
import { type Reason, reasonOf, sentence } from "../../shared/sentences";
import { RefusedError, schemaName } from "./shared-schema";

/** The server itself ends a connection on which the node is silent for so long, and with it the lock of its node. */
export const idleMs = 2000;
/** What the database does not answer within so long counts as not answered. */
export const databaseSilentMs = 4000;
/** What it has not read by then is done without. */
export const readMs = 5000;

/** So long a statement waits for a lock of the database. */
const lockMs = 3000;

/** The times of a connection that counts as the node, as parameters of PostgreSQL. */
export const timesAtWork = timesOf({ idle: idleMs, lock: lockMs });

export function timesOf({ idle, lock }: { idle: number; lock: number }): Record<string, string> {
  return {
    idle_session_timeout: String(idle),
    idle_in_transaction_session_timeout: String(idle),
    lock_timeout: String(lock),
  };
}

interface PoolOptions {
  url: string;
  /** What PostgreSQL lists it as. */
  name: string;
  max: number;
  /** To connect; 5 by default. */
  withinSeconds?: number;
  /** Parameters of PostgreSQL, by name. */
  settings?: Record<string, string>;
  onClose?: (error: unknown) => void;
}

/** Connects when it is first used. Throws RefusedError when the URL cannot be used. */
export function openPool({
  url,
  name,
  max,
  withinSeconds = 5,
  settings,
  onClose,
}: PoolOptions): SQL {
  try {
    return new SQL(url, {
      max,
      idleTimeout: 0,
      maxLifetime: 0,
      connectionTimeout: withinSeconds,
      connection: {
        application_name: name,
        search_path: schemaName,
        lock_timeout: `${lockMs}`,
        ...settings,
      },
      ...(onClose && { onclose: onClose }),
    });
  } catch (error) {
    throw new RefusedError(`DATABASE_URL cannot be used: ${messageOf(error)}.`, { cause: error });
  }
}

/** Ends its connections at once, those too that do not answer any more; what waits for them is rejected. Never rejects. */
export async function endNow(pool: SQL): Promise<void> {
  await pool.close({ timeout: 0 }).catch(() => {}); // it is closed already
}

/** The same, for who does not wait for it. */
export function abandon(pool: SQL): void {
  endNow(pool).catch(() => {}); // it never rejects
}

/** The database without its user and password: "db:5432/rein". */
export function placeOf(url: string): string {
  const { host, port, pathname, searchParams } = new URL(url);
  const named = searchParams.get("host") ?? (port === "" ? `${host}:5432` : host);
  return `${named}${pathname}`;
}

/** What went wrong with the shared database, and what to do, as sentences. */
export function connectionReason(url: string, error: unknown): Reason {
  if (error instanceof RefusedError) return { reason: error.message };
  return reasonOf(
    sentence("The database that all nodes share ({place}) cannot be used: {error}. {advice}", {
      place: placeOf(url),
      error: messageOf(error),
      advice: adviceOf(error),
    }),
  );
}

function adviceOf(error: unknown): Sentence {
  const state = stateOf(error) ?? "";
  if (state.startsWith("28")) return sentence("Check the user and the password in DATABASE_URL.");
  if (state === "3D000")
    return sentence("Create the database, or name another one in DATABASE_URL.");
  if (state === "25006")
    return sentence("It can only be read: DATABASE_URL must lead to the primary.");
  if (wasSilent(error))
    return sentence("This machine had no time for Rein: see what keeps it busy.");
  if (state === "42501")
    return sentence("Its user must be the owner of the database, to make Rein's tables in it.");
  if (state === "42704" || state === "08P01")
    return sentence(
      "DATABASE_URL must lead to PostgreSQL itself and not to a pooler, with parameters that PostgreSQL knows.",
    );
  if (state === "42P07" || state === "42P01" || state === "42703")
    return sentence(
      "Its schema “{schema}” is not as Rein has made it. Put the database back from a backup, or remove the schema: each node copies what it has again.",
      { schema: schemaName },
    );
  if (state === "53300")
    return sentence("It has as many connections as it may have: raise its max_connections.");
  if (state.startsWith("53")) return sentence("Its machine lacks room: free some.");
  return isOfEncryption(error)
    ? sentence("Change sslmode in DATABASE_URL, or set TLS up in PostgreSQL.")
    : sentence("Check that PostgreSQL runs and that this machine reaches it.");
}

function isOfEncryption(error: unknown): boolean {
  return (
    /TLS|SSL|CERT|CHANNEL/.test(errorCode(error) ?? "") || /sslmode|caFile/.test(messageOf(error))
  );
}

/** PostgreSQL has ended the connection because this process was silent for too long: see `idleMs`. */
function wasSilent(error: unknown): boolean {
  return ["57P05", "25P03"].includes(stateOf(error) ?? "");
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}

/** The five characters by which PostgreSQL names what it refuses; undefined where it did not answer. */
export function stateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("errno" in error)) return undefined;
  return typeof error.errno === "string" && /^[0-9A-Z]{5}$/.test(error.errno)
    ? error.errno
    : undefined;
}

/** For the log: without what rows hold, which PostgreSQL repeats when it refuses a value. */
export function causeOf(error: unknown): string {
  const state = stateOf(error);
  return state?.startsWith("22") ? `PostgreSQL refuses a value (${state})` : messageOf(error);
}
