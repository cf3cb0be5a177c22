/** JSON Schemas as words and tables of the reference page. */
import { html } from "hono/html";
import type { JsonSchema } from "./json-schemas";

export type Html = ReturnType<typeof html>;

/** Paragraphs, in which what stands between backticks is code. */
export function prose(text: string): Html[] {
  return text.split("\n\n").map((paragraph) => html`<p>${inline(paragraph)}</p>`);
}

function inline(text: string): (string | Html)[] {
  return text
    .split("`")
    .map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : piece));
}

/** The fields of an object, and those of objects inside it as `outer.inner`. */
export function fieldRows(schema: JsonSchema): Html {
  return html`<div class="table" tabindex="0">
    <table>
      <tbody>
        ${rowsOf(schema, "")}
      </tbody>
    </table>
  </div>`;
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): Html[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const field = typeof property === "boolean" ? {} : property;
    // It is never there.
    if (field.not !== undefined) return [];
    const isOptional = !required.includes(name) || field.default !== undefined;
    const notes = [field.description, field.default !== undefined && defaultWords(field)];
    const row = html`<tr>
      <th scope="row"><code>${prefix}${name}</code></th>
      <td>
        ${field.properties ? "object" : typeWords(field)}${isOptional && html` <span class="faint">optional</span>`}
      </td>
      <td>${notes.filter((note) => typeof note === "string").map((note) => inline(`${note} `))}</td>
    </tr>`;
    const inner = field.properties ? field : itemOf(field);
    const path = `${prefix}${name}${field.properties ? "" : "[]"}.`;
    return [row, ...(inner?.properties ? rowsOf(inner, path) : [])];
  });
}

function defaultWords({ default: value }: JsonSchema): string {
  return `By default \`${JSON.stringify(value)}\`.`;
}

function itemOf({ items }: JsonSchema): JsonSchema | undefined {
  return typeof items === "object" && !Array.isArray(items) ? items : undefined;
}

/** Its type as code, with links to the schemas that it names. */
export function typeWords(schema: JsonSchema): Html {
  return html`<code>${typeOf(schema)}</code>`;
}

function typeOf(schema: JsonSchema): Html | string {
  const { $ref, type } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  const union = schema.anyOf ?? schema.oneOf;
  if (union !== undefined) return joined(union.map(typeOf), " | ");
  if (type === "array") return html`${grouped(itemOf(schema) ?? {})}[]`;
  const values = schema.additionalProperties;
  if (type === "object" && typeof values === "object" && schema.properties === undefined)
    return html`{ [name]: ${typeOf(values)} }`;
  if (type === "object" && schema.properties) return fieldsInline(schema);
  return typeof type === "string" ? type : "any";
}

/** Of an object inside a union, which has no rows of its own. */
function fieldsInline({ properties = {}, required = [] }: JsonSchema): Html {
  const fields = Object.entries(properties).flatMap(([name, field]) => {
    if (typeof field === "boolean" || field.not !== undefined) return [];
    return [html`${name}${!required.includes(name) && "?"}: ${typeOf(field)}`];
  });
  return html`{ ${joined(fields, ", ")} }`;
}

function grouped(item: JsonSchema): Html | string {
  const isUnion = (item.anyOf ?? item.oneOf ?? item.enum) !== undefined;
  if (item.properties) return "object";
  return isUnion ? html`(${typeOf(item)})` : typeOf(item);
}

function joined(pieces: (Html | string)[], separator: string): Html {
  return html`${pieces.map((piece, index) => (index === 0 ? piece : html`${separator}${piece}`))}`;
}
