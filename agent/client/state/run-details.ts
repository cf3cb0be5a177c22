/** When a run ran, which models answered, and what it has used, a line each. */
import { type EngineInfo, ownLoginModel, type Run, type Session } from "../../shared/protocol";
import { cacheWords, usageDetails } from "../../shared/usage-words";
import { engineName, usesOwnLogin } from "./engine-list";
import { dateLocale, duration } from "./format";
import { t, tn } from "../../shared/translation";

export function runDetails(
  run: Run,
  session: Session,
  engines: EngineInfo[] | undefined,
): string[] {
  const answers = session.messages.filter(
    ({ runId, role }) => runId === run.id && role === "assistant",
  );
  const models = [...new Set(answers.flatMap(({ model }) => model ?? []))].filter(
    (model) => !usesOwnLogin(session) || model !== ownLoginModel,
  );
  const took = duration((run.endedAt ?? run.startedAt) - run.startedAt);
  const begun = new Date(run.startedAt).toLocaleString(dateLocale());
  const engine = [engineName(engines, session.engine), session.engine?.version].filter(Boolean);
  const hasUsed = run.usage.inputTokens + run.usage.outputTokens > 0;
  return [
    t("{begun}, took {time}, {calls}", {
      begun,
      time: took,
      calls: tn(answers.length, "{count} model call", "{count} model calls"),
    }),
    ...(session.engine ? [t("Engine: {name}", { name: engine.join(" ") })] : []),
    ...(models.length > 0
      ? [tn(models.length, "Model: {names}", "Models: {names}", { names: models.join(", ") })]
      : []),
    ...(hasUsed ? [...usageDetails(run.usage).split("\n"), cacheWords(run.usage) ?? ""] : []),
  ].filter((line) => line !== "");
}
