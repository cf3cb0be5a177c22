/** A page may be opened while the server is away: it says what can be done then, and loads what it lacks once there is an answer. */
import { type Accessor, createEffect, createSignal, on } from "solid-js";
import { t } from "../../shared/translation";
import { wordsFor } from "./api-client";
import type { ConnectionState } from "./connection-state";
import type { ModelsState } from "./model-list";
import type { Notices } from "./notice-store";

interface ServerOptions {
  models: ModelsState;
  notices: Notices;
  /** Of the session on screen. */
  connection: Accessor<ConnectionState["name"]>;
}

/** Loads the models, and tells of a server that has not answered since the page was opened. */
export function followServer({ models, notices, connection }: ServerOptions): void {
  const [isReached, setReached] = createSignal(false);
  const id = "unreached";

  let isLoading = false;

  async function load(): Promise<void> {
    isLoading = true;
    try {
      await models.refresh();
      setReached(true);
    } catch (error) {
      if (isReached()) notices.toast(t("The models could not be loaded"), wordsFor(error));
    } finally {
      isLoading = false;
    }
  }

  void load();
  createEffect(
    on(connection, (name) => {
      if (name !== "live" || isReached()) return;
      setReached(true);
      if (!isLoading) void load();
    }),
  );
  createEffect(() => {
    if (isReached() || connection() !== "lost") return notices.dismiss(id);
    notices.keep({
      id,
      text: t("Rein cannot be reached"),
      detail: t(
        "A message can be written: it is kept in this browser. Sessions appear, and messages can be sent, once the server answers.",
      ),
      holds: true,
    });
  });
}
