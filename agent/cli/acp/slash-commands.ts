/** The slash commands that an editor offers: what a prompt can be instead of a message. */
import type { AvailableCommand, ContentBlock } from "@agentclientprotocol/sdk";
import { nudgeText } from "../../client/state/nudge-text";
import { splitCommand } from "../../client/state/split-command";
import type { Rein } from "../../sdk/create-rein";
import { lastSaid } from "../../shared/branches";
import { plural } from "../../shared/plural";
import type { Session } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { invalid } from "./request-errors";
import type { SessionFollower } from "./session-follower";

/** What a command does in its session. */
export interface CommandScene {
  rein: Rein;
  session: Session;
  /** Shows text to the person. */
  say: (text: string) => Promise<void>;
  follower: Pick<SessionFollower, "until">;
}

export type CommandEnd =
  /** It is done. */
  | undefined
  /** It sends this message. */
  | { chat: Partial<ChatRequest> }
  /** It has started a run that the server names. */
  | { startsRun: true };

interface SlashCommand extends AvailableCommand {
  /** It is taken though a prompt is open. */
  duringPrompt?: true;
  run: (scene: CommandScene, argument: string, signal: AbortSignal) => Promise<CommandEnd>;
}

const commands: SlashCommand[] = [
  {
    name: "undo",
    description: "Undo the file changes of the last run, then of the one before",
    async run({ rein, session, say, follower }, _argument, signal) {
      // What a run has changed is known a moment after its end.
      await follower.until(({ runs }) => runs.at(-1)?.changes?.state !== "pending", signal);
      const run = session.runs.findLast(
        ({ changes }) => (changes?.count ?? 0) > 0 && changes?.undoneAt === undefined,
      );
      if (run === undefined) throw invalid("There is nothing to undo in this session.");
      const { restored, spared } = await rein.undo("undo", session.id, run.id, {}, signal);
      const left =
        spared.length > 0 ? ` ${plural(spared.length, "file")} left as changed since.` : "";
      await say(`Undone: ${plural(restored, "file")} restored.${left}`);
      return undefined;
    },
  },
  {
    name: "compact",
    description: "Summarize the conversation for the model, to free up context",
    async run({ rein, session }, _argument, signal) {
      await rein.compact(session.id, signal);
      return { startsRun: true };
    },
  },
  {
    name: "retry",
    description: "Send the last message again, or another one in its place",
    input: { hint: "message" },
    async run({ session }, message) {
      const last = lastSaid(session);
      if (last === undefined) throw invalid("There is nothing to retry yet.");
      return { chat: { retryOf: last.runId, ...(message !== "" && { message }) } };
    },
  },
  {
    name: "pause",
    description: "Pause the run at its next safe point",
    duringPrompt: true,
    async run({ rein, session, say }, _argument, signal) {
      const answer = await rein.pause(session.id, {}, signal);
      await say(answer.held ? "Pausing at the next safe point." : answer.message);
      return undefined;
    },
  },
  {
    name: "nudge",
    description: "Stop, keep the work so far, and continue with a hint",
    input: { hint: "hint" },
    duringPrompt: true,
    run: async (_scene, hint) => ({ chat: { message: hint || nudgeText, interrupt: true } }),
  },
];

export const availableCommands: AvailableCommand[] = commands.map(
  ({ run: _run, duringPrompt: _during, ...command }) => command,
);

/** The command of this prompt, with its argument; undefined when the prompt is a message. */
export function readCommand(
  blocks: readonly ContentBlock[],
): { command: SlashCommand; argument: string } | undefined {
  const [block, ...others] = blocks;
  if (block?.type !== "text" || others.length > 0) return undefined;
  const { name, argument } = splitCommand(block.text);
  const command = commands.find((one) => one.name === name);
  return command && { command, argument };
}
