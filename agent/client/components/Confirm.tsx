/** Asks before something is lost for good. */
import { t } from "../../shared/translation";
import { Button, ButtonRow } from "./Button";
import styles from "./Confirm.module.css";
import { Modal } from "./Modal";

export interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  run(): void;
  close(): void;
}

export function Confirm(props: ConfirmProps) {
  return (
    <Modal title={props.title} close={() => props.close()}>
      <p class={styles.text}>{props.text}</p>
      <ButtonRow>
        <Button autofocus onClick={() => props.close()}>
          {t("Cancel")}
        </Button>
        <Button
          look="destructive"
          onClick={() => {
            props.run();
            props.close();
          }}
        >
          {props.action}
        </Button>
      </ButtonRow>
    </Modal>
  );
}
