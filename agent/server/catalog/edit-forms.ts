/** Which models were trained to change files by patches, by their names: no service says so. */
import type { EditForm } from "../../shared/protocol";

/** GPT-4.1, GPT-5 and later, codex models, o3 and o4: also where a gateway puts its maker or a region before the name. */
const patching = /(?:^|[/.:])(?:gpt-(?:4\.1|[5-9])|codex|o[34])(?![a-z0-9])/i;

/** Undefined: by passages. */
export function editFormOfModel(id: string): EditForm | undefined {
  return patching.test(id) ? "patch" : undefined;
}
