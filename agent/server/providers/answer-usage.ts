/** What one answer of a model has used: the service's own count and cost where they can be true, else an estimate. */
import { priced } from "../../shared/cost";
import { defined } from "../../shared/defined";
import type { ModelPrice, Usage } from "../../shared/protocol";
import type { TokenCounts } from "./provider";

export interface AnswerSoFar {
  /** By the service. */
  counted: Partial<TokenCounts>;
  /** What the model has written, in estimated tokens. */
  written: number;
  /** The service has said that it is whole: only then its counts and its cost are final. */
  isOver: boolean;
  /** Of the request, estimated; called where the service has not counted them. */
  requestTokens: () => number;
  serviceTier: string | undefined;
  price: ModelPrice | undefined;
}

/**
 * The service's own count, and its cost as the service says it, once the answer is finished; an estimate until then, and
 * where the count cannot be true.
 */
export function usageOfAnswer(answer: AnswerSoFar): Usage {
  const { counted, written, isOver } = answer;
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens, cacheWriteTokens } = counted;
  const { costUsd, hasOtherModel } = counted;
  const isCounted = isOver && inputTokens > 0 && isTrueOutput(outputTokens, written);
  const usage: Usage = isCounted
    ? { inputTokens, outputTokens, estimated: false }
    : {
        inputTokens: inputTokens || answer.requestTokens(),
        outputTokens: Math.max(outputTokens, written),
        estimated: true,
      };
  Object.assign(usage, defined({ cacheReadTokens, cacheWriteTokens }));
  // Its service's own word, whatever the prices are. An answer that was not finished may have cost more by its end; a
  // service that says zero tokens and no cost has counted nothing.
  const isCostSaid = isOver && costUsd !== undefined && (isCounted || costUsd > 0);
  if (isCostSaid) return { ...usage, costUsd };
  // The prices are those of this model's standard tier.
  if (!standardTiers.has(answer.serviceTier) || hasOtherModel) usage.estimated = true;
  return priced(usage, answer.price);
}

const standardTiers = new Set([undefined, "auto", "default", "standard", "standard_only"]);

/** Some gateways send zeros, or count one part of an answer. No text has 40 characters a token for long. */
function isTrueOutput(counted: number, estimated: number): boolean {
  return counted === 0 ? estimated === 0 : estimated <= 10 * counted + 1000;
}
