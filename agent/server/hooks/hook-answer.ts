/** What a hook has answered, by its exit code and its output: it can refuse, ask and tell, and never allow. */
import { z } from "zod";
import { withoutEscapes } from "../../shared/escape-sequences";
import type { Outcome } from "../../shared/protocol";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { limitHitWords } from "../../shared/limit-hit-words";
import type { JobLimitHit } from "../../shared/protocol";

export interface HookAnswer {
  /** Before a tool: it is not run. After one: the model is told. Why; may be empty. */
  refuses?: string;
  /** A person is to be asked. Why; may be empty. */
  asks?: string;
  /** For the model. */
  context?: string;
}

export interface ReadAnswer {
  outcome: Exclude<Outcome, "stopped">;
  answer: HookAnswer;
  /** For people. */
  words?: string;
}

/** How the command ended, and the beginning of what it wrote. */
export interface HookOutput {
  exitCode: number | null;
  signalName: string | null;
  limitHit?: JobLimitHit;
  stdout: string;
  stderr: string;
}

/** Exit code 2 refuses; others but 0 are failures, which refuse nothing. Source: https://code.claude.com/docs/en/hooks */
const refusing = 2;

const longestContext = 10_000;
const longestWords = 2_000;

/** A field that is none is left out: another one may refuse. */
const text = z.string().optional().catch(undefined);
const schema = z.object({
  continue: z.boolean().optional().catch(undefined),
  stopReason: text,
  decision: text,
  reason: text,
  systemMessage: text,
  hookSpecificOutput: z
    .object({
      permissionDecision: text,
      permissionDecisionReason: text,
      additionalContext: text,
      updatedInput: z.unknown().optional(),
    })
    .nullish(),
});

/** Never throws. */
export function readAnswer(output: HookOutput): ReadAnswer {
  const { exitCode, signalName, limitHit, stdout, stderr } = output;
  if (exitCode === refusing)
    return { outcome: "done", answer: { refuses: forModel(stderr) }, ...shown(stderr) };
  if (exitCode !== 0) {
    const how = exitCode === null ? (signalName ?? "killed") : `exit code ${exitCode}`;
    const limit = limitHit === undefined ? "" : `${limitHitWords(limitHit)} `;
    return { outcome: "failed", answer: {}, ...shown(`${how}. ${limit}${stderr || stdout}`) };
  }
  if (!stdout.trimStart().startsWith("{")) return { outcome: "done", answer: {}, ...shown(stdout) };
  const parsed = schema.safeParse(parse(stdout.trim()));
  if (parsed.success) return readJson(parsed.data);
  const words = "It wrote JSON that Rein does not understand, and nothing was taken from it.";
  return { outcome: "failed", answer: {}, words };
}

function readJson(said: z.infer<typeof schema>): ReadAnswer {
  const own = said.hookSpecificOutput;
  const decision = own?.permissionDecision ?? said.decision;
  const reason = own?.permissionDecisionReason ?? said.reason ?? "";
  const answer: HookAnswer = {};
  if (decision === "deny" || decision === "block") answer.refuses = forModel(reason);
  else if (said.continue === false) answer.refuses = forModel(said.stopReason ?? "");
  // What it wanted to run is another call than the one that was allowed.
  else if (own?.updatedInput != null) answer.refuses = otherInput;
  else if (decision === "ask") answer.asks = forPeople(reason, 500);
  if (own?.additionalContext) answer.context = forModel(own.additionalContext);
  return { outcome: "done", answer, ...shown(said.systemMessage ?? reason) };
}

const otherInput =
  "The hook answered with another input for the call, which Rein does not take: make the call as the hook wants it.";

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // It is no answer then, and the schema says so.
    return undefined;
  }
}

function forModel(words: string): string {
  return ellipsized(withoutEscapes(words).trim(), longestContext);
}

function shown(words: string): { words?: string } {
  const visible = forPeople(words, longestWords);
  return visible === "" ? {} : { words: visible };
}

function forPeople(words: string, length: number): string {
  return visibleString(ellipsized(withoutEscapes(words).trim(), length));
}
