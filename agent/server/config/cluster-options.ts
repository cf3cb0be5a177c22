/** Whether this server is a node of a cluster, and which one: DATABASE_URL and REIN_CLUSTER_KEY make it one. */
import { hostname as machineName } from "node:os";
import { hostname, isLoopback } from "./hostname";
import { isNodeName, nodeNameWords } from "./node-options";

/** How this server takes part. */
export interface ClusterConfig {
  /** The name of this node: unique, and the same after a restart. */
  node: string;
  /** Where the other nodes reach this one: "http://10.0.0.1:3000". */
  address: string;
  /** The secret that all nodes share; each proves with its calls of the others that it has it. */
  key: string;
  databaseUrl: string;
}

interface ClusterOptions {
  databaseUrl: string | undefined;
  key: string | undefined;
  node: string | undefined;
  address: string | undefined;
}

/** Throws an Error that says what is missing. */
export function clusterOf(
  { databaseUrl, key, node, address }: ClusterOptions,
  listens: { host: string; port: number },
): ClusterConfig {
  if (databaseUrl === undefined || key === undefined)
    throw new Error(missingWords(databaseUrl, key));
  return {
    node: node ?? nodeOfMachine(),
    address: address ?? addressOf(listens),
    key,
    databaseUrl,
  };
}

function missingWords(databaseUrl: string | undefined, key: string | undefined): string {
  const missing = [
    databaseUrl === undefined && "DATABASE_URL (the PostgreSQL that the nodes share)",
    key === undefined && "REIN_CLUSTER_KEY (a secret that the nodes share)",
  ].filter(Boolean);
  return `A node of a cluster needs ${missing.join(" and ")}, which is not set. Set it, or leave out REIN_CLUSTER_KEY, REIN_NODE and REIN_NODE_ADDRESS: then this Rein works alone.`;
}

function nodeOfMachine(): string {
  const name = machineName();
  if (isNodeName(name)) return name;
  throw new Error(
    `The name of this machine, “${name}”, cannot be the name of a node. Set REIN_NODE to ${nodeNameWords}.`,
  );
}

function addressOf({ host, port }: { host: string; port: number }): string {
  const name = hostname(host);
  if (isLoopback(name) || name === "0.0.0.0" || name === "::" || port === 0)
    throw new Error(
      `The other nodes need an address of this one, and HOST (${host}) and PORT (${port}) do not say it. Set REIN_NODE_ADDRESS to where they reach it, such as http://10.0.0.1:3000.`,
    );
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
