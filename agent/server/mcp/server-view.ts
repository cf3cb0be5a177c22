/** What people see of a server, and one that the program which began a session has given as a configured one. */
import { createHash } from "node:crypto";
import { defined } from "../../shared/defined";
import type { McpServerView } from "../../shared/protocol";
import type { McpServer } from "../../shared/requests";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import type { ConfiguredServer } from "./configured-server";
import type { ServerConnection } from "./server-connection";

export function ofSession(server: McpServer): ConfiguredServer {
  const digest = createHash("sha256").update(JSON.stringify(server)).digest("hex");
  const { name } = server;
  return { name, origin: "session", server, digest, standing: "on", offTools: new Set() };
}

export function viewOf(
  { name, origin, standing, auth, offTools }: ConfiguredServer,
  connection: ServerConnection | undefined,
): McpServerView {
  if (standing !== "on" || connection === undefined || connection.state === "ended") {
    const state = standing === "on" ? "not-started" : standing;
    return { name, origin, state, tools: [], prompts: 0, resources: 0 };
  }
  const { state, reason, offered } = connection;
  const signInUrl = state === "sign-in" ? auth?.signInUrl() : undefined;
  return {
    name,
    origin,
    state,
    ...defined({ reason, signInUrl }),
    tools: offered.tools.map(({ own, title, description }) => ({
      name: own,
      title,
      description,
      isOn: !offTools.has(own),
    })),
    prompts: connection.prompts,
    resources: connection.resources,
  };
}

export function short(text: string): string {
  return visibleString(ellipsized(text, 500));
}
