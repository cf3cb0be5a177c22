/** A title being changed in place: Enter and leaving it save, Escape leaves it as it was. */
import { onMount } from "solid-js";
import { t } from "../../shared/translation";
import { bindLayer, isComposing } from "../keys";

export interface TitleFieldProps {
  title: string;
  save(title: string): void;
  close(): void;
}

export function TitleField(props: TitleFieldProps) {
  let field!: HTMLInputElement;
  let isDone = false;
  onMount(() => field.select());

  function finish(keep: boolean): void {
    // Closing takes the focus away, which would finish it a second time.
    if (isDone) return;
    isDone = true;
    const title = field.value.trim();
    if (keep && title !== "" && title !== props.title) props.save(title);
    props.close();
  }

  bindLayer(() => finish(false));
  return (
    <input
      ref={field}
      aria-label={t("Title")}
      maxlength="200"
      value={props.title}
      onBlur={() => finish(true)}
      onKeyDown={(event) => event.key === "Enter" && !isComposing(event) && finish(true)}
    />
  );
}
