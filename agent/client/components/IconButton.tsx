/** A quiet button that is an icon: its name is read aloud, and shown on hover and on the keyboard's focus. */
import { type JSX, splitProps } from "solid-js";
import { Button, type ButtonProps } from "./Button";
import { Icon, type IconName } from "./Icon";
import { Tooltip } from "./Tooltip";

export interface IconButtonProps extends Omit<ButtonProps, "iconOnly" | "aria-label" | "title"> {
  /** Its accessible name, which its tooltip shows. */
  label: string;
  icon: IconName;
  /** Shown behind the name in the tooltip only: the key that does the same. */
  keys?: string;
  /** The name has just changed, and says what happened: the tooltip is shown, for a touch too. */
  isNews?: boolean;
  /** Drawn in the place of the icon. */
  children?: JSX.Element;
}

export function IconButton(props: IconButtonProps) {
  const [own, rest] = splitProps(props, ["label", "icon", "keys", "isNews", "children"]);
  return (
    <Button look="quiet" {...rest} iconOnly aria-label={own.label}>
      {own.children ?? <Icon name={own.icon} />}
      <Tooltip
        words={own.keys === undefined ? own.label : `${own.label} (${own.keys})`}
        isNews={own.isNews}
      />
    </Button>
  );
}
