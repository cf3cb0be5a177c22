/** @jsxImportSource @opentui/solid */
/** Which engine answers in the session: chosen before its first message, and then shown. */
import { createMemo, onMount } from "solid-js";
import { useClient } from "../../client/state/client";
import { chooseEngine, engineStateWords, wayWords } from "../../client/state/engine-choices";
import { usesOwnLogin } from "../../client/state/engine-list";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

/** No engine has it. */
const reinId = "";

export function EnginePanel(props: PanelProps) {
  const client = useClient();
  const { engines, refresh } = client.engines;
  const chosen = () => props.open.chosen();
  const isNew = () => props.open.id() === undefined;
  onMount(() => void refresh());

  const mark = (id: string): Line["mark"] => ({
    text: (chosen().engine?.id ?? reinId) === id ? "✓" : " ",
    color: "good",
  });
  const lines = createMemo((): Line[] => [
    {
      id: reinId,
      text: "Rein",
      side: "Ready",
      mark: mark(reinId)!,
      words: "Its own loop, with the tools and stops of Rein.",
    },
    ...(engines() ?? []).map((engine) => ({
      id: engine.id,
      text: engine.name,
      side: engineStateWords(engine),
      mark: mark(engine.id)!,
      words:
        engine.state === "ready"
          ? engine.id === chosen().engine?.id
            ? wayWords(usesOwnLogin(chosen()))
            : undefined
          : engine.reason,
    })),
  ]);

  function choose({ id }: Line): void {
    if (!isNew())
      return client.notices.toast("A session keeps its engine: /new begins another session");
    const engine = engines()?.find((one) => one.id === id);
    if (engine !== undefined && engine.state !== "ready")
      return client.notices.toast(`${engine.name} cannot be used`, engine.reason);
    chooseEngine(client, id);
    props.close();
  }

  return (
    <PanelFrame
      title="Engine"
      hints={
        isNew()
          ? ["Enter chooses", "it stays the same for the whole session"]
          : ["Chosen with the first message, and fixed"]
      }
      close={props.close}
    >
      <ChoiceList lines={lines()} first={chosen().engine?.id} empty="" choose={choose} />
    </PanelFrame>
  );
}
