/** Guards of a cluster: what passes from node to node, who writes what, and what is said of a stop's end. */
import type { Guard } from "./guard";

const hop = "server/http/cluster/hop.ts";
const calls = "server/cluster/node-calls.ts";

const ofHops: Guard[] = [
  {
    promise: "a page cannot speak as a node",
    file: hop,
    find: 'if (c.req.header("origin") !== undefined || c.req.header("sec-fetch-site") !== undefined)',
    replace: "if (c.req.path === undefined)",
    tests: ["cluster-hop.test.ts"],
    title: "refused from a page",
  },
  {
    promise: "a request that means another node is not answered",
    file: hop,
    find: "if (meant !== undefined && meant !== node)",
    replace: "if (meant === undefined && meant === node)",
    tests: ["cluster-hop.test.ts"],
    title: "means another node",
  },
  {
    promise: "a request that comes back to its own node is not answered",
    file: hop,
    find: 'if (from === node || from.includes(","))',
    replace: 'if (from.includes(","))',
    tests: ["cluster-hop.test.ts"],
    title: "comes back to its own",
  },
  {
    promise: "a node does not read what another version may mean otherwise",
    file: hop,
    find: "if (wire !== String(wireVersion) && !isHealth",
    replace: "if (wire === undefined && !isHealth",
    tests: ["cluster-hop.test.ts"],
    title: "could be misread",
  },
  {
    promise: "a stop passes between nodes of two versions",
    file: hop,
    find: "&& !isStop(`${c.req.method} ${c.req.path}`))",
    replace: ")",
    tests: ["cluster-hop.test.ts"],
    title: "could be misread",
  },
  {
    promise: "who asks at another node is who asked the first one",
    file: hop,
    find: 'c.set("asker", askerIn(c.req.header(askerHeader)));',
    replace: 'c.set("asker", { role: "admin" });',
    tests: ["cluster-people.test.ts"],
  },
  {
    promise: "a request is passed on once",
    file: "server/http/cluster/forward-requests.ts",
    find: 'if (c.get("hop") !== undefined) return answerHop(cluster, named, next);',
    replace: "",
    tests: ["cluster-hop.test.ts"],
    title: "of a third node",
  },
  {
    promise: "what answers at a node's address is that node",
    file: calls,
    find: "if (answers !== id)",
    replace: "if (answers === undefined)",
    tests: ["cluster-hop.test.ts"],
    title: "answer of something else",
  },
  {
    promise: "a node that refuses the key of this one has not answered",
    file: calls,
    find: "const isRefused = status === 401 || status === 429;",
    replace: "const isRefused = status === 0;",
    tests: ["cluster-hop.test.ts"],
    title: "node with another key",
  },
  {
    promise: "a call to a node is not redirected",
    file: calls,
    find: 'redirect: "error",',
    replace: 'redirect: "follow",',
    tests: ["cluster-hop.test.ts"],
    title: "answer of something else",
  },
  {
    promise: "the cookies of a client stay at the node that it asks",
    file: "server/http/cluster/passed-headers.ts",
    find: 'const ofRequests = ["accept",',
    replace: 'const ofRequests = ["cookie", "accept",',
    tests: ["cluster-hop.test.ts"],
    title: "nor its cookies",
  },
  {
    promise: "a stop that was answered by anything else is no stop",
    file: "server/http/cluster/forward-to.ts",
    find: "if (isAnswered || isRefusal(answer)) return undefined;",
    replace: "if (answer) return undefined;",
    tests: ["cluster-false-owner.test.ts"],
    title: "not answered as one",
  },
  {
    promise: "a stop of what others have settled of a silent node is not acknowledged",
    file: "server/http/cluster/ended-meanwhile.ts",
    find: "return { unseen: true };",
    replace: 'return { answer: { stopped: false, message: "It has ended." } };',
    tests: ["cluster-undelivered.test.ts"],
  },
];

const ofEnds: Guard[] = [
  {
    promise: "a stop whose end the database has not got says so",
    file: "server/run/active-run.ts",
    find: "const unshared = isShared ? undefined : (true as const);",
    replace: "const unshared = undefined; void isShared;",
    tests: ["cluster-run-end.test.ts"],
    title: "answered as unshared",
  },
  {
    promise: "the end of a run leaves its node when the database has it",
    file: "server/cluster/shared-writer.ts",
    find: "    this.#waiters.add(waiter);\n    this.#now();",
    replace: "    done(true);",
    tests: ["cluster-run-end.test.ts"],
    title: "when the shared database has it",
  },
  {
    promise: "what a dead node has left is settled by one that holds its lock",
    file: "server/cluster/settle-left.ts",
    find: "if (!(await takeLockMeanwhile(sql, id))) return undefined;",
    replace: "",
    tests: ["cluster-settle-once.test.ts"],
  },
  {
    promise: "what a dead node has left is settled at the epoch at which it was seen",
    file: "server/cluster/settle-left.ts",
    find: "AND epoch = ${epoch} RETURNING",
    replace: "AND ${epoch}::bigint > 0 RETURNING",
    tests: ["cluster-settle-once.test.ts"],
  },
  {
    promise: "a run that runs here has ended as others say once they have settled it",
    file: "server/cluster/own-end.ts",
    find: "if (isActive) return false;",
    replace: "",
    tests: ["own-end.test.ts"],
  },
  {
    promise: "an end that was told stays when others have settled the run meanwhile",
    file: "server/cluster/own-end.ts",
    find: "isOver ? isBefore(own.run, theirs.run) :",
    replace: "isOver ? false :",
    tests: ["cluster-own-end.test.ts"],
  },
  {
    promise: "what was written until the node died stays",
    file: "server/cluster/own-end.ts",
    find: ": hasMore(own.messages, theirs.messages);",
    replace: ": false;",
    tests: ["cluster-own-end.test.ts"],
    title: "written until it died",
  },
];

const ofOwners: Guard[] = [
  {
    promise: "a node writes nothing into a session that another one has",
    file: "server/cluster/shared-statements.ts",
    find: "SELECT sessions.id FROM sessions WHERE node <> $1 AND",
    replace: "SELECT sessions.id FROM sessions WHERE node IS NULL AND",
    tests: ["cluster-copy.test.ts"],
    title: "writes nothing into them",
  },
  {
    promise: "a node has the pen by its lock alone",
    file: "server/cluster/register-node.ts",
    find: "while (!(await step((sql) => takeLock(sql, node)))) {",
    replace: "while (step === undefined && !(await step((sql) => takeLock(sql, node)))) {",
    tests: ["cluster-join.test.ts"],
    title: "of one that runs is refused",
  },
  {
    promise: "a session that another node has is not begun here by its id",
    file: "server/cluster/session-claims.ts",
    find: "const isFree = owner === null || owner === node;",
    replace: "const isFree = true;",
    tests: ["cluster-same-id.test.ts"],
    title: "is one session everywhere",
  },
  {
    promise: "of two nodes that begin a session by one id in the same moment one does",
    file: "server/cluster/session-claims.ts",
    find: "const mine = taken ? {",
    replace: "const mine = taken !== undefined ? {",
    tests: ["cluster-same-id.test.ts"],
    title: "is one session everywhere",
  },
  {
    promise: "an id that is no text asks no database",
    file: "server/cluster/session-places.ts",
    find: 'return !id.includes("\\0") && id.isWellFormed();',
    replace: "return id !== undefined;",
    tests: ["cluster-same-id.test.ts"],
    title: "cannot be asked for",
  },
  {
    promise: "a clock that is set back does not put the pause of an outage off",
    file: "server/cluster/hold-runs.ts",
    find: "}, holdTimes.afterMs);",
    replace:
      '}, holdTimes.afterMs + (database.state.name === "gone" ? database.state.since - Date.now() : 0));',
    tests: ["hold-runs.test.ts"],
  },
];

export const clusterGuards: Guard[] = [...ofHops, ...ofEnds, ...ofOwners];
