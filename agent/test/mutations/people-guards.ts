/** Guards of the people of a server: who is believed to be whom, what each may do, and what ends with a removal. */
import type { Guard } from "./guard";

const asks = "server/http/who-asks.ts";
const roles = "server/http/check-role.ts";
const oidc = "server/access/oidc-sign-in.ts";

const ofNames: Guard[] = [
  {
    promise: "who asks is believed from a trusted proxy alone",
    file: asks,
    find: 'value === undefined || !proxy.trusted.has(peerOf(c)?.address ?? "")',
    replace: "value === undefined",
    tests: ["people.test.ts"],
    title: "believed from no other address",
  },
  {
    promise: "what a proxy says that is no name lets nobody in",
    file: asks,
    find: "const name = userName(decodedHeader(value));",
    replace: "const name: string | undefined = decodedHeader(value);",
    tests: ["people.test.ts"],
    title: "anything but a name",
  },
  {
    promise: "the sign-in of a proxy's person is worth nothing without the proxy",
    file: asks,
    find: "signIn?.viaProxy ? proxied !== signIn.user :",
    replace: "signIn?.viaProxy ? false :",
    tests: ["people.test.ts"],
    title: "worth nothing without it",
  },
  {
    promise: "a program of an account on this machine names nobody",
    file: asks,
    find: "if (believed.length > 0 && believed.every(Boolean)) return;",
    replace: "if (believed) return;",
    tests: ["unix-users-attacks.test.ts"],
    title: "whatever name it sends",
  },
  {
    promise: "a guest in the server of another person is no admin of it",
    file: asks,
    find: 'c.req.header(guestHeader) === undefined ? "admin" : "member"',
    replace: '"admin"',
    tests: ["unix-users-shared.test.ts"],
  },
  {
    promise: "no block of trusted proxies is everyone",
    file: "server/config/trusted-proxies.ts",
    find: "if (length < 1 || length > most)",
    replace: "if (length > most)",
    tests: ["trusted-proxies.test.ts"],
  },
  {
    promise: "an address of IPv4 that is written as one of IPv6 is the same proxy",
    file: "server/config/trusted-proxies.ts",
    find: 'return bytes.join(".");',
    replace: "return bytes.length === 4 ? name : name;",
    tests: ["trusted-proxies.test.ts"],
  },
];

const ofRoles: Guard[] = [
  {
    promise: "a member is refused the routes of admins",
    file: roles,
    find: 'if (role === "admin") requireAdmin(c);',
    replace: "",
    tests: ["people-routes.test.ts"],
    title: "refused to a member",
  },
  {
    promise: "a member's lists have no session of another",
    file: roles,
    find: "all.filter((one) => maySee(c, one))",
    replace: "[...all]",
    tests: ["people.test.ts"],
    title: "in every list",
  },
  {
    promise: "a session of another is as one that does not exist",
    file: roles,
    find: "if (role === undefined) throw unknownSession(owned.id);",
    replace: "",
    tests: ["people-routes.test.ts"],
    title: "does not exist",
  },
  {
    promise: "who may watch a session does nothing else in it",
    file: roles,
    find: "if (!includesRole(role, needed))",
    replace: "if (needed === undefined)",
    tests: ["people-shares.test.ts"],
    title: "does nothing else",
  },
  {
    promise: "a session is its owner's",
    file: "shared/session-roles.ts",
    find: 'if (asker.name === user) return "admin";',
    replace: 'if (user !== undefined) return "admin";',
    tests: ["people.test.ts"],
    title: "its owner's, and an admin's",
  },
  {
    promise: "what was shared until a time ends then",
    file: "shared/session-roles.ts",
    find: "own === undefined || hasEnded(own, now)",
    replace: "own === undefined",
    tests: ["people-shares.test.ts"],
    title: "whose time is over",
  },
];

const ofSignIns: Guard[] = [
  {
    promise: "the answer of a sign-in service is of the sign-in that began",
    file: oidc,
    find: "if (known.state !== state ||",
    replace: "if (",
    tests: ["oidc.test.ts"],
    title: "taken once",
  },
  {
    promise: "the answer of a sign-in service is taken once",
    file: oidc,
    find: "|| (await this.#done.find({ id })))",
    replace: ")",
    tests: ["oidc.test.ts"],
    title: "taken once",
  },
  {
    promise: "an address of a bound domain was verified",
    file: oidc,
    find: 'claims["email_verified"] === undefined && allowed.domains === undefined',
    replace: 'claims["email_verified"] === undefined',
    tests: ["oidc.test.ts"],
    title: "who may come in is bounded",
  },
  {
    promise: "an address that is not verified is nobody's name",
    file: oidc,
    find: 'isVerified !== "true" && !isUnsaid',
    replace: 'isVerified === ""',
    tests: ["oidc.test.ts"],
    title: "not verified",
  },
  {
    promise: "who signs in is of a domain that is let in",
    file: oidc,
    find: "if (allowed.domains && !allowed.domains.includes(domain))",
    replace: "if (false)",
    tests: ["oidc.test.ts"],
    title: "who may come in is bounded",
  },
  {
    promise: "who signs in is in a group that is let in",
    file: oidc,
    find: "if (allowed.groups && !allowed.groups.some((one) => groups.includes(one)))",
    replace: "if (false)",
    tests: ["oidc.test.ts"],
    title: "who may come in is bounded",
  },
  {
    promise: "a sign-in by a service begins on a page of http or https",
    file: "server/http/routes/sign-in-routes.ts",
    find: 'if (address?.protocol !== "http:" && address?.protocol !== "https:")',
    replace: "if (address === null)",
    tests: ["oidc.test.ts"],
    title: "begins on a page",
  },
  {
    promise: "a name is the account's that had it first",
    file: "server/access/known-people.ts",
    find: 'return isFree(known, account) ? this.#askerOf(name, known) : "taken";',
    replace: "return this.#askerOf(name, known);",
    tests: ["oidc.test.ts"],
    title: "another account",
  },
];

const ofRemovals: Guard[] = [
  {
    promise: "who was removed is refused",
    file: "server/access/known-people.ts",
    find: "if (known?.removedAt !== undefined) return undefined;",
    replace: "",
    tests: ["people.test.ts"],
    title: "refused at once",
  },
  {
    promise: "what a removed person has begun is stopped",
    file: "server/http/create-access.ts",
    find: "if (removal) onRemoved(name, removal);",
    replace: "",
    tests: ["people-removed.test.ts"],
    title: "their runs are stopped",
  },
  {
    promise: "the schedules of a removed person are off",
    file: "server/http/stop-removed.ts",
    find: "(async () => schedules.turnOff(name))(),",
    replace: "",
    tests: ["people-removed.test.ts"],
    title: "their schedules are off",
  },
  {
    promise: "what a removed person has sent to sessions of others is stopped",
    file: "server/http/stop-removed.ts",
    find: "stopSent(services, name, stop),",
    replace: "",
    tests: ["people-removed.test.ts"],
    title: "sessions of others",
  },
  {
    promise: "the server of a removed person is not started again",
    file: "server/unix-users/person-servers.ts",
    find: "if (this.#parts.removalOf(person) !== undefined)",
    replace: "if (person === undefined)",
    tests: ["unix-users-end.test.ts"],
    title: "who is removed",
  },
  {
    promise: "the server of a removed person ends",
    file: "server/http/people/stop-people.ts",
    find: "await people.end(person);",
    replace: "",
    tests: ["unix-users-end.test.ts"],
    title: "who is removed",
  },
  {
    promise: "what runs in the server of a removed person is stopped by who has removed them",
    file: "server/http/people/stop-people.ts",
    find: 'await stopIn(server, { method: "POST", headers, body: "{}" }, undefined);',
    replace: "",
    tests: ["unix-users-end.test.ts"],
    title: "who is removed",
  },
];

export const peopleGuards: Guard[] = [...ofNames, ...ofRoles, ...ofSignIns, ...ofRemovals];
