/** The button that attaches files to the message: of this device, or on a phone from its camera. */
import { mediaTypes } from "../../shared/protocol";
import type { AttachedFiles } from "../state/attached-files";
import { Button } from "./Button";
import { Icon } from "./Icon";

export function AttachButton(props: { attached: AttachedFiles; class?: string | undefined }) {
  let field!: HTMLInputElement;
  return (
    <>
      <Button
        look="quiet"
        iconOnly
        class={props.class}
        data-testid="attach"
        aria-label="Attach pictures or PDFs"
        title="Attach pictures or PDFs"
        onClick={() => field.click()}
      >
        <Icon name="plus" />
      </Button>
      <input
        ref={field}
        type="file"
        multiple
        hidden
        accept={mediaTypes.join(",")}
        aria-hidden="true"
        tabindex="-1"
        onChange={() => {
          props.attached.add(field.files ?? []);
          // The same file can be chosen again.
          field.value = "";
        }}
      />
    </>
  );
}
