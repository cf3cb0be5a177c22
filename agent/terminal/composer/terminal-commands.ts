/** The slash commands of the terminal: those of the page, and what the page has buttons for. */
import type { Client } from "../../client/state/client";
import { type Command, createCommands } from "../../client/state/commands";
import { chooseEngine } from "../../client/state/engine-choices";
import { choosableEngines } from "../../client/state/engine-list";
import type { OpenSession } from "../../client/state/open-session";
import { permissionChoices } from "../../client/state/permission-choices";
import { createAttachCommands } from "./attach-commands";
import { createTextCommands } from "./text-commands";
import { closings, confirmations, switches, themes } from "../../client/state/preference-choices";

/** What the terminal itself does for a command. */
export interface TerminalActions {
  exit: () => void;
  /** To the clipboard. Returns whether the terminal takes it. */
  copy: (text: string) => boolean;
}

export function createTerminalCommands(
  client: Client,
  open: OpenSession,
  { exit, copy }: TerminalActions,
): Command[] {
  const page = createCommands(client, open).map((command) =>
    command.name === "model" ? orPanel(command, () => client.setPanel("models")) : command,
  );
  return [
    ...page,
    ...sessionCommands(client, open),
    ...createTextCommands(client, open, copy),
    ...createAttachCommands(client, open),
    ...preferenceCommands(client),
    ...["quit", "exit"].map((name) => ({
      name,
      words: "Exit; what runs goes on or stops, as the settings say",
      run: exit,
    })),
  ];
}

/** Without an argument, a list to choose from. */
function orPanel(command: Command, show: () => void): Command {
  return {
    ...command,
    run: (argument) => (argument === "" ? show() : command.run(argument)),
  };
}

function sessionCommands(client: Client, open: OpenSession): Command[] {
  const panel = (name: string, words: string, of: Parameters<Client["setPanel"]>[0]): Command => ({
    name,
    words,
    run: () => client.setPanel(of),
  });
  const isNew = () => open.id() === undefined;
  return [
    { name: "new", words: "Begin a new session", run: () => client.route.go(undefined) },
    {
      name: "rename",
      words: "Name this session",
      argument: "title",
      isOffered: () => !isNew(),
      run: (title) =>
        title === ""
          ? client.notices.toast("Type the title after /rename")
          : void open.change({ title: title.slice(0, 200) }),
    },
    orPanel(
      choiceCommand(client, {
        name: "permissions",
        words: "Choose what it may do without asking, and see the rules",
        choices: permissionChoices,
        choose: (permissions) => void open.change({ permissions }),
      }),
      () => client.setPanel("permissions"),
    ),
    orPanel(
      {
        ...choiceCommand(client, {
          name: "engine",
          words: "Choose the engine of a new session",
          choices: () =>
            isNew() ? [rein, ...choosableEngines(client.engines.engines(), open.chosen())] : [],
          choose: (id) => chooseEngine(client, id === rein.id ? "" : id),
        }),
      },
      () => client.setPanel("engines"),
    ),
    {
      ...panel("machine", "Choose the machine of a new session, and see how they are", "machines"),
      isOffered: () => client.cluster.isShown(),
    },
    panel("options", "Choose the effort and other options of the model", "options"),
    panel("limits", "See and change what runs may use", "limits"),
    panel("queue", "See and change the queued messages", "queue"),
    panel("mcp", "See the MCP servers, and answer about the project’s", "mcp"),
    panel("processes", "See and stop the processes of this session", "processes"),
    {
      ...panel("todo", "See the to-do list", "todo"),
      isOffered: () => open.session.todo !== undefined,
    },
    panel("search", "Search in this conversation", "search"),
    { name: "stops", words: "See the history of stops", run: () => client.route.openStops() },
    {
      name: "stopall",
      words: "Stop everything: all runs and processes of all sessions",
      run: () => void client.stopEverything(),
    },
  ];
}

const rein = { id: "rein", name: "Rein" };

function preferenceCommands(client: Client): Command[] {
  const { preferences } = client;
  return [
    choiceCommand(client, {
      name: "theme",
      words: "Choose the colors",
      choices: themes,
      choose: preferences.setTheme,
    }),
    choiceCommand(client, {
      name: "notify",
      words: "Notify when a run ends or needs an answer, unseen",
      choices: switches,
      choose: preferences.setNotify,
    }),
    choiceCommand(client, {
      name: "close",
      words: "Choose what a run does when the terminal is closed",
      choices: closings,
      choose: preferences.setOnDisconnect,
    }),
    choiceCommand(client, {
      name: "confirm",
      words: "Choose when a stop asks first",
      choices: confirmations,
      choose: preferences.setConfirmStop,
    }),
    { name: "settings", words: "See the settings", run: () => client.setPanel("settings") },
  ];
}

interface ChoiceCommand<Id extends string> {
  name: string;
  words: string;
  choices: readonly { id: Id; name: string }[] | (() => readonly { id: Id; name: string }[]);
  choose: (id: Id) => void;
}

/** One of a few, each named by its id, which is completed. */
function choiceCommand<Id extends string>(
  client: Client,
  { name, words, choices, choose }: ChoiceCommand<Id>,
): Command {
  const all = () => (typeof choices === "function" ? choices() : choices);
  return {
    name,
    words,
    argument: "choice",
    complete: (wanted) =>
      all()
        .filter(({ id }) => id.startsWith(wanted.toLowerCase()))
        .map((choice) => ({ text: `/${name} ${choice.id}`, words: choice.name })),
    run(wanted) {
      const choice = all().find(({ id }) => id === wanted.toLowerCase());
      if (choice !== undefined) return choose(choice.id);
      const ids = all().map(({ id }) => id);
      client.notices.toast(
        ids.length === 0 ? "There is nothing to choose here" : `Type one of: ${ids.join(", ")}`,
      );
    },
  };
}
