/** Tests a key and an address as they would be saved: the service is asked for its models or, where it lists none, for a word. */
import type { Message, ProviderTest } from "../../shared/protocol";
import { link } from "../abort";
import { askModels } from "./model-look-ups";
import { askService, type ProviderProblem } from "./provider-problem";
import type { ProviderEntry, ProviderSetUp } from "./provider-set-up";

/** A person waits for it, and may give it up. */
const limitMs = 10_000;
/** The names of as many are told. */
const maxExamples = 3;

/**
 * What the service says. `model` is asked for a word where there is no list. Each question is waited for 10 seconds at most.
 * Rejects only with the reason of `signal`, which closes the connection.
 */
export async function testProvider(
  entry: ProviderEntry,
  setUp: ProviderSetUp,
  model: string | undefined,
  signal: AbortSignal,
): Promise<ProviderTest> {
  const missing = setUp.missing(entry);
  if (missing !== undefined) return { ...missing, models: 0, examples: [] };
  const { models, problem } = await askModels(entry, setUp.config(entry), limitMs, signal);
  const examples = models.slice(0, maxExamples).map(({ name }) => name);
  const found = { models: models.length, examples };
  const hasNoList = problem?.state === "no-list" || problem?.state === "empty";
  const rest =
    model !== undefined && hasNoList ? await askForWord(entry, setUp, model, signal) : problem;
  return { state: "ready", ...rest, ...found };
}

/** The cheapest request: it ends with the first piece of its answer. Undefined when one came. */
async function askForWord(
  entry: ProviderEntry,
  setUp: ProviderSetUp,
  model: string,
  signal: AbortSignal,
): Promise<ProviderProblem | undefined> {
  const provider = entry.create(setUp.config(entry));
  const request = {
    model,
    system: "Answer with one word.",
    messages: [greeting],
    tools: [],
    options: { maxOutputTokens: 16 },
    cacheKey: "test",
  };
  const ask = async (own: AbortSignal): Promise<void> => {
    using enough = link(own);
    const { controller } = enough;
    let isAnswered = false;
    try {
      for await (const _event of provider.stream(request, controller.signal)) {
        isAnswered = true;
        controller.abort();
      }
    } catch (error) {
      if (!isAnswered) throw error;
    }
  };
  const answered = await askService(entry, limitMs, ask, signal);
  return "problem" in answered ? answered.problem : undefined;
}

const greeting: Message = {
  id: "test",
  runId: "test",
  role: "user",
  parts: [{ type: "text", id: "test", text: "Hello" }],
  createdAt: 0,
};
