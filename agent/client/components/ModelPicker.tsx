/** Chooses the session's model. */
import { useClient } from "../state/client";
import { findModel } from "../state/model-list";
import { deferred } from "./deferred";
import { Icon } from "./Icon";
import { Popup } from "./Menu";
import { VisibleText } from "./VisibleText";
import { visibleString } from "../../shared/visible-text";

const ModelList = deferred(async () => (await import("./ModelList")).ModelList);

export function ModelPicker() {
  const client = useClient();
  const models = client.models.models;
  const provider = () => client.current().chosen().provider ?? models()?.default.provider ?? "";
  const model = () => client.current().chosen().model ?? models()?.default.model ?? "";
  const name = () => findModel(models(), provider(), model())?.name ?? model();
  return (
    <Popup
      label={`Model: ${visibleString(name() || "none")}`}
      trigger={
        <>
          <VisibleText text={name() || (models() ? "Choose a model" : "Looking for models…")} />
          <Icon name="expand" />
        </>
      }
    >
      {(close) => (
        <ModelList
          provider={provider()}
          model={model()}
          choose={(chosen) => {
            client.current().change({ provider: chosen.provider, model: chosen.id });
            close();
          }}
        />
      )}
    </Popup>
  );
}
