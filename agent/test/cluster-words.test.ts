/** What a node says at its start to who wants to sign in from another machine. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

test.skipIf(lacksPostgres !== "")(
  `a node without a token of the operator's names the file that has the one of all nodes, and that one signs in${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const databaseUrl = await postgres.createDatabase();
    using directory = temporaryDirectory();
    await using node = await startRein({
      dataDir: directory.path,
      environment: {
        HOST: "0.0.0.0",
        DATABASE_URL: databaseUrl,
        REIN_CLUSTER_KEY: "key-of-the-cluster-in-tests",
        REIN_NODE: "a",
        REIN_NODE_ADDRESS: "http://127.0.0.1:1",
      },
    });
    await until(() => node.output().includes("Keep both secret."), "it says how others sign in");
    expect(node.output()).toMatch(
      /enters the text of the file “token” in the data directory, which all nodes derive from REIN_CLUSTER_KEY, in the sign-in form/,
    );
    const token = readFileSync(join(directory.path, "token"), "utf8").trim();
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(new URL("/api/sessions", node.url), { headers })).status).toBe(200);
  },
);
