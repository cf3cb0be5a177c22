/** The language servers of all sessions: each starts with the first edit that is for it, once a person has allowed it in the project. */
import { basename } from "node:path";
import type { LanguageServer, Session } from "../../shared/protocol";
import { link } from "../abort";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { answered, type DefinitionAnswers, type Unanswered } from "../trust/definition-answers";
import { digestOf } from "../trust/digest";
import { projectRoot } from "../trust/project-root";
import type { Diagnose } from "./diagnose";
import { describeReports, type ServerReport } from "./diagnostics-text";
import { LanguageClient } from "./language-client";

export interface LanguageServersParts {
  jobs: Jobs;
  /** Those of the settings. */
  servers: () => readonly LanguageServer[];
  answers: Pick<DefinitionAnswers, "of">;
}

/** Without an edit it ends after this time. */
const idleMs = 600_000;
/** One that ends so often while it is asked is not started again in its session. */
const mostFailures = 3;

interface Used {
  digest: string;
  client: LanguageClient | undefined;
  failures: number;
  idle?: Timer;
}

type Place = Pick<Session, "id" | "cwd">;

export class LanguageServers {
  readonly #parts: LanguageServersParts;
  /** By session, then by name. */
  readonly #used = new Map<string, Map<string, Used>>();

  constructor(parts: LanguageServersParts) {
    this.#parts = parts;
  }

  /** What would start in a project, for people to be asked about. */
  asked(): Unanswered[] {
    return this.#parts.servers().flatMap((server) => (server.isOn ? [askedOf(server)] : []));
  }

  readonly diagnose: Diagnose = async (session, paths, signal) => {
    try {
      const wanted = this.#parts.servers().flatMap((server) => {
        const own = paths.filter((path) => server.isOn && isFor(server, path));
        return own.length > 0 ? [{ server, paths: own }] : [];
      });
      if (wanted.length === 0) return "";
      const root = await projectRoot(session.cwd, signal);
      const texts = await Promise.all(
        wanted.map(({ server, paths: own }) => this.#ask(server, own, session, root, signal)),
      );
      return signal.aborted ? "" : texts.filter((text) => text !== "").join("\n");
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, "The language servers could not be asked");
      return "";
    }
  };

  /** Ends those of a session. Resolves when their processes are proven dead; never rejects. */
  async end(sessionId: string): Promise<void> {
    const used = this.#used.get(sessionId);
    this.#used.delete(sessionId);
    await Promise.all([...(used?.values() ?? [])].map(endUsed));
  }

  /** The settings, or what people have answered, have changed: those that may not run so any more are ended. */
  async outdate(): Promise<void> {
    const wanted = new Map(this.asked().map((one) => [one.name, one]));
    const isWanted = (name: string, { digest, client }: Used) => {
      const asked = wanted.get(name);
      return asked?.digest === digest && (!client || this.#isAllowed(client.place.root, asked));
    };
    const ended = [...this.#used.values()].flatMap((used) =>
      [...used].flatMap(([name, one]) => {
        if (isWanted(name, one)) return [];
        used.delete(name);
        return [one];
      }),
    );
    await Promise.all(ended.map(endUsed));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#used.keys()].map((sessionId) => this.end(sessionId)));
  }

  /** Empty where a person has not allowed it. */
  async #ask(
    server: LanguageServer,
    paths: readonly string[],
    session: Place,
    root: string,
    signal: AbortSignal,
  ): Promise<string> {
    const asked = askedOf(server);
    const used = this.#usedOf(session.id, asked);
    if (!this.#isAllowed(root, asked)) {
      await endUsed(used);
      return "";
    }
    const report = (one: Omit<ServerReport, "name">) =>
      describeReports([{ name: server.name, ...one }], session.cwd, server.waitSeconds);
    if (used.failures >= mostFailures) {
      const failure = `it has ended ${mostFailures} times, and is not started again in this session`;
      return report({ failure, files: [] });
    }
    const client = await this.#clientOf(used, server, session, root);
    using waiting = link(signal);
    const timer = setTimeout(() => waiting.controller.abort(), server.waitSeconds * 1000);
    try {
      return report({ files: await client.diagnose(paths, waiting.controller.signal) });
    } catch (error) {
      used.failures++;
      return report({ failure: (error as Error).message, files: [] });
    } finally {
      clearTimeout(timer);
    }
  }

  #isAllowed(root: string, asked: Unanswered): boolean {
    return answered(this.#parts.answers, root, asked).standing === "on";
  }

  #usedOf(sessionId: string, { name, digest }: Unanswered): Used {
    const all = this.#used.get(sessionId) ?? new Map<string, Used>();
    this.#used.set(sessionId, all);
    const known = all.get(name);
    if (known?.digest === digest) return known;
    const used: Used = { digest, client: undefined, failures: 0 };
    all.set(name, used);
    return used;
  }

  /** The one that runs, or one that starts now. */
  async #clientOf(
    used: Used,
    server: LanguageServer,
    { id: sessionId, cwd }: Place,
    root: string,
  ): Promise<LanguageClient> {
    const place = used.client?.place;
    if (used.client?.failure || place?.cwd !== cwd || place.root !== root) {
      const before = used.client;
      used.client = new LanguageClient(server, { jobs: this.#parts.jobs, sessionId, cwd, root });
      await before?.end();
    }
    clearTimeout(used.idle);
    used.idle = setTimeout(() => void endUsed(used), idleMs).unref();
    return used.client!;
  }
}

/** It is started anew with the next edit. */
async function endUsed(used: Used): Promise<void> {
  const { client } = used;
  clearTimeout(used.idle);
  used.client = undefined;
  await client?.end();
}

function isFor({ files }: LanguageServer, path: string): boolean {
  const name = basename(path);
  return files.some((pattern) => new Bun.Glob(pattern).match(name));
}

/** As a definition that a project's root answers about: it reads the project, whose files can name programs. */
function askedOf({ name, command, args, files, languageId }: LanguageServer): Unanswered {
  const line = [command, ...args].join(" ");
  return {
    kind: "language-server",
    name,
    origin: "person",
    path: name,
    digest: digestOf({ command, args, files, languageId }),
    description: `Says after an edit what is wrong with files such as ${files.join(", ")}.`,
    text: line,
    runs: [line],
    grants: [],
    notes: ["It reads this project, whose files can name programs that it then runs."],
  };
}
