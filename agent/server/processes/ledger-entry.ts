/** What the ledger keeps of one job, as lines of JSON that are only appended: its server and owner, its processes. */
import { lstatSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { ProcessIdentity } from "./inspect/process-identity";

const pid = z.number().int().min(2);
const identity = z.object({ pid, startedAt: z.string().max(100) });
const name = z.string().max(200).optional();

/** The first line, written before the job has a process. */
const opened = z.object({
  boot: z.string().max(100),
  server: identity,
  owner: z
    .object({
      sessionId: z.string().max(200),
      runId: name,
      toolCallId: name,
      subagentId: name,
      hookId: name,
    })
    .optional(),
  /** One of Rein's own programs. */
  isHelper: z.literal(true).optional(),
  isEngine: z.literal(true).optional(),
  /** Of its server, see inherited-mark.ts. */
  mark: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
});

/** The second. Older versions wrote both as one line. */
const started = z.object({
  leader: identity,
  supervisor: identity.optional(),
  cgroup: z.string().max(4096).optional(),
});

/** The others: a process of the job that was seen, */
const seen = z.tuple([pid, z.string().max(100)]);
/** or of an engine's job one that is the engine's own, and no command of its model. */
const own = z.tuple([pid, z.string().max(100), z.literal("own")]);

export type OpenedLine = z.infer<typeof opened>;
export type StartedLine = z.infer<typeof started>;

export interface LedgerEntry extends OpenedLine, Partial<StartedLine> {
  id: string;
  seen: ProcessIdentity[];
  own: ProcessIdentity[];
}

/** More than the ledger ever writes of one job. */
const maxBytes = 1_000_000;

export function seenLine({ pid, startedAt }: ProcessIdentity): string {
  return `${JSON.stringify([pid, startedAt])}\n`;
}

export function ownLine({ pid, startedAt }: ProcessIdentity): string {
  return `${JSON.stringify([pid, startedAt, "own"])}\n`;
}

/**
 * Throws when the first line cannot be read. The others are read as far as they can be: a server that is killed leaves its
 * last line unfinished.
 */
export function readEntry(id: string, path: string): LedgerEntry {
  const file = lstatSync(path);
  if (!file.isFile() || file.size > maxBytes) throw new Error("not a file of the ledger");
  const lines = readFileSync(path, "utf8").split("\n").map(parseJson);
  const first = opened.parse(lines[0]);
  const { cgroup, ...processes } =
    lines.map((line) => started.safeParse(line).data).find(Boolean) ?? {};
  const isOwn = cgroup !== undefined && isOf(id, first.server, cgroup);
  return {
    ...first,
    ...processes,
    ...(isOwn && { cgroup }),
    id,
    seen: lines.flatMap((line) => identityIn(seen, line)),
    own: lines.flatMap((line) => identityIn(own, line)),
  };
}

/** Of no other job, whatever the file says: all in it is killed. Older versions did not name the server's pid namespace. */
function isOf(id: string, { pid, startedAt }: ProcessIdentity, cgroup: string): boolean {
  const ofServer = `/rein/${pid}-${startedAt}-`;
  const at = cgroup.lastIndexOf(ofServer);
  const rest = cgroup.slice(at + ofServer.length);
  return at >= 0 && (rest === id || rest.replace(/^\d+-/, "") === id);
}

function identityIn(form: typeof seen | typeof own, line: unknown): ProcessIdentity[] {
  const { data } = form.safeParse(line);
  return data === undefined ? [] : [{ pid: data[0], startedAt: data[1] }];
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // unfinished
  }
}
