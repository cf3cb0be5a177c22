/** Copies a text, and says that it did. Not drawn where the browser has no clipboard (plain http from afar). */
import { createSignal, onCleanup, Show } from "solid-js";
import { Button } from "./Button";
import { Icon } from "./Icon";

const thanksMs = 1500;

export function CopyButton(props: { text: string; what: string }) {
  const [state, setState] = createSignal<"ready" | "copied" | "refused">("ready");
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));

  async function copy(): Promise<void> {
    const copied = await navigator.clipboard.writeText(props.text).then(
      () => true,
      () => false,
    );
    setState(copied ? "copied" : "refused");
    clearTimeout(timer);
    timer = setTimeout(() => setState("ready"), thanksMs);
  }

  return (
    <Show when={"clipboard" in navigator}>
      <Button
        look="quiet"
        size="small"
        aria-label={`Copy ${props.what}`}
        onClick={() => void copy()}
      >
        <Icon name={state() === "copied" ? "check" : "copy"} />
        <span>{labels[state()]}</span>
      </Button>
    </Show>
  );
}

const labels = { ready: "Copy", copied: "Copied", refused: "Not allowed" };
