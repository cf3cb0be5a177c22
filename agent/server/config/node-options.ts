/** The options that make a node of a cluster of the server. */
import { option } from "./option";

export const nodeNameWords =
  "a name of at most 63 letters, digits, dots, hyphens and underscores, which stays the same";

export const nodeOptions = {
  databaseUrl: option({
    flag: "database-url",
    variable: "DATABASE_URL",
    value: "URL",
    help: "PostgreSQL (15 or newer) that several Reins share; needs --cluster-key",
    default: "none: it works alone",
    expected: "the URL of a PostgreSQL, such as postgres://user:password@host:5432/rein",
    secret: true,
    parse: (text) =>
      /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text) ? text : undefined,
  }),
  clusterKey: option({
    flag: "cluster-key",
    variable: "REIN_CLUSTER_KEY",
    value: "TEXT",
    help: "Secret of at least 16 characters, the same on all of them",
    default: "none: it works alone",
    expected: "a random text of at least 16 characters, the same on every node",
    secret: true,
    parse: (text) => (/^[\x21-\x7e]{16,}$/.test(text) ? text : undefined),
  }),
  node: option({
    flag: "node",
    variable: "REIN_NODE",
    value: "NAME",
    help: "Name of this one among them",
    default: "the name of the machine",
    expected: nodeNameWords,
    parse: (text) => (isNodeName(text) ? text : undefined),
  }),
  nodeAddress: option({
    flag: "node-address",
    variable: "REIN_NODE_ADDRESS",
    value: "URL",
    help: "Where the others reach this one",
    default: "from --host and --port",
    expected: "an address without a path, such as http://10.0.0.1:3000",
    parse: parseOrigin,
  }),
};

export function isNodeName(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,62}$/.test(text);
}

function parseOrigin(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "") return undefined;
  return url.href === `${url.origin}/` ? url.origin : undefined;
}
