/** The configured servers as an engine is given them, to start or reach by itself; and why one of them is not. */
import type { GivenServer } from "../engines/engine";
import type { ConfiguredServer } from "./configured-server";

/** What drives a session in the place of Rein's own loop. */
export interface SessionEngine {
  name: string;
  takesMcpServers: boolean;
}

/** Of those that may run. One that wants a person to sign in is given with the token that is kept now, or left out. */
export async function givenServers(wanted: readonly ConfiguredServer[]): Promise<GivenServer[]> {
  const given = await Promise.all(wanted.map(givenServer));
  return given.filter((one) => one !== undefined);
}

async function givenServer(configured: ConfiguredServer): Promise<GivenServer | undefined> {
  const { server, offTools, auth } = configured;
  const all = { offTools: [...offTools].toSorted() };
  if (auth === undefined || server.type !== "http") return { server, ...all };
  const token = await tokenOf(configured);
  if (token === undefined) return undefined;
  const headers = { ...server.headers, Authorization: `Bearer ${token}` };
  return { server: { ...server, headers }, ...all };
}

/** A sentence about a server that may run, in a session with this engine. */
export async function wordsForEngine(
  configured: ConfiguredServer,
  { name, takesMcpServers }: SessionEngine,
): Promise<string> {
  if (!takesMcpServers) return `${name} takes no MCP servers: it is not used in this session.`;
  const isLeftOut = configured.auth !== undefined && (await tokenOf(configured)) === undefined;
  return isLeftOut
    ? `${name} is not given it: sign in to it first, in a session of Rein's own.`
    : `${name} starts or reaches it by itself.`;
}

async function tokenOf({ auth }: ConfiguredServer): Promise<string | undefined> {
  return (await auth?.provider.tokens())?.access_token;
}
