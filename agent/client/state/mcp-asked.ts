/** How many MCP servers the session's project brings that wait for an answer. */
import { type Accessor, createResource } from "solid-js";
import { activeRun } from "../../shared/session-lookup";
import { api, logFailure, requestTimeout } from "./api-client";
import type { Client } from "./client";
import { askedEntries } from "./mcp-words";
import type { OpenSession } from "./open-session";

/** Inside a component. Asked for anew after a panel was open, and when a run begins or ends: its commands can change the file. 0 while a panel is open. */
export function createAskedCount(client: Client, open: () => OpenSession): Accessor<number> {
  const source = () => {
    const cwd = open().chosen().cwd || client.models.models()?.cwd;
    if (!cwd || client.panel() !== "none") return undefined;
    return `${activeRun(open().session)?.id ?? ""}\0${cwd}`;
  };
  const [answer] = createResource(source, (key) =>
    api
      .mcp(key.slice(key.indexOf("\0") + 1), undefined, requestTimeout())
      .catch((error: unknown) => logFailure("The MCP servers could not be loaded", error)),
  );
  return () => (client.panel() === "none" ? askedEntries(answer.latest ?? undefined).length : 0);
}
