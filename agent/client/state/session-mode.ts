/** The two modes of a session: plan, in which nothing is changed, and work, with the permissions that it had before. */
import type { Permissions } from "../../shared/protocol";
import { t } from "../../shared/translation";
import type { Client } from "./client";
import type { OpenSession } from "./open-session";
import { permissionWords } from "./permission-choices";

export const modeKey = "Mod+m";

const workedWith = new WeakMap<OpenSession, Permissions>();

export function isPlanning(open: OpenSession): boolean {
  return open.chosen().permissions === "plan";
}

/** To the other mode. */
export function switchMode(client: Client): void {
  const { notices } = client;
  const open = client.current();
  const { engine, permissions = "ask" } = open.chosen();
  if (engine !== undefined) return notices.toast(t("This session’s agent has no plan mode"));
  if (permissions === "plan") {
    const next = workedWith.get(open) ?? "ask";
    void open.change({ permissions: next });
    const { name } = permissionWords[next];
    return notices.toast(t("Work mode: {permissions}", { permissions: name }), "", "mode");
  }
  workedWith.set(open, permissions);
  void open.change({ permissions: "plan" });
  notices.toast(t("Plan mode"), permissionWords.plan.words, "mode");
}
