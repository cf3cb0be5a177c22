/** The API's document as a page for people: every operation and schema, with a table of contents, and nothing to load. */
import { html } from "hono/html";
import type { JsonSchema } from "./json-schemas";
import type { OpenApiDocument, OperationObject, Parameter } from "./openapi-document";
import { fieldRows, type Html, prose, typeWords } from "./reference-schemas";

/** `style`: the element, whose text the page's policy names by its hash. */
export async function referencePage(document: OpenApiDocument, style: Html): Promise<string> {
  const title = `Rein API ${String(document.info["version"])}`;
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <script src="/theme.js"></script>
        ${style}
      </head>
      <body>
        <nav aria-label="Contents">${contents(document)}</nav>
        <main>
          <h1>${title}</h1>
          ${prose(String(document.info["description"]))}
          <p>
            <a href="/api/openapi.json">openapi.json</a> is the same as an OpenAPI document. The
            examples expect the server’s address and the script token in two variables:
          </p>
          <pre tabindex="0"><code>REIN=http://127.0.0.1:3000
TOKEN=$(cat ~/.rein/token)</code></pre>
          ${document.tags.map((tag) => subject(document, tag))}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(document.components.schemas).map(([name, one]) => schema(name, one))}
        </main>
      </body>
    </html>`;
  return page.toString();
}

interface Place {
  method: string;
  path: string;
  operation: OperationObject;
}

function placesOf(document: OpenApiDocument, tag: string): Place[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

function contents(document: OpenApiDocument): Html {
  return html`<details open>
    <summary>Contents</summary>
    ${document.tags.map(
      ({ name }) =>
        html`<a class="subject" href="#${subjectId(name)}">${name}</a>
          <ul>
            ${placesOf(document, name).map(
              ({ operation }) =>
                html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`,
            )}
          </ul>`,
    )}
    <a class="subject" href="#schemas">Schemas</a>
    <ul>
      ${Object.keys(document.components.schemas).map(
        (name) => html`<li><a href="#schema-${name}">${name}</a></li>`,
      )}
    </ul>
  </details>`;
}

function subject(document: OpenApiDocument, tag: { name: string; description: string }): Html {
  return html`<section>
    <h2 id="${subjectId(tag.name)}">${tag.name}</h2>
    ${prose(tag.description)} ${placesOf(document, tag.name).map(article)}
  </section>`;
}

function article(place: Place): Html {
  const { method, path, operation } = place;
  const { summary, description, parameters = [], requestBody, responses, security } = operation;
  const { "200": answer, "204": empty, ...failures } = responses;
  return html`<article>
    <h3 id="${operation.operationId}"><a href="#${operation.operationId}">${summary}</a></h3>
    <p class="route">
      <code><b>${method}</b> ${path}</code>${security && " · needs no credential"}
    </p>
    ${description && prose(description)} ${parameters.length > 0 && parameterTable(parameters)}
    ${Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
      contentOf("Body", type, schema),
    )}
    ${Object.entries(answer?.content ?? {}).map(([type, { schema }]) =>
      contentOf("Answer", type, schema),
    )}
    ${
      empty &&
      html`<h4>Answer <code class="faint">204</code></h4>
        ${prose(empty.description)}`
    }
    <details>
      <summary>Errors</summary>
      ${Object.entries(failures).map(
        ([status, { description }]) =>
          html`<h4>${status}</h4>
            ${prose(description)}`,
      )}
    </details>
    <pre tabindex="0"><code>${curl(place)}</code></pre>
  </article>`;
}

function parameterTable(parameters: Parameter[]): Html {
  const rows = parameters.map(
    ({ name, in: where, required, description, schema }) =>
      html`<tr>
        <th scope="row"><code>${name}</code></th>
        <td>
          ${typeWords(schema)}
          <span class="faint">${required ? "" : "optional, "}in the ${where}</span>
        </td>
        <td>${description}</td>
      </tr>`,
  );
  return html`<h4>Parameters</h4>
    <div class="table" tabindex="0">
      <table>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function contentOf(title: string, type: string, schema: JsonSchema | undefined): Html {
  const union = schema?.anyOf ?? schema?.oneOf ?? [];
  const isOfObjects = union.length > 0 && union.every((one) => one.properties);
  const forms = isOfObjects ? union : schema ? [schema] : [];
  return html`<h4>${title} <code class="faint">${type}</code></h4>
    ${forms.flatMap((one, index) => [index > 0 && html`<p>or</p>`, fieldsOf(one)])}`;
}

function fieldsOf(schema: JsonSchema): Html {
  return schema.properties ? fieldRows(schema) : html`<p>${typeWords(schema)}</p>`;
}

function schema(name: string, one: JsonSchema): Html {
  return html`<article>
    <h3 id="schema-${name}"><a href="#schema-${name}">${name}</a></h3>
    ${one.description && prose(one.description)} ${fieldsOf(one)}
  </article>`;
}

/** A command that a shell takes as it is. */
function curl({ method, path, operation }: Place): string {
  const { requestBody, parameters = [], responses, security } = operation;
  const query = parameters
    .filter((one) => one.in === "query" && one.required)
    .map(({ name }) => `${name}=…`);
  const where = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const address = `"$REIN${where}${query.length > 0 ? `?${query.join("&")}` : ""}"`;
  const isStream = responses["200"]?.content?.["text/event-stream"] !== undefined;
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const data = type === "application/octet-stream" ? "--data-binary @picture.png" : dataOf(body);
  return [
    `curl ${isStream ? "-N " : ""}${method === "GET" ? "" : `-X ${method} `}${address}`,
    security === undefined && '-H "Authorization: Bearer $TOKEN"',
    data,
  ]
    .filter(Boolean)
    .join(" \\\n  ");
}

function dataOf(body: { example?: object } | undefined): string | undefined {
  return body?.example && `-d '${JSON.stringify(body.example)}'`;
}

/** The id of an operation may be the same word. */
function subjectId(title: string): string {
  return `subject-${title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
}
