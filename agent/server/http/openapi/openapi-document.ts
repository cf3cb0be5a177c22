/** The OpenAPI 3.1 document of the API, made from the schemas that check requests and describe answers. */
import { nodeHeader, stopClients, wireHeader, wireVersion } from "../../../shared/protocol";
import { type ErrorCode, errorCodes } from "../error-codes";
import { type JsonSchema, type JsonSchemas, jsonSchemas } from "./json-schemas";
import { errorsOf } from "./operation-errors";
import { type NamedOperation, operations, subjects } from "./subjects";

export interface OpenApiDocument {
  openapi: string;
  info: Record<string, unknown>;
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, JsonSchema>; [kind: string]: unknown };
  [field: string]: unknown;
}

export interface OperationObject {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; headers?: object; content?: Content }>;
  security?: [];
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

type Content = Record<string, { schema?: JsonSchema; example?: object }>;

const description =
  "Everything that Rein’s page, its terminal and its editors do goes through this API.\n\n" +
  "Times are milliseconds since the epoch. Ids are opaque. What is absent and what is `null` are not the same: absent means " +
  `unknown, or the default. Every answer has the header \`${wireHeader}\`, the version of all that is described here; it ` +
  "changes when a client of an earlier version could misread an answer. Clients pass over fields and events that they do not know.\n\n" +
  "In a cluster every machine takes every request. What is about a session is passed on to the machine that has it; what names " +
  `none is answered by the machine that the header \`${nodeHeader}\` (or the query \`node\`) names, else by the one that is asked. ` +
  "The same header of an answer says which one has given it. 503 `undelivered` means that it did not answer: a stop counts only " +
  "once the machine that works has answered it.";

/** Some tens of milliseconds of work: to be made once. */
export function createDocument(version: string): OpenApiDocument {
  const schemas = jsonSchemas(operations);
  const paths: OpenApiDocument["paths"] = {};
  for (const named of operations) {
    const path = (paths[named.path.replaceAll(/:(\w+)/g, "{$1}")] ??= {});
    path[named.method] = describeOperation(named, schemas);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Rein",
      version,
      summary: "A self-hosted AI agent whose Stop is real.",
      description,
      license: { name: "MIT", identifier: "MIT" },
      "x-wire-version": wireVersion,
    },
    servers: [{ url: "/" }],
    security: [{ credential: [] }],
    tags: subjects.map(({ title, description }) => ({ name: title, description })),
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        credential: {
          type: "http",
          scheme: "bearer",
          description: "The script token, an API key, or the credential of a sign-in.",
        },
      },
    },
  };
}

function describeOperation(named: NamedOperation, schemas: JsonSchemas): OperationObject {
  const { operation, subject } = named;
  const { id, summary, description } = operation;
  const parameters = [
    ...pathParameters(named.path),
    ...queryParameters(schemas.queries[id]),
    ...(operation.namesClient ? [clientParameter] : []),
  ];
  const requestBody = bodyOf(named, schemas);
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    tags: [subject],
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: {
      [operation.isAccepted ? "202" : "200"]: answerOf(named, schemas),
      ...(operation.answersNothing && { "204": { description: operation.answersNothing } }),
      ...failuresOf(named),
    },
    ...(operation.isPublic && { security: [] }),
  };
}

function bodyOf({ operation }: NamedOperation, schemas: JsonSchemas) {
  const { id, body, isBodyOptional, example } = operation;
  if (body === undefined) return undefined;
  const content: Content =
    body === "bytes"
      ? { "application/octet-stream": {} }
      : { "application/json": { schema: schemas.bodies[id] ?? {}, ...(example && { example }) } };
  return { required: !isBodyOptional, content };
}

/** Of the parameters of paths, by the name before them and their own. */
const parameterWords: Record<string, string> = {
  "sessions/:id": "The id of the session.",
  "chat/:id": "The id of the session.",
  "approvals/:id": "The id of the approval.",
  "providers/:id": "The id of the provider.",
  "rules/:id": "The id of the rule.",
  "memory/:id": "The id of the note.",
  "schedules/:id": "The id of the schedule.",
  "links/:linkId": "The id of the link.",
  "keys/:id": "The id of the key.",
  "people/:id": "The id of the person.",
  "sign-ins/:id": "The id of the sign-in.",
  "files/:hash": "The SHA-256 of its content, in hex.",
  "messages/:messageId": "The id of a message, also of a subagent’s.",
  "queue/:messageId": "The id of the queued message.",
  "summaries/:messageId": "The id of the message that has the summary.",
  "runs/:runId": "The id of the run.",
  "outputs/:callId": "The id of the tool call.",
  "processes/:processId": "The id of the background process.",
  "nodes/:name": "The name of the machine.",
  "allowed/:ruleId": "The id of the rule, as the session has it.",
};

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/[\w-]+\/:(\w+)/g)].map(([place, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: parameterWords[place],
    schema: { type: "string" },
  }));
}

function queryParameters(query: JsonSchema | undefined): Parameter[] {
  const { properties = {}, required = [] } = query ?? {};
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === "boolean" ? {} : property;
    return {
      name,
      in: "query",
      required: required.includes(name) && schema.default === undefined,
      ...(description !== undefined && { description }),
      schema,
    };
  });
}

const clientParameter: Parameter = {
  name: "X-Rein-Client",
  in: "header",
  required: false,
  description: "What a stop names as the place that it came from.",
  schema: { type: "string", enum: [...stopClients], default: "api" },
};

function answerOf({ operation }: NamedOperation, schemas: JsonSchemas) {
  const { id, streams, raw = [] } = operation;
  const content: Content = {};
  const answer = schemas.answers[id];
  if (answer !== undefined) content["application/json"] = { schema: answer };
  if (streams !== undefined) content["text/event-stream"] = { schema: schemas.streams[id] ?? {} };
  for (const type of raw) content[type] = {};
  const headers = {
    "X-Rein-Session": { description: "The id of the session.", schema: { type: "string" } },
  };
  if (streams === undefined) return { description: "The answer.", content };
  return { description: "The `data` of each server-sent event is one of these.", headers, content };
}

function failuresOf(named: NamedOperation): OperationObject["responses"] {
  const entries = errorsOf(named).map(([status, codes]) => {
    const words = codes.map((code) => `\`${code}\`: ${errorCodes[code].means}`);
    return [status, { description: words.join("\n\n"), content: failureContent(named, codes) }];
  });
  return Object.fromEntries(entries) as OperationObject["responses"];
}

function failureContent({ path }: NamedOperation, codes: ErrorCode[]): Content {
  if (!path.startsWith("/api/")) return { "text/plain": {} };
  const schema: JsonSchema = {
    $ref: "#/components/schemas/Failure",
    properties: { error: { properties: { code: { enum: codes } } } },
  };
  return { "application/json": { schema } };
}
