/** Which permission a resolved path needs. */
import type { PermissionRequest } from "../tool";
import type { ResolvedPath } from "./resolved-path";

/** Reading needs no permission inside the working directory; outside, one for each path. */
export function readPermission({ path, inside }: ResolvedPath): PermissionRequest | undefined {
  return inside ? undefined : outsidePermission("read", path);
}

export function editPermission({ path, inside, shown }: ResolvedPath): PermissionRequest {
  if (!inside) return outsidePermission("edit", path);
  return {
    kind: "edit",
    subject: shown,
    always: "all edits in the working directory",
    key: "edit",
  };
}

function outsidePermission(verb: "read" | "edit", path: string): PermissionRequest {
  const subject = `${verb} ${path}`;
  return { kind: "outside", subject, always: `to ${subject}`, key: `outside:${subject}` };
}
