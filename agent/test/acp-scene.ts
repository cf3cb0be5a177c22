/** An engine that runs the scripted ACP agent as a real job, and what its turns yield. */
import { tmpdir } from "node:os";
import { neverAborts } from "../server/abort";
import { createAcpEngine } from "../server/engines/acp/acp-engine";
import { ownAcpAgent } from "../server/engines/acp/agents";
import type {
  EngineAnswer,
  EngineChild,
  EngineConversation,
  EngineEnd,
  EngineEvent,
  EngineQuestion,
  EngineRequest,
} from "../server/engines/engine";
import { startChild } from "../server/engines/engine-child";
import { createPrograms } from "../server/engines/find-program";
import type { AgentBehaviour } from "./agents/agent-script";
import { scriptedAgent } from "./agents/agent-script";
import { testJobs } from "./processes-bench";
import { ReadTurn } from "./read-turn";

const jobs = testJobs();

export interface AcpScene extends AsyncDisposable {
  conversation: EngineConversation;
  questions: { question: EngineQuestion; signal: AbortSignal }[];
  /** Plays a turn to its end. */
  turn(text: string): Promise<PlayedTurn>;
  /** Begins one; the events so far are in `events`. */
  begin(text: string): RunningTurn;
}

export interface PlayedTurn {
  events: EngineEvent[];
  end: EngineEnd;
  /** Of the engine itself. */
  text: string;
}

export interface RunningTurn {
  events: EngineEvent[];
  text(): string;
  ended: Promise<PlayedTurn>;
}

export interface AcpSceneOptions {
  request?: Partial<EngineRequest>;
  answer?: (question: EngineQuestion, signal: AbortSignal) => Promise<EngineAnswer>;
  onStart?: (child: EngineChild) => void;
}

/** Opens a conversation that nothing gives up while it is being opened. */
export function openAcp(
  behaviour: AgentBehaviour = {},
  options: AcpSceneOptions = {},
): Promise<AcpScene> {
  return openAcpUntil(behaviour, options, neverAborts);
}

/** The same; `signal` ends it while it is being opened. */
export async function openAcpUntil(
  behaviour: AgentBehaviour,
  { request = {}, answer, onStart }: AcpSceneOptions,
  signal: AbortSignal,
): Promise<AcpScene> {
  const programs = createPrograms({
    jobs,
    settings: () => ({ paths: {}, own: {} }),
    searchPath: process.env["PATH"] ?? "",
  });
  const engine = createAcpEngine(ownAcpAgent("own-scripted", scriptedAgent(behaviour)), programs);
  const questions: AcpScene["questions"] = [];
  const sessionId = crypto.randomUUID();
  const conversation = await engine.open(
    {
      cwd: tmpdir(),
      model: "",
      async start(command, env, aborts) {
        const owner = { sessionId };
        const asked = { name: "Scripted", command, cwd: tmpdir(), env, owner };
        const child = await startChild(jobs, asked, aborts);
        onStart?.(child);
        return child;
      },
      ask(question, aborts) {
        questions.push({ question, signal: aborts });
        return answer?.(question, aborts) ?? Promise.resolve({ allow: true });
      },
      ...request,
    },
    signal,
  );
  const begin = (text: string): RunningTurn => {
    const read = new ReadTurn(conversation.turn(text));
    const { events } = read;
    const ended = read.end.then((end) => ({ events, end, text: read.text() }));
    return { events, text: () => read.text(), ended };
  };
  return {
    conversation,
    questions,
    begin,
    turn: (text) => begin(text).ended,
    async [Symbol.asyncDispose]() {
      await conversation.child.stop("hard");
    },
  };
}
