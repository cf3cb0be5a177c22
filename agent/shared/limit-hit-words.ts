/** What a job's limit did to it, in words for people and models. */
import type { JobLimitHit, Sentence, ToolCallPart } from "./protocol";
import { inWords, sentence } from "./sentences";
import { languageId, t } from "./translation";

/** One sentence. */
export function limitHitWords({ limit, of, most, ended }: JobLimitHit): string {
  if (limit === "processes") return processesWords(of, most);
  const amount = most === undefined ? "" : memoryAmount(most);
  if (!ended) return partWords(of, amount);
  if (of === "machine") return t("Ended: the machine had no more memory for it.");
  return of === "job"
    ? t("Ended: it needed more than {amount} of memory.", { amount })
    : t("Ended: all commands together needed more than {amount} of memory.", { amount });
}

function partWords(of: JobLimitHit["of"], amount: string): string {
  if (of === "machine") return t("A process of it was ended: the machine had no more memory.");
  return of === "job"
    ? t("A process of it was ended: together they needed more than {amount} of memory.", { amount })
    : t("A process of it was ended: all commands together needed more than {amount} of memory.", {
        amount,
      });
}

function processesWords(of: JobLimitHit["of"], most: number | undefined): string {
  const count = most?.toLocaleString(languageId()) ?? "";
  return of === "job"
    ? t("It reached its limit of {count} processes: it could not start more.", { count })
    : t("All commands together reached the limit of {count} processes: it could not start more.", {
        count,
      });
}

/** Why a call failed, or what else went wrong with it; undefined where nothing did. */
export function callProblem({ error, limitHit }: ToolCallPart): string | undefined {
  if (limitHit === undefined) return error;
  const words = limitHitWords(limitHit);
  return limitHit.ended || error === undefined ? words : `${words} ${error}`;
}

/** "4 GB", "1.5 GB", "768 MB": in units of 1024, as limits of memory are set. */
export function memoryAmount(bytes: number): string {
  return inWords(memorySentence(bytes));
}

/** The same, of a server. */
export function memorySentence(bytes: number): Sentence {
  const megabytes = bytes / 1024 ** 2;
  if (megabytes < 1024) return sentence("{amount} MB", { amount: Math.round(megabytes) });
  return sentence("{amount} GB", { amount: Math.round(megabytes / 102.4) / 10 });
}
