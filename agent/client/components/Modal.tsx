/** A question that has to be answered before anything else on the page. Escape closes it first. */
import { createUniqueId, type JSX, onMount } from "solid-js";
import { bindLayer } from "../keys";
import styles from "./Modal.module.css";

export interface ModalProps {
  title: string;
  "data-testid"?: string;
  close(): void;
  children: JSX.Element;
}

export function Modal(props: ModalProps) {
  const titleId = createUniqueId();
  let dialog!: HTMLDialogElement;
  bindLayer(() => props.close());
  onMount(() => dialog.showModal());
  return (
    <dialog
      ref={dialog}
      class={styles.modal}
      aria-labelledby={titleId}
      data-testid={props["data-testid"]}
      onClose={() => props.close()}
    >
      <h2 id={titleId}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}
