/** The roles that Rein brings: files like those of others. */
import type { ActingRole, ReadDefinition } from "./definition-types";
import { readRole } from "./role-file";
import complex from "./roles/complex.md" with { type: "text" };
import researcher from "./roles/researcher.md" with { type: "text" };
import simple from "./roles/simple.md" with { type: "text" };

export const builtInRoles: ReadDefinition<ActingRole>[] = Object.entries({
  simple,
  complex,
  researcher,
}).map(([name, text]) => {
  const read = readRole({ origin: "built-in", path: `${name}.md`, name: `${name}.md`, text });
  if (typeof read === "string") throw new Error(`The role ${name}: ${read}`);
  return read;
});
