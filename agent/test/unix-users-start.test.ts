/** What makes a front of a server, or one person's server of it, is read from its start, and refused in words where it cannot be. */
import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../server/config/config";
import { givenCluster } from "./given-cluster";
import { findOrdinaryUser } from "./ordinary-user";
import { startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";

const people = { REIN_USER_HEADER: "X-Forwarded-User", REIN_TRUSTED_PROXIES: "127.0.0.1" };
const read = (environment: Record<string, string>) => {
  using directory = temporaryDirectory();
  return readConfig([], { REIN_DATA_DIR: directory.path, ...people, ...environment });
};

test("people have the accounts that are named, or those of their names, or none", () => {
  expect(read({}).unixUsers).toBeUndefined();
  expect(read({ REIN_UNIX_USERS: "off" }).unixUsers).toBeUndefined();
  expect(read({ REIN_UNIX_USERS: "on" }).unixUsers?.accounts).toBe("every");
  const named = read({ REIN_UNIX_USERS: "anna@example.org=anna, bob=bwork" }).unixUsers;
  expect(named?.accounts).toEqual(
    new Map([
      ["anna@example.org", "anna"],
      ["bob", "bwork"],
    ]),
  );
});

test.each(["anna", "anna=a,bob=a", "anna=a,anna=b", "=a", "yes"])(
  "REIN_UNIX_USERS=%s is refused",
  (value) => {
    expect(() => read({ REIN_UNIX_USERS: value })).toThrow("expected on, off, or people");
  },
);

test("accounts without people, and beside a shared database, are refused", () => {
  const nobody = { REIN_UNIX_USERS: "on", REIN_USER_HEADER: "", REIN_TRUSTED_PROXIES: "" };
  expect(() => read(nobody)).toThrow("needs people with names");
  const shared = {
    REIN_UNIX_USERS: "on",
    DATABASE_URL: "postgres://db/rein",
    REIN_CLUSTER_KEY: "a-key-of-thirty-two-characters-at-least",
    REIN_NODE: "a",
    REIN_NODE_ADDRESS: "http://127.0.0.1:3000",
    PORT: "3000",
  };
  expect(() => read(shared)).toThrow("do not go together");
});

test("options of the start hold for the servers of people, and no key and no token is among them", () => {
  const { unixUsers } = read({
    REIN_UNIX_USERS: "on",
    REIN_SANDBOX: "off",
    REIN_HOSTS: "rein.example",
    REIN_TOKEN: "a token of its own",
    REIN_ENVIRONMENT: "SECRET_*",
    ANTHROPIC_API_KEY: "key",
  });
  expect(unixUsers?.passedOn).toEqual({
    REIN_SANDBOX: "off",
    REIN_HOSTS: "127.0.0.1,rein.example",
    REIN_ENVIRONMENT: "SECRET_*",
  });
});

test("a server listens on a Unix socket in the place of a port", async () => {
  using directory = temporaryDirectory();
  const socket = join(directory.path, "socket");
  const token = "token-of-this-test";
  const cluster = await givenCluster({}, join(directory.path, ".rein"));
  await using server = Bun.spawn([process.execPath, join(import.meta.dir, "../server/index.ts")], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: directory.path,
      REIN_SOCKET: socket,
      REIN_TOKEN: token,
      ...cluster,
    },
    stdout: "pipe",
    stderr: "ignore",
  });
  const said = server.stdout.getReader();
  const line = new TextDecoder().decode((await said.read()).value);
  expect(line).toContain(`is at unix:${socket}\n`);
  // No sign-in is offered where no browser comes.
  expect(line).not.toContain("token=");
  expect(statSync(socket).isSocket()).toBe(true);
  const init = { unix: socket, headers: { Authorization: `Bearer ${token}` } };
  expect((await fetch("http://localhost/api/sessions", init)).status).toBe(200);
  expect((await fetch("http://localhost/api/sessions", { unix: socket })).status).toBe(401);
  server.kill();
  expect(await server.exited).toBe(0);
});

const user = findOrdinaryUser();
test.skipIf(user === undefined)(
  `a server that is not root's refuses to start as a front${user ? "" : " (skipped: it needs root, to be another user)"}`,
  async () => {
    await using ordinary = user!;
    const program = [process.execPath, join(import.meta.dir, "../server/index.ts")];
    const environment = {
      ...people,
      REIN_UNIX_USERS: "on",
      REIN_DATA_DIR: join(ordinary.home, "data"),
    };
    const starting = startRein({ environment, command: ordinary.command(), program });
    const said = await starting.then(() => "it started", String);
    expect(said).toContain("only root may start servers as other accounts");
  },
);
