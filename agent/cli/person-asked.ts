/** Questions of a run to the person at the terminal, and the answers where none can be asked. */
import { askedOf } from "../client/state/asked-input";
import { signs } from "../client/state/diff-lines";
import { limitWords } from "../client/state/limit-words";
import { shownName } from "../client/state/tool-input";
import { describeRule } from "../shared/rules";
import type { Approval, ApprovalReply, LimitReached, Session } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { ellipsized } from "../shared/truncate";
import { exact, indented } from "./exact-text";
import type { Face } from "./follow-run";
import { askKey } from "./keyboard";
import type { RunLines } from "./run-lines";

type Asking = Pick<Face, "decide" | "goesOn">;

/** By single keys. `stop` is called for Ctrl+C, which the terminal gives as a key meanwhile. */
export function askPerson(lines: RunLines, stop: () => void): Asking {
  const ask = async (words: string, keys: string, signal: AbortSignal): Promise<string> => {
    const answer = await askKey(() => process.stderr.write(words), keys, signal);
    if (typeof answer === "object") {
      process.stderr.write(`${answer.key}\n`);
      return answer.key;
    }
    process.stderr.write("\n");
    stop();
    // A reply now could reach the run before the stop does. The stop ends the question.
    return await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
  };
  const decidePlan = async ({ digest }: Approval, signal: AbortSignal): Promise<ApprovalReply> => {
    const choices = "y = yes, e = and allow edits, a = and allow everything, n = no";
    const key = await ask(`Approve it? ${choices}: `, "yean", signal);
    const permissions = ({ y: "ask", e: "edits", a: "all" } as const)[key];
    return permissions === undefined
      ? { decision: "deny" }
      : { decision: "plan", digest, permissions };
  };
  return {
    async decide(approval, session, signal) {
      lines.startLine();
      // Where the question is asked: standard output may be a file.
      process.stderr.write(`${askedText(approval, session)}\n`);
      if (approval.kind === "plan") return await decidePlan(approval, signal);
      const [rule] = approval.always;
      const always = rule === undefined ? "" : `, a = always in this session: ${ruleWords(rule)}`;
      const question = `Allow it? y = once${always}, n = no: `;
      const key = await ask(question, rule === undefined ? "yn" : "yna", signal);
      const { digest } = approval;
      if (key === "a") return { decision: "session", digest, rule: 0 };
      return key === "y" ? { decision: "once", digest } : { decision: "deny" };
    },
    async goesOn(reached, _session, signal) {
      lines.startLine();
      return (await ask(`${limitWords(reached, "reached")} Go on? y/n: `, "yn", signal)) === "y";
    },
  };
}

/** Where no person can be asked: what needs an approval is denied, and a run at its limit ends. `say` tells the caller. */
export function askNobody(say: (words: string) => void): Asking {
  return {
    decide(approval) {
      if (approval.kind === "plan") {
        say("The plan is the answer, as no person can be asked here to approve it.");
        const message =
          "Nobody can be asked in this run, so your plan is its answer: write it as your last message, and end.";
        return Promise.resolve({ decision: "deny", message } satisfies ApprovalReply);
      }
      const about = approval.subject || (approval.tool ?? approval.kind);
      const subject = ellipsized(terminalLine(about), 200);
      say(
        `Denied, as no person can be asked here (--permissions edits or all allows more): ${subject}`,
      );
      const message =
        "Denied: this run is not allowed to do that without asking, and there is no person to ask. Do without it.";
      return Promise.resolve({ decision: "deny", message } satisfies ApprovalReply);
    },
    goesOn(reached: LimitReached) {
      say(limitWords(reached, "reached"));
      return Promise.resolve(false);
    },
  };
}

/** Everything that the call is about, whole. */
function askedText(approval: Approval, session: Session): string {
  const part = session.messages
    .flatMap(({ parts }) => parts)
    .flatMap((one) =>
      one.type === "tool-call"
        ? [one, ...(one.subagent?.messages ?? []).flatMap(({ parts }) => parts)]
        : [],
    )
    .find((one) => one.type === "tool-call" && one.approval?.id === approval.id);
  const name = part?.type === "tool-call" ? shownName(part) : (approval.tool ?? approval.kind);
  const head = `? ${exact(name)} asks${approval.outside ? ", outside the working directory" : ""}:`;
  const asked =
    part?.type === "tool-call"
      ? askedOf(approval, part, session.cwd)
      : { blocks: [{ name: "About", text: approval.subject }], facts: [] };
  const blocks = asked.blocks.map((block) => {
    const text =
      "text" in block
        ? exact(block.text)
        : block.lines.map(({ kind, text: line }) => signs[kind] + exact(line)).join("\n");
    return `  ${exact(block.name)}:\n${indented(text)}`;
  });
  const because = approval.asksBecause === undefined ? [] : [`  ${exact(approval.asksBecause)}`];
  return [head, ...blocks, ...asked.facts.map((fact) => `  ${exact(fact)}`), ...because].join("\n");
}

function ruleWords(rule: Approval["always"][number]): string {
  return exact(describeRule(rule)).replaceAll("\n", " ");
}
