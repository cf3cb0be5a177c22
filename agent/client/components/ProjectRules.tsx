/** The rules of the session's directory: seen, added, changed and removed. */
import { createResource, createSignal, For } from "solid-js";
import type { ProjectRule, ProjectRules as Rules, RuleEffect } from "../../shared/protocol";
import type { RuleRequest } from "../../shared/requests";
import { describeRule } from "../../shared/rules";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { Button } from "./Button";
import { ruleEffects } from "../state/permission-choices";
import styles from "./Permissions.module.css";
import { Problem } from "./Problem";
import { RuleForm } from "./RuleForm";
import { SheetSection } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function ProjectRules() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const [problem, setProblem] = createSignal("");
  const [answer, { mutate }] = createResource(cwd, (at) => api.rules(at, requestTimeout()));
  const rules = () => (answer.state === "ready" ? answer().rules : []);

  /** Resolves with whether the server took it. */
  async function change(call: () => Promise<Rules>): Promise<boolean> {
    try {
      mutate(await call());
      setProblem("");
      return true;
    } catch (error) {
      setProblem(wordsFor(error));
      return false;
    }
  }

  const add = (request: Omit<RuleRequest, "cwd">) =>
    change(() => api.addRule({ cwd: cwd(), ...request }, requestTimeout()));
  const remove = (id: string) => change(() => api.removeRule(cwd(), id, requestTimeout()));

  /** The new one first: what is denied is so all the time. */
  async function setEffect({ id, rule }: ProjectRule, effect: RuleEffect): Promise<void> {
    if (await add({ effect, rule })) await remove(id);
    else await change(() => api.rules(cwd(), requestTimeout()));
  }

  return (
    <SheetSection title={t("Rules of this directory")} data-testid="rules">
      <p class={styles.note}>
        {tr(
          "For every session in {directory}. Deny wins over ask, ask over allow. A command can be written in other words than a rule has: what must not happen needs the sandbox.",
          {
            directory: (
              <code>
                <VisibleText text={cwd()} />
              </code>
            ),
          },
        )}
      </p>
      <Problem words={answer.error && wordsFor(answer.error)} />
      <ul class={styles.rules}>
        <For each={rules()}>
          {(one) => (
            <li>
              <select
                aria-label={t("Effect on {rule}", {
                  rule: visibleString(describeRule(one.rule, one.effect)),
                })}
                value={one.effect}
                onChange={(event) => void setEffect(one, event.currentTarget.value as RuleEffect)}
              >
                <For each={ruleEffects}>
                  {(effect) => (
                    <option value={effect.id} selected={effect.id === one.effect}>
                      {effect.name}
                    </option>
                  )}
                </For>
              </select>
              <VisibleText text={describeRule(one.rule, one.effect)} exact />
              <Button size="small" onClick={() => void remove(one.id)}>
                {t("Remove")}
              </Button>
            </li>
          )}
        </For>
      </ul>
      <RuleForm add={add} />
      <Problem words={problem()} />
    </SheetSection>
  );
}
