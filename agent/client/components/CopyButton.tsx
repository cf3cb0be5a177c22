/** Copies a text, and says that it did. */
import { t } from "../../shared/translation";
import { Button } from "./Button";
import { createCopying } from "./clipboard";
import { Icon } from "./Icon";

export function CopyButton(props: { text: string; what: string }) {
  const { state, copy } = createCopying();
  return (
    <Button
      look="quiet"
      size="small"
      aria-label={t("Copy {what}", { what: props.what })}
      onClick={() => void copy(props.text)}
    >
      <Icon name={state() === "copied" ? "check" : "copy"} />
      <span>{labels[state()]()}</span>
    </Button>
  );
}

const labels = {
  ready: () => t("Copy"),
  copied: () => t("Copied"),
  refused: () => t("Not allowed"),
};
