/** Asks before something is lost for good. */
import { onMount } from "solid-js";
import { bindLayer } from "../keys";

export interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  run(): void;
  close(): void;
}

export function Confirm(props: ConfirmProps) {
  let dialog!: HTMLDialogElement;
  bindLayer(() => props.close());
  onMount(() => dialog.showModal());
  return (
    <dialog ref={dialog} class="confirm" aria-label={props.title} onClose={() => props.close()}>
      <h2>{props.title}</h2>
      <p>{props.text}</p>
      <div class="buttons">
        <button type="button" autofocus onClick={() => props.close()}>
          Cancel
        </button>
        <button
          type="button"
          class="destructive"
          onClick={() => {
            props.run();
            props.close();
          }}
        >
          {props.action}
        </button>
      </div>
    </dialog>
  );
}
