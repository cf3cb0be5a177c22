/** Chooses the session's model. */
import { useClient } from "../state/client";
import { findModel } from "../state/model-list";
import { deferred } from "./deferred";
import { Icon } from "./Icon";
import { Popup } from "./Menu";

const ModelList = deferred(async () => (await import("./ModelList")).ModelList);

export function ModelPicker() {
  const client = useClient();
  const models = client.models.models;
  const provider = () => client.current().chosen().provider ?? models()?.default.provider ?? "";
  const model = () => client.current().chosen().model ?? models()?.default.model ?? "";
  const name = () => findModel(models(), provider(), model())?.name ?? model();
  return (
    <Popup
      label={`Model: ${name() || "none"}`}
      trigger={
        <>
          <span>{name() || (models() ? "Choose a model" : "Looking for models…")}</span>
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
