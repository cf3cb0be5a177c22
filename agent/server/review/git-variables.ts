/** Settings of git as variables of its environment: they outweigh every file, and a name may hold any character. */

type Setting = readonly [name: string, value: string];

export function asVariables(settings: readonly Setting[]): Record<string, string> {
  const entries = settings.flatMap(([name, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, name],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(entries) };
}

/** By the names of filters: without a program one does nothing (gitattributes(5)). */
export function withoutFilters(names: Iterable<string>): Setting[] {
  return [...names].flatMap((name): Setting[] => [
    [`filter.${name}.clean`, ""],
    [`filter.${name}.process`, ""],
    [`filter.${name}.required`, "false"],
  ]);
}
