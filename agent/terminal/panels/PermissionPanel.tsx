/** @jsxImportSource @opentui/solid */
/** What the session may do without asking: its permissions, what it was allowed, and the rules of its directory. */
import { createMemo, createResource } from "solid-js";
import type { RuleEffect } from "../../shared/protocol";
import { describeRule } from "../../shared/rules";
import { api, requestTimeout, wordsFor } from "../../client/state/api-client";
import { useClient } from "../../client/state/client";
import {
  permissionChoices,
  permissionChoicesFor,
  ruleEffects,
} from "../../client/state/permission-choices";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

const effectNames = new Map(ruleEffects.map(({ id, name }) => [id, name]));

export function PermissionPanel(props: PanelProps) {
  const client = useClient();
  const cwd = () => props.open.chosen().cwd || client.models.models()?.cwd || "";
  const [answer, { mutate }] = createResource(cwd, (at) => api.rules(at, requestTimeout()));
  const rules = () => (answer.state === "ready" ? answer().rules : []);
  const chosen = () => props.open.chosen().permissions ?? "ask";

  const lines = createMemo((): Line[] => [
    { id: "head-session", text: "This session", isHead: true },
    ...permissionChoicesFor(props.open.chosen().engine !== undefined).map(
      ({ id, name, words }) => ({
        id: `permissions ${id}`,
        text: name,
        words,
        mark: { text: id === chosen() ? "✓" : " ", color: "good" } as const,
      }),
    ),
    ...headed(
      "Allowed in this session",
      props.open.session.allowed.map(({ id, rule }) => ({
        id: `allowed ${id}`,
        text: describeRule(rule),
        words: describeRule(rule),
      })),
    ),
    ...headed(
      `Rules of ${cwd()}`,
      rules().map(({ id, rule, effect }) => ({
        id: `rule ${id}`,
        text: describeRule(rule, effect),
        words: describeRule(rule, effect),
        side: effectNames.get(effect) ?? effect,
      })),
    ),
  ]);

  function choose({ id }: Line): void {
    const permission = permissionChoices.find((one) => id === `permissions ${one.id}`);
    if (permission === undefined) return;
    void props.open.change({ permissions: permission.id });
    props.close();
  }

  async function remove({ id }: Line): Promise<void> {
    const [kind, ruleId = ""] = id.split(" ");
    try {
      if (kind === "allowed") await api.takeBack(props.open.id() ?? "", ruleId, requestTimeout());
      else if (kind === "rule") mutate(await api.removeRule(cwd(), ruleId, requestTimeout()));
    } catch (error) {
      client.notices.toast("It is still so", wordsFor(error));
    }
  }

  /** The new one first: what is denied is so all the time. */
  async function setEffect(line: Line, by: 1 | -1): Promise<void> {
    const found = rules().find(({ id }) => line.id === `rule ${id}`);
    if (found === undefined) return;
    const at = ruleEffects.findIndex(({ id }) => id === found.effect);
    const effect: RuleEffect =
      ruleEffects[(at + by + ruleEffects.length) % ruleEffects.length]?.id ?? found.effect;
    try {
      await api.addRule({ cwd: cwd(), effect, rule: found.rule }, requestTimeout());
      mutate(await api.removeRule(cwd(), found.id, requestTimeout()));
    } catch (error) {
      client.notices.toast("The rule was not changed", wordsFor(error));
    }
  }

  return (
    <PanelFrame
      title="Permissions"
      hints={["Enter chooses", "Delete takes a rule back", "Left and Right change its effect"]}
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        first={`permissions ${chosen()}`}
        empty=""
        choose={choose}
        keys={[
          { key: "Delete", run: (line) => void remove(line) },
          { key: "Backspace", run: (line) => void remove(line) },
          { key: "ArrowLeft", run: (line) => void setEffect(line, -1) },
          { key: "ArrowRight", run: (line) => void setEffect(line, 1) },
        ]}
      />
    </PanelFrame>
  );
}

function headed(title: string, lines: Line[]): Line[] {
  if (lines.length === 0) return [];
  return [{ id: `head ${title}`, text: title, isHead: true }, ...lines];
}
