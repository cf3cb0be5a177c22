/** Interventions by a face: the first message is sent by it, and it stops the run. */
import type { StopFrom } from "../../shared/protocol";
import { cancelByLine, endInput, kill, openPrint, openStdio } from "./command-faces";
import { openLastPrompt, openPrompt } from "./editor-faces";
import { type Face, openSdk, openUiStream } from "./faces";
import { type Intervention, unchangedIfLate, unless } from "./intervention";
import type { ScenarioRunner } from "./scenario-runner";

/** `froms`: what its stops may name as the place that they come from. */
type Row = [
  name: string,
  open: (runner: ScenarioRunner) => Face | Promise<Face>,
  froms: StopFrom[],
  isProcess?: "process",
];

const rows: Row[] = [
  ["abort the signal of the SDK", openSdk, ["api"]],
  ["close a stream of the AI SDK", openUiStream, ["api"]],
  ["cancel_request of rein stdio", openStdio(cancelByLine), ["api"], "process"],
  ["end the input of rein stdio", openStdio(endInput), ["api"], "process"],
  ["kill rein stdio", openStdio(kill), ["api"], "process"],
  ["cancel of rein acp", openPrompt, ["editor"], "process"],
  ["end the input of rein acp", openLastPrompt, ["editor"], "process"],
  ["SIGINT to rein -p", openPrint, ["terminal"], "process"],
];

export const faceInterventions: Intervention[] = rows.map(
  ([name, open, froms, isProcess]): Intervention => ({
    name: `a face: ${name}`,
    onDisconnect: "stop",
    face: { open, isProcess: isProcess !== undefined },
    async inject(runner) {
      const late = runner.hasEnded;
      const told = await runner.stopByFace();
      return ({ session }) => {
        const { outcome, stop } = session.runs[0]!;
        return [
          ...unless(
            told === undefined || told === outcome,
            `it told that the run is ${told}, which is ${outcome}`,
          ),
          ...unless(
            stop === undefined ||
              (/^(user|disconnect)$/.test(stop.by) && froms.includes(stop.from)),
            `its stop is by ${stop?.by} from ${stop?.from}`,
          ),
          ...unchangedIfLate(late, session),
        ];
      };
    },
  }),
);
