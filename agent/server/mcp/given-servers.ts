/** The configured servers as an engine is given them, to start or reach by itself; and why one of them is not. */
import type { GivenServer } from "../engines/engine";
import type { ConfiguredServer } from "./configured-server";

/** What drives a session in the place of Rein's own loop. */
export interface SessionEngine {
  name: string;
  takesMcpServers: boolean;
}

/** Of those that may run. One over HTTP is given with the token of its sign-in, where there is one; it may need none. */
export function givenServers(wanted: readonly ConfiguredServer[]): Promise<GivenServer[]> {
  return Promise.all(wanted.map(givenServer));
}

async function givenServer({ server, offTools, auth }: ConfiguredServer): Promise<GivenServer> {
  const all = { offTools: [...offTools].toSorted() };
  const token = await auth?.provider.token();
  if (token === undefined || server.type !== "http") return { server, ...all };
  const headers = { ...server.headers, Authorization: `Bearer ${token}` };
  return { server: { ...server, headers }, ...all };
}

/** A sentence about a server that may run, in a session with this engine. */
export function wordsForEngine({ name, takesMcpServers }: SessionEngine): string {
  return takesMcpServers
    ? `${name} starts or reaches it by itself.`
    : `${name} takes no MCP servers: it is not used in this session.`;
}
