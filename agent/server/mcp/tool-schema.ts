/** The input schema of a server's tool in a form that every model's service takes: an object, without references, bounded. */

type Schema = Record<string, unknown>;

const deepest = 24;
/** Of the schema that the model is given; references may repeat what they name. */
const mostNodes = 2_000;
const mostCharacters = 60_000;

/** What says nothing of the values, and what services refuse. */
const leftOut = new Set(["$schema", "$id", "$anchor", "$comment", "$defs", "definitions"]);

/** Throws an Error that says why as a clause, when no model could be given it. */
export function cleanSchema(schema: unknown): Schema {
  if (!isObject(schema)) return { type: "object", properties: {} };
  const state = { root: schema, nodes: 0 };
  const clean = cleaned(schema, state, [], 0) as Schema;
  const top = isPlainObject(clean) ? clean : wrapped(clean);
  if (JSON.stringify(top).length > mostCharacters) throw new Error("its schema is too long");
  return top;
}

/** Whether the schema came wrapped: then its input is what stands under `input`. */
export function isWrapped(schema: unknown): boolean {
  return isObject(schema) && !isPlainObject(schema);
}

/** Services want an object on top, and no choice between several. */
function isPlainObject({ type, anyOf, oneOf, allOf, $ref }: Schema): boolean {
  const isObjectType = type === "object" || type === undefined;
  return isObjectType && [anyOf, oneOf, allOf, $ref].every((one) => one === undefined);
}

function wrapped(schema: Schema): Schema {
  return { type: "object", properties: { input: schema }, required: ["input"] };
}

interface State {
  root: Schema;
  nodes: number;
}

/** `open`: the references that lead here; one that comes again is a circle, and stands for any value. */
function cleaned(value: unknown, state: State, open: readonly string[], depth: number): unknown {
  if (depth > deepest || ++state.nodes > mostNodes) throw new Error("its schema is too large");
  if (Array.isArray(value)) return value.map((one) => cleaned(one, state, open, depth + 1));
  if (!isObject(value)) return value;
  const { $ref: reference } = value;
  if (typeof reference === "string") {
    if (open.includes(reference)) return {};
    const { $ref: _reference, ...beside } = value;
    const target = find(state.root, reference);
    const named = { ...target, ...beside };
    return cleaned(named, state, [...open, reference], depth + 1);
  }
  const clean: Schema = depth === 0 ? { type: "object" } : {};
  for (const [name, one] of Object.entries(value)) {
    if (leftOut.has(name)) continue;
    clean[name] =
      name === "properties" && isObject(one)
        ? // The names of properties are no words of the schema.
          Object.fromEntries(
            Object.entries(one).map(([key, of]) => [key, cleaned(of, state, open, depth + 1)]),
          )
        : cleaned(one, state, open, depth + 1);
  }
  if (depth === 0 && !isPlainObject(value) && value["type"] === undefined) delete clean["type"];
  return clean;
}

/** A JSON pointer within the schema; other addresses are never asked. */
function find(root: Schema, reference: string): Schema {
  if (reference === "#") return root;
  const path = /^#\/(.+)$/.exec(reference)?.[1];
  let found: unknown = root;
  for (const step of path?.split("/") ?? [undefined]) {
    const name = step?.replaceAll("~1", "/").replaceAll("~0", "~");
    found =
      isObject(found) && name !== undefined && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  if (isObject(found)) return found;
  throw new Error("its schema refers to something that is not in it");
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
