/** A path in which each value is one segment, or a parameter: an id from elsewhere leads to no other route. */
export function path(
  texts: TemplateStringsArray,
  ...values: (string | number | URLSearchParams)[]
): string {
  // Without parameters there is no question mark.
  return String.raw({ raw: texts }, ...values.map(encoded)).replace(/\?$/, "");
}

function encoded(value: string | number | URLSearchParams): string {
  if (value instanceof URLSearchParams) return value.toString();
  const text = encodeURIComponent(value);
  // A URL takes “..” for a step up, also where it is encoded once.
  return /^\.+$/.test(text) ? text.replaceAll(".", "%252E") : text;
}

/** The texts and numbers among them. */
export function inQuery(values: Readonly<Record<string, unknown>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (typeof value === "string" || typeof value === "number") query.set(name, String(value));
  return query;
}
