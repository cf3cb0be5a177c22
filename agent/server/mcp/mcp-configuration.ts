/** Which MCP servers a directory has, by the settings and its project, and what people have answered about the project's. */
import { defined } from "../../shared/defined";
import type { McpEntry, McpServerShown } from "../../shared/protocol";
import type { McpAnswerRequest, McpServer, McpSettings } from "../../shared/requests";
import { realPath } from "../files/real-path";
import { digestOf } from "../trust/digest";
import type { ConfiguredServer, ServerAuth } from "./configured-server";
import { expandServer } from "./expand-variables";
import { fileWarnings } from "./file-warnings";
import type { KeptMcpAnswer, McpAnswers } from "./kept-answers";
import type { McpSignIns } from "./mcp-sign-ins";
import { projectFileName, readProjectFile } from "./project-file";
import type { SignInPlace } from "./sign-in-provider";

export interface McpConfigurationParts {
  settings: () => McpSettings;
  answers: McpAnswers;
  signIns: McpSignIns;
  /** The variables that a project's file may name. */
  variables: () => Record<string, string>;
}

/** A server, as it is shown and as it is started. */
interface Known {
  entry: McpEntry;
  server: McpServer;
  auth: ServerAuth | undefined;
}

export interface McpEntries {
  entries: McpEntry[];
  /** What cannot be used of the project's file, in sentences. */
  problems: string[];
}

export class McpConfiguration {
  readonly #parts: McpConfigurationParts;

  constructor(parts: McpConfigurationParts) {
    this.#parts = parts;
  }

  /** Of one name the settings have precedence. Throws only the signal's reason. */
  async configured(cwd: string, signal: AbortSignal): Promise<ConfiguredServer[]> {
    const { known } = await this.#known(cwd, signal);
    return known.map(({ entry, server, auth }) => ({
      name: entry.name,
      origin: entry.origin,
      server,
      // Of the sign-in too: with another one, or none, it is opened anew.
      digest: digestOf({ server, timeoutSeconds: entry.timeoutSeconds, signIn: entry.signIn }),
      standing: entry.standing,
      offTools: new Set(entry.offTools),
      ...(entry.timeoutSeconds !== undefined && { callTimeoutMs: entry.timeoutSeconds * 1000 }),
      ...defined({ auth }),
    }));
  }

  /** As people see them; of the settings no value of a variable or a header. Throws as `configured` does. */
  async entries(cwd: string, signal: AbortSignal): Promise<McpEntries> {
    const { known, problems } = await this.#known(cwd, signal);
    return { entries: known.map(({ entry }) => entry), problems };
  }

  /** Keeps an answer to the entry that was shown. False when the project no longer has it. Throws what the file system throws, or the signal's reason. */
  async answer(
    cwd: string,
    { name, digest, answer, offTools }: McpAnswerRequest,
    signal: AbortSignal,
  ): Promise<boolean> {
    const directory = await realPath(cwd, signal);
    const { servers } = await readProjectFile(directory, signal);
    const server = servers.get(name);
    if (server === undefined || digestOf(server) !== digest) return false;
    const { answers } = this.#parts;
    const kept = offTools ?? answers.of(directory, name)?.offTools ?? [];
    const given = new Map([[name, { digest, answer, server, offTools: kept }]]);
    answers.keep(directory, given, (one) => !servers.has(one));
    if (answer === "refuse") this.#parts.signIns.retain((key) => key !== keyOf(name, directory));
    return true;
  }

  /** The settings have changed: sign-ins to servers that are gone are forgotten. Throws what the file system throws. */
  forgetGone(): void {
    const wanted = new Map(
      Object.entries(this.#parts.settings().servers).map(([name, { server }]) => [
        keyOf(name),
        server.type === "http" ? server.url : "",
      ]),
    );
    this.#parts.signIns.retain((key, url) => isOfProject(key) || wanted.get(key) === url);
  }

  async #known(cwd: string, signal: AbortSignal): Promise<{ known: Known[]; problems: string[] }> {
    const own = Object.entries(this.#parts.settings().servers).map(([name, kept]) =>
      this.#withSignIn(ownEntry(name, kept), kept.server, keyOf(name), kept.client),
    );
    const names = new Set(own.map(({ entry }) => entry.name));
    const project = await this.#ofProject(cwd, names, signal);
    return { known: [...own, ...project.known], problems: project.problems };
  }

  async #ofProject(cwd: string, taken: ReadonlySet<string>, signal: AbortSignal) {
    const directory = await realPath(cwd, signal).catch(() => cwd);
    signal.throwIfAborted();
    const { servers, problems } = await readProjectFile(directory, signal);
    const variables = this.#parts.variables();
    const known: Known[] = [];
    for (const [name, shown] of servers) {
      const words = `The server “${name}” of ${projectFileName}`;
      if (taken.has(name)) {
        problems.push(`${words} is not used: the settings have one of the same name.`);
        continue;
      }
      const server = expandServer(name, shown, directory, variables);
      if (typeof server === "string") {
        problems.push(`${words} cannot be used: ${server}`);
        continue;
      }
      const warnings = await fileWarnings(server, directory, signal);
      const kept = this.#parts.answers.of(directory, name);
      const entry = { ...projectEntry(name, shown, kept), warnings };
      known.push(this.#withSignIn(entry, server, keyOf(name, directory)));
    }
    return { known, problems };
  }

  /** A server that is given a credential of its own is not signed in to. */
  #withSignIn(
    entry: McpEntry,
    server: McpServer,
    key: string,
    client?: SignInPlace["client"],
  ): Known {
    const hasOwn =
      server.type === "stdio" ||
      Object.keys(server.headers).some((name) => name.toLowerCase() === "authorization");
    if (hasOwn) return { entry, server, auth: undefined };
    const auth = this.#parts.signIns.of({ key, url: server.url, client });
    const { clientId, clientSecret } = client ?? {};
    const hasClientSecret = clientSecret !== undefined;
    const signIn = defined({ since: auth.since, clientId, hasClientSecret });
    return { entry: { ...entry, signIn }, server, auth };
  }
}

/** Of the settings' entry, or of the project's in a directory. */
function keyOf(name: string, directory?: string): string {
  return directory === undefined ? name : JSON.stringify([directory, name]);
}

/** A name begins with a letter, a digit or -. */
function isOfProject(key: string): boolean {
  return key.startsWith("[");
}

function ownEntry(
  name: string,
  { server, isOn, offTools, timeoutSeconds }: McpSettings["servers"][string],
): McpEntry {
  const shown = withoutValues(server);
  return {
    name,
    origin: "settings",
    digest: digestOf(shown),
    server: shown,
    standing: isOn ? "on" : "off",
    offTools,
    warnings: [],
    ...defined({ timeoutSeconds }),
  };
}

function withoutValues(server: McpServer): McpServerShown {
  const hidden = (values: Record<string, string>) =>
    Object.fromEntries(Object.keys(values).map((key) => [key, null]));
  return server.type === "stdio"
    ? { type: "stdio", command: server.command, args: server.args, env: hidden(server.env) }
    : { type: "http", url: server.url, headers: hidden(server.headers) };
}

const standings = { allow: "on", refuse: "refused" } as const;

function projectEntry(
  name: string,
  server: McpServerShown,
  kept: KeptMcpAnswer | undefined,
): Omit<McpEntry, "warnings"> {
  const digest = digestOf(server);
  const isSame = kept?.digest === digest;
  const before = !isSame && kept?.answer === "allow" ? kept.server : undefined;
  return {
    name,
    origin: "project",
    digest,
    server,
    standing: isSame ? standings[kept.answer] : "asked",
    offTools: kept?.offTools ?? [],
    ...defined({ before }),
  };
}
