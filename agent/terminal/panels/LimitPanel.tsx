/** @jsxImportSource @opentui/solid */
/** What every run, and all runs of a day, may use; and what happens then. */
import { createResource } from "solid-js";
import type { Limits } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../../client/state/api-client";
import { useClient } from "../../client/state/client";
import { limitAmounts, limitEndings, limitFields } from "../../client/state/limit-fields";
import { choiceField, type Field, FieldList, numberField } from "./FieldList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

/** More than zero. */
const least = 0.0001;

export function LimitPanel(props: PanelProps) {
  const { notices } = useClient();
  const [limits, { mutate }] = createResource(() => api.limits(requestTimeout()));

  async function save(next: Limits): Promise<void> {
    try {
      mutate(await api.saveLimits(next, requestTimeout()));
      notices.toast("Saved");
    } catch (error) {
      notices.toast("The limits were not saved", wordsFor(error));
    }
  }

  const fields = () =>
    limits.state === "ready" ? fieldsOf(limits(), (next) => void save(next)) : [];
  const empty = () =>
    limits.state === "errored"
      ? `The limits could not be loaded: ${wordsFor(limits.error)}`
      : "Loading…";
  return (
    <PanelFrame
      title="Limits"
      hints={["Enter changes; an empty text means none", "Left and Right choose", "Escape closes"]}
      close={props.close}
    >
      <FieldList fields={fields()} empty={empty()} />
    </PanelFrame>
  );
}

function fieldsOf(limits: Limits, save: (limits: Limits) => void): Field[] {
  const values = (["run", "day"] as const).flatMap((scope) =>
    limitFields.map(({ kind, name }) =>
      numberField(`${name} of a ${scope}`, limits[scope][kind], { empty: "none", least }, (value) =>
        save({ ...limits, [scope]: { ...limits[scope], [kind]: value } }),
      ),
    ),
  );
  const amounts = limitAmounts.map(({ text, empty, read, write }) =>
    numberField(text, read(limits), { empty, least: empty === undefined ? 0 : least }, (value) =>
      save({ ...limits, ...write(limits, value) }),
    ),
  );
  const atLimit = choiceField("At a limit", limitEndings, limits.atLimit, (next) =>
    save({ ...limits, atLimit: next }),
  );
  return [...values, atLimit, ...amounts];
}
