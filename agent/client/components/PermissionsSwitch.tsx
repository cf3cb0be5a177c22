/** What Rein may do in this session without asking, and the way to its rules. */
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { deferred } from "./deferred";
import { Icon } from "./Icon";
import { Menu } from "./Menu";
import styles from "./Menu.module.css";
import { permissionChoicesFor, permissionWords } from "../state/permission-choices";
import switchStyles from "./PermissionsSwitch.module.css";

const SandboxNote = deferred(async () => (await import("./Permissions")).SandboxNote);

export function PermissionsSwitch() {
  const client = useClient();
  const chosen = () => client.current().chosen().permissions ?? "ask";
  const name = () => permissionWords[chosen()].name;
  return (
    <Menu
      label={t("Permissions: {name}", { name: name() })}
      button={{ class: switchStyles.chip, marked: chosen() === "all" }}
      trigger={
        <>
          <Icon name="shield" />
          <span class={switchStyles.name} data-plan={chosen() === "plan" ? "" : undefined}>
            {chosen() === "plan" ? t("Plan mode") : name()}
          </span>
          <span class={switchStyles.brief}>{permissionWords[chosen()].brief}</span>
        </>
      }
      entries={[
        ...permissionChoicesFor(client.current().chosen().engine !== undefined).map(
          ({ id, name, words }) => ({
            name,
            words,
            checked: id === chosen(),
            // Plan is a mode of its own; the others say how Rein works.
            ...(id === "plan" && { side: t("Ctrl/⌘ M") }),
            separate: id === "ask" && client.current().chosen().engine === undefined,
            run: () => client.current().change({ permissions: id }),
          }),
        ),
        {
          name: t("Rules…"),
          words: t("What this session may do, and the rules of this directory"),
          separate: true,
          run: () => client.setPanel("permissions"),
        },
      ]}
      note={
        <p class={styles.note}>
          <SandboxNote />
        </p>
      }
    />
  );
}
