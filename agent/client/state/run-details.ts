/** When a run ran, which models answered, and what it has used, a line each. */
import { plural } from "../../shared/plural";
import { type EngineInfo, ownLoginModel, type Run, type Session } from "../../shared/protocol";
import { cacheWords, usageDetails } from "../../shared/usage-words";
import { engineName, usesOwnLogin } from "./engine-list";
import { duration } from "./format";

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
  const begun = new Date(run.startedAt).toLocaleString();
  const engine = [engineName(engines, session.engine), session.engine?.version].filter(Boolean);
  const hasUsed = run.usage.inputTokens + run.usage.outputTokens > 0;
  return [
    `${begun}, took ${took}, ${plural(answers.length, "model call")}`,
    ...(session.engine ? [`Engine: ${engine.join(" ")}`] : []),
    ...(models.length > 0
      ? [`${models.length === 1 ? "Model" : "Models"}: ${models.join(", ")}`]
      : []),
    ...(hasUsed ? [...usageDetails(run.usage).split("\n"), cacheWords(run.usage) ?? ""] : []),
  ].filter((line) => line !== "");
}
