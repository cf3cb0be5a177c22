/** What can be chosen in the palette for what is typed: in groups, those that fit best first. */
import { type Accessor, createMemo } from "solid-js";
import { mentionOfPath } from "../../shared/mentions";
import type { SessionSummary } from "../../shared/protocol";
import { t } from "../../shared/translation";
import type { Client } from "../state/client";
import { type Command, createCommands, offered } from "../state/commands";
import { findEngine, hasConversation, offeredProviders } from "../state/engine-list";
import { createFileCommands } from "../state/file-commands";
import { lastName, shortTime } from "../state/format";
import { createFoundPaths } from "../state/found-paths";
import { chosenModel } from "../state/model-list";
import type { OpenSession } from "../state/open-session";
import { createPromptCommands } from "../state/prompt-commands";
import { createSearch, type Search } from "../state/search-state";
import { conditionOf, settingsSections, settingsTitles } from "../state/settings-sections";
import { type Action, paletteActions } from "./palette-actions";
import { fit, type PaletteQuery } from "./palette-query";

export interface PaletteChoice {
  /** Of its own among all choices. */
  id: string;
  text: string;
  /** In the text, from where to where. */
  marks?: readonly (readonly [number, number])[];
  /** Beside the text. */
  words?: string;
  destructive?: boolean;
  run(): void;
}

export interface PaletteGroup {
  name: string;
  choices: PaletteChoice[];
}

export interface PaletteOptions {
  client: Client;
  open: OpenSession;
  query: Accessor<PaletteQuery>;
  /** Puts a text into the message field, at its cursor, and gives it the focus. */
  insert: (text: string) => void;
  /** Gives the message field the focus. */
  focusMessage: () => void;
  actions: Parameters<typeof paletteActions>[1];
}

export interface PaletteChoices {
  groups: Accessor<PaletteGroup[]>;
  search: Search;
}

/** So many of a group, where several are shown. */
const fewest = 5;
const most = 30;

/** Inside a component. */
export function createPaletteChoices(options: PaletteOptions): PaletteChoices {
  const { client, open, query } = options;
  const looksIn = (...places: PaletteQuery["among"][]) => places.includes(query().among);
  const search = createSearch(() => (looksIn("all", "messages") ? query().words : ""));
  const cwd = () => open.chosen().cwd || client.models.models()?.cwd || "";
  const paths = createFoundPaths(cwd, () => {
    const { among, words } = query();
    return among === "files" || (among === "all" && words !== "") ? words : undefined;
  });
  const always = () => true;
  const files = createFileCommands(client, open, always);
  const prompts = createPromptCommands(client, open, always);
  const builtIn = createCommands(client, open);

  const fitting = (name: string, all: Ranked[], limit = fewest): RankedGroup => {
    const ranked = all
      .map((one) => ({ ...one, fit: fit(query().words, one.names) }))
      .filter((one) => one.fit >= 0)
      .toSorted((a, b) => b.fit - a.fit)
      .slice(0, looksIn("all") ? limit : most);
    return { name, fit: ranked[0]?.fit ?? -1, choices: ranked.map(({ choice }) => choice) };
  };

  const groups = createMemo((): PaletteGroup[] => {
    const { words } = query();
    const found: RankedGroup[] = [];
    if (looksIn("all"))
      found.push(fitting(sessionsName(words), sessionChoices(options, search), 8));
    if (looksIn("all", "commands")) {
      found.push(fitting(t("Actions"), actionChoices(options), words === "" ? most : fewest));
      if (words !== "" || looksIn("commands")) {
        const commands = [...builtIn, ...files.commands(), ...prompts()];
        found.push(fitting(t("Commands"), commandChoices(options, commands, builtIn.length)));
        found.push(fitting(t("Models"), modelChoices(options)));
        found.push(fitting(t("Settings"), settingChoices(options)));
      }
    }
    if (looksIn("all", "files"))
      found.push({
        name: t("Files of {project}", { project: lastName(cwd()) }),
        fit: 0,
        choices: paths()
          .files.slice(0, looksIn("all") ? fewest : most)
          .map((path) => fileChoice(options, path)),
      });
    const sorted = looksIn("all") ? found.toSorted((a, b) => b.fit - a.fit) : found;
    if (looksIn("all", "messages"))
      sorted.push({ name: t("In messages"), fit: 0, choices: messageChoices(options, search) });
    return sorted.filter(({ choices }) => choices.length > 0);
  });
  return { groups, search };
}

interface RankedGroup extends PaletteGroup {
  fit: number;
}

interface Ranked {
  /** By which it is found. */
  names: string;
  choice: PaletteChoice;
}

function sessionsName(words: string): string {
  return words === "" ? t("Recent sessions") : t("Sessions");
}

/** Those of the list, and archived ones that the server has found. */
function sessionChoices({ client }: PaletteOptions, search: Search): Ranked[] {
  const archived = search.sessions().filter(({ archivedAt }) => archivedAt !== undefined);
  const others = client.list.sorted().filter(({ id }) => id !== client.current().id());
  const now = Date.now();
  return [...others, ...archived].map((session) => ({
    names: session.title,
    choice: {
      id: `session-${session.id}`,
      text: session.title || t("Untitled"),
      words: sessionWords(session, now),
      run: () => client.route.go(session.id),
    },
  }));
}

function sessionWords({ cwd, archivedAt, updatedAt }: SessionSummary, now: number): string {
  const place = archivedAt === undefined ? lastName(cwd) : t("Archived");
  return [place, shortTime(updatedAt, now)].filter(Boolean).join(" · ");
}

function actionChoices({ client, open, actions }: PaletteOptions): Ranked[] {
  return paletteActions({ client, open }, actions).map((one: Action) => ({
    names: one.name,
    choice: { ...one, id: `action-${one.name}`, text: one.name, words: one.words ?? "" },
  }));
}

/** One that takes words is put into the message field, in front of what stands there. */
function commandChoices(
  { open, focusMessage }: PaletteOptions,
  commands: Command[],
  builtIn: number,
): Ranked[] {
  const runsAtOnce = new Set(
    commands.slice(0, builtIn).filter(({ argument }) => argument === undefined),
  );
  return offered(commands).map((command) => ({
    names: `${command.name} ${command.words}`,
    choice: {
      id: `command-${command.name}`,
      text: `/${command.name}`,
      words: command.words,
      run() {
        if (runsAtOnce.has(command)) return command.run("");
        open.input.set(`/${command.name} ${open.input.text()}`);
        focusMessage();
      },
    },
  }));
}

function modelChoices({ client, open }: PaletteOptions): Ranked[] {
  const models = client.models.models();
  const chosen = open.chosen();
  const engine = findEngine(client.engines.engines(), chosen.engine?.id);
  const used = chosenModel(models, chosen);
  return offeredProviders(models, engine, chosen, hasConversation(open.session))
    .filter(({ ready }) => ready)
    .flatMap(({ name, models: all }) =>
      all.map((model) => ({
        names: `${model.name} ${model.id} ${name}`,
        choice: {
          id: `model-${model.provider}-${model.id}`,
          text: model.name,
          words: isUsed(model, used) ? t("{provider} · in use", { provider: name }) : name,
          run: () => open.change({ provider: model.provider, model: model.id }),
        },
      })),
    );
}

function isUsed(
  model: { provider: string; id: string },
  used: { provider: string; model: string },
): boolean {
  return model.provider === used.provider && model.id === used.model;
}

function settingChoices({ client }: PaletteOptions): Ranked[] {
  return settingsSections
    .filter((section) => conditionOf(section).isShown(client.cluster))
    .map((section) => ({
      names: settingsTitles[section],
      choice: {
        id: `setting-${section}`,
        text: settingsTitles[section],
        words: t("Settings"),
        run: () => client.openSettings(settingsTitles[section]),
      },
    }));
}

function fileChoice({ insert }: PaletteOptions, path: string): PaletteChoice {
  return {
    id: `file-${path}`,
    text: path,
    words: t("Mention"),
    run: () => insert(`${mentionOfPath(path)} `),
  };
}

function messageChoices({ client }: PaletteOptions, search: Search): PaletteChoice[] {
  return search.messages().map((found) => ({
    id: `message-${found.messageId}`,
    text: found.text,
    marks: found.marks,
    words: found.title || t("Untitled"),
    run: () => client.goToMessage(found.sessionId, found.messageId, search.query()),
  }));
}
