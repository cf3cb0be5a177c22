/** `${NAME}` and `${NAME:-default}` in the texts of a project's server: a project gets no variable that its commands do not get. */
import { isAbsolute, join } from "node:path";
import type { McpServerShown } from "../../shared/protocol";
import { type McpServer, mcpServer } from "../../shared/requests";

/** What is started: its command is absolute, or searched on the path. Or why it cannot be, as a sentence. */
export function expandServer(
  name: string,
  shown: McpServerShown,
  cwd: string,
  variables: Readonly<Record<string, string>>,
): McpServer | string {
  const missing = new Set<string>();
  const expand = (text: string): string =>
    text.replaceAll(
      /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g,
      (_, variable: string, other?: string) => {
        const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
        if (value === undefined && other === undefined) missing.add(variable);
        return value || (other ?? "");
      },
    );
  const expandAll = (values: Record<string, string | null>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, expand(value ?? "")]));
  const server =
    shown.type === "stdio"
      ? {
          type: shown.type,
          name,
          command: inDirectory(expand(shown.command), cwd),
          args: shown.args.map(expand),
          env: expandAll(shown.env),
        }
      : {
          type: shown.type,
          name,
          url: expand(shown.url),
          headers: expandAll(shown.headers),
        };
  if (missing.size > 0)
    return `commands do not get the variable ${[...missing].join(", ")}. Allow it under “Commands” in the settings, or write a value in its place.`;
  const parsed = mcpServer.safeParse(server);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join(".") ?? "the entry"}: ${issue?.message ?? "it cannot be"}.`;
}

/** A name alone is searched on the path; with a slash it is a file. */
function inDirectory(command: string, cwd: string): string {
  return command.includes("/") && !isAbsolute(command) ? join(cwd, command) : command;
}
