/** The button that attaches files to the message: of this device, a folder of it, or on a phone from its camera. */
import { t } from "../../shared/translation";
import type { FileIntake } from "./file-intake";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import type { MenuEntry } from "./MenuPanel";

export function AttachButton(props: { intake: FileIntake; class?: string | undefined }) {
  let files!: HTMLInputElement;
  let folder!: HTMLInputElement;
  let photo!: HTMLInputElement;

  const entries = (): MenuEntry[] => [
    { name: t("Files"), run: () => files.click() },
    ...("webkitdirectory" in HTMLInputElement.prototype
      ? [{ name: t("Folder"), run: () => folder.click() }]
      : []),
    ...(matchMedia("(pointer: coarse)").matches
      ? [{ name: t("Camera"), run: () => photo.click() }]
      : []),
  ];

  function take(field: HTMLInputElement, choose: (files: Iterable<File>) => void): void {
    choose(field.files ?? []);
    // The same file can be chosen again.
    field.value = "";
  }

  const hidden = { type: "file", hidden: true, "aria-hidden": true, tabindex: -1 } as const;
  return (
    <>
      <Menu
        label={t("Attach files")}
        button={{ look: "quiet", iconOnly: true, class: props.class }}
        trigger={<Icon name="plus" />}
        entries={entries()}
      />
      <input
        ref={files}
        {...hidden}
        name="files"
        multiple
        onChange={() => take(files, props.intake.chooseFiles)}
      />
      <input
        ref={(field) => {
          folder = field;
          field.webkitdirectory = true;
        }}
        {...hidden}
        name="folder"
        onChange={() => take(folder, props.intake.chooseFolder)}
      />
      <input
        ref={photo}
        {...hidden}
        name="photo"
        accept="image/*"
        capture="environment"
        onChange={() => take(photo, props.intake.chooseFiles)}
      />
    </>
  );
}
