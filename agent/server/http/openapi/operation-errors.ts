/** The errors that an operation can answer with: those that it names, and those that follow from what it is. */
import { type ErrorCode, errorCodes } from "../error-codes";
import type { ErrorName, Operation } from "./operation";

/** Their codes by their statuses, lowest first. */
export function errorsOf(named: { path: string; operation: Operation }): [number, ErrorCode[]][] {
  const pairs = namesOf(named).flatMap(statusesOf);
  const byStatus = Map.groupBy(pairs, ({ status }) => status);
  return [...byStatus]
    .toSorted(([a], [b]) => a - b)
    .map(([status, all]) => [status, [...new Set(all.map(({ code }) => code))]]);
}

function namesOf({ path, operation }: { path: string; operation: Operation }): ErrorName[] {
  const names: ErrorName[] = [...(operation.errors ?? [])];
  if (path.includes("/sessions/:id")) names.push("session", "damaged");
  if (operation.query !== undefined) names.push("input");
  if (operation.body !== undefined) names.push("slow", "size");
  if (operation.body !== undefined && operation.body !== "bytes") names.push("json", "input");
  // Another node of a cluster, or a person's own server, may have to answer it.
  if (!operation.isPublic)
    names.push("token", "role", "user", "account", "server", "undelivered", "unshared", "node 404");
  return [...names, "host", "origin", "site", "internal", "storage"];
}

function statusesOf(name: ErrorName): { status: number; code: ErrorCode }[] {
  const [code, only] = name.split(" ") as [ErrorCode, string?];
  const statuses = only === undefined ? errorCodes[code].statuses : [Number(only)];
  return statuses.map((status) => ({ status, code }));
}
