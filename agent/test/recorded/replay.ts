/** Replays answers over real HTTP through the real SDKs: one upstream for any number of them at the same time. */
import type { Provider } from "../../server/providers/provider";
import { createOpenAIChat } from "../../server/providers/openai/openai-chat";
import { apiKey, type ProviderCase, providerCases } from "../provider-wires";
import { type RawUpstream, startRawUpstream } from "../upstream/raw-upstream";
import { baseUrlsAt, type WireName } from "../upstream/wire";
import type { Framing, Stream } from "./framings";
import type { RecordedAnswer } from "./recordings";

export type Answerer = Pick<RecordedAnswer, "wire" | "service">;

export interface Replay extends Disposable {
  upstream: RawUpstream;
  /** A provider that gets this stream for an answer, framed so. */
  provider(answerer: Answerer, stream: Stream, framing: Framing): Provider;
}

export function startReplay(): Replay {
  const upstream = startRawUpstream();
  const answers: { stream: Stream; framing: Framing }[] = [];
  // The number of the answer is the first part of the path.
  upstream.answer(({ line }) => {
    const { stream, framing } = answers[Number(/\/(\d+)\//.exec(line)![1])]!;
    return framing.frame(stream);
  });
  return {
    upstream,
    provider(answerer, stream, framing) {
      const url = `${upstream.url}/${answers.push({ stream, framing }) - 1}`;
      return createProvider(answerer, baseUrlsAt(url));
    },
    [Symbol.dispose]: () => upstream[Symbol.dispose](),
  };
}

/** Of a service with rules of its own, the provider that has them. */
export function createProvider(
  { wire, service }: Answerer,
  baseUrls: Record<WireName, string>,
): Provider {
  if (wire !== "openai-chat" || service === undefined) return caseOf(wire).create({ baseUrls });
  return createOpenAIChat({ id: service, apiKey, baseUrl: baseUrls[wire] });
}

export function caseOf(wire: WireName): ProviderCase {
  return providerCases.find((one) => one.wire === wire)!;
}
