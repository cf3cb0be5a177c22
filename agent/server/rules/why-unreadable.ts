/** Which paths are not read though a person has asked for what names them: a mention, an import of instructions. */
import type { ProjectRule } from "../../shared/protocol";
import type { PathAccess } from "../../shared/rules";
import { permissionFor } from "./permission";
import type { OwnPath } from "./self-executing";

/** A rule of the project, or that it is Rein's own, as a clause; undefined when it may be read. Parameters as those of `permissionFor`. */
export function whyUnreadable(
  access: PathAccess,
  rules: readonly ProjectRule[],
  cwd: string,
  own: readonly OwnPath[],
): string | undefined {
  const permission = permissionFor(access, { permissions: "all", allowed: [] }, rules, cwd, own);
  if (permission.is === "denied") return "a rule of this project denies it";
  return permission.is === "asked" ? permission.approval.asksBecause : undefined;
}
