/** The slash commands, as data: what can be typed in the input instead of a message. */
import type { CommandCall } from "../../shared/protocol";
import type { Client } from "./client";
import type { OpenSession } from "./open-session";
import { nudgeText } from "./nudge-text";
import { splitCommand } from "./split-command";
import { visibleString } from "../../shared/visible-text";
import { findEngine, hasConversation, offeredProviders } from "./engine-list";
import { chosenModel, takesNames } from "./model-list";
import { keepTypedModel, maxNameLength } from "./typed-models";
import { isPlanning, switchMode } from "./session-mode";
import { canSumUp, sumUp } from "./summary-requests";
import { t } from "../../shared/translation";

export interface Command {
  name: string;
  words: string;
  /** What may follow the name. */
  argument?: string;
  /** Absent: always. What is not offered now is no command. */
  isOffered?: () => boolean;
  /** Completions of the argument, each as the whole input. */
  complete?(argument: string): { text: string; words: string }[];
  run(argument: string): void;
  /** Of a file: what is sent, also with an interruption or in the middle of a run. */
  call?(argument: string): CommandCall;
}

export function createCommands(client: Client, open: OpenSession): Command[] {
  return [
    {
      name: "stop",
      get words() {
        return t("Stop this run and everything it started");
      },
      run: () => open.stop(),
    },
    {
      name: "pause",
      get words() {
        return t("Pause or resume the run; twice pauses at once");
      },
      run: () => open.control.togglePause(),
    },
    {
      name: "nudge",
      get words() {
        return t("Stop, keep the work so far, and continue with a hint");
      },
      get argument() {
        return t("hint");
      },
      run: (hint) => open.send(hint || nudgeText, { interrupt: true }),
    },
    {
      name: "retry",
      get words() {
        return t("Send the last message again, or another one in its place");
      },
      get argument() {
        return t("message");
      },
      run: (message) => {
        if (!open.retry(message)) client.notices.toast(t("There is nothing to retry yet"));
      },
    },
    {
      name: "undo",
      get words() {
        return t("Undo the file changes of the last run, then of the one before");
      },
      run: () => void undo(client, open),
    },
    {
      name: "compact",
      get words() {
        return t("Summarize the conversation for the model, to free up context");
      },
      isOffered: () => canSumUp(client, open),
      run: () => void sumUp(client, open),
    },
    {
      name: "model",
      get words() {
        return t("Choose this session’s model");
      },
      get argument() {
        return t("name");
      },
      complete: (wanted) =>
        models(client, open, wanted).map(({ text, name }) => ({ text, words: name })),
      run: (wanted) => chooseModel(client, open, wanted),
    },
    {
      name: "plan",
      get words() {
        return t("Plan mode: reads, changes nothing, and ends with a plan for you to approve");
      },
      isOffered: () => open.chosen().engine === undefined && !isPlanning(open),
      run: () => switchMode(client),
    },
    {
      name: "work",
      get words() {
        return t("Work mode: back from planning, with the permissions of before");
      },
      isOffered: () => isPlanning(open),
      run: () => switchMode(client),
    },
    {
      name: "project",
      get words() {
        return t("This project: what you set for it, and what it brings");
      },
      run: () => client.setPanel("project"),
    },
    {
      name: "memory",
      get words() {
        return t("The notes about this project, which later sessions are told");
      },
      run: () => client.setPanel("memory"),
    },
    {
      name: "schedules",
      get words() {
        return t("What runs by itself, and when");
      },
      run: () => client.setPanel("schedules"),
    },
    {
      name: "sessions",
      get words() {
        return t("Find a session");
      },
      run: () => client.findSession(),
    },
    {
      name: "help",
      get words() {
        return t("Shortcuts and commands");
      },
      run: () => client.setPanel("help"),
    },
  ];
}

/** The command of this input, with its argument; undefined when the input is a message. */
export function readCommand(commands: Command[], input: string) {
  const { name, argument } = splitCommand(input);
  const command = offered(commands).find((one) => one.name === name);
  return command && { command, argument };
}

/** What an input sends that is a command of a file. */
export function readCall(commands: Command[], input: string): CommandCall | undefined {
  const read = readCommand(commands, input);
  return read?.command.call?.(read.argument);
}

/** What `readInput` finds: a command with its argument, a message, or what a person may have meant as a command. */
export type Input =
  | { kind: "command"; command: Command; argument: string }
  | { kind: "message" }
  | { kind: "unknown" };

/**
 * Reads what is to be sent. A first word like "/stpo" that names no command is told of once, with what it would take to
 * send it: the same text, sent again, is a message.
 */
export function createInputReader(
  client: Client,
  commands: () => Command[],
): (input: string) => Input {
  let told: string | undefined;
  return (input) => {
    const found = readCommand(commands(), input);
    if (found !== undefined) return { kind: "command", ...found };
    const { name } = splitCommand(input);
    // A path is no mistyped command.
    const isMessage = name === "" || /^[^:]*[/.]/.test(name) || input === told;
    told = isMessage ? undefined : input;
    if (isMessage) return { kind: "message" };
    client.notices.toast(
      t("There is no command /{name} here.", { name }),
      t("Sent again, it is a message."),
      "unknown-command",
    );
    return { kind: "unknown" };
  };
}

/** Those that this session has. */
export function offered(commands: Command[]): Command[] {
  return commands.filter(({ isOffered }) => isOffered?.() ?? true);
}

/** Completions of this input: names of commands, then arguments. */
export function completions(commands: Command[], input: string) {
  if (/^\/[\p{L}\p{N}_.:/-]*$/u.test(input))
    return offered(commands)
      .filter(({ name }) => `/${name}`.startsWith(input))
      .map(({ name, words, argument }) => ({ text: `/${name}${argument ? " " : ""}`, words }));
  const found = readCommand(commands, input);
  return found?.command.complete?.(found.argument) ?? [];
}

const maxModels = 8;

function models(client: Client, open: OpenSession, wanted: string) {
  return providers(client, open)
    .filter(({ ready }) => ready)
    .flatMap((provider) => provider.models)
    .filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted.toLowerCase()))
    .toSorted((a, b) => Number(b.id === wanted) - Number(a.id === wanted))
    .slice(0, maxModels)
    .map((model) => ({ ...model, text: `/model ${model.id}` }));
}

function providers({ models, engines }: Client, { session, chosen }: OpenSession) {
  const engine = findEngine(engines.engines(), chosen().engine?.id);
  return offeredProviders(models.models(), engine, chosen(), hasConversation(session));
}

/** One of a list that has these words; else, of the session's provider, the one of this name. */
function chooseModel(client: Client, open: OpenSession, wanted: string): void {
  if (wanted === "") return client.notices.toast(t("Type the model’s name after /model"));
  const [listed] = models(client, open, wanted);
  if (listed) return void open.change({ provider: listed.provider, model: listed.id });
  const { provider: id } = chosenModel(client.models.models(), open.chosen());
  const provider = providers(client, open).find((one) => one.id === id);
  const model = wanted.slice(0, maxNameLength);
  if (provider === undefined || !takesNames(provider))
    return client.notices.toast(t("No such model"), wanted);
  keepTypedModel(id, model);
  void open.change({ provider: id, model });
  client.notices.toast(
    t("No list has {model}: {provider} is asked for it by its name", {
      model: visibleString(model),
      provider: provider.name,
    }),
  );
}

async function undo(client: Client, open: OpenSession): Promise<void> {
  const run = open.session.runs.findLast(
    ({ changes }) => (changes?.count ?? 0) > 0 && changes?.undoneAt === undefined,
  );
  if (run === undefined) client.notices.toast(t("There is nothing to undo in this session"));
  else await open.undo.start("undo", run.id);
}
