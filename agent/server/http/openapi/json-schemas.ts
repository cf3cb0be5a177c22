/** The zod schemas of all operations as JSON Schemas, whose named parts are the components of one document. */
import { z } from "zod";
import { errorCodes } from "../error-codes";
import type { NamedOperation } from "./subjects";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

export interface JsonSchemas {
  /** By the operation's id. */
  bodies: Record<string, JsonSchema>;
  queries: Record<string, JsonSchema>;
  answers: Record<string, JsonSchema>;
  streams: Record<string, JsonSchema>;
  /** By name. */
  components: Record<string, JsonSchema>;
}

const codes = Object.keys(errorCodes) as (keyof typeof errorCodes)[];

const failure = z
  .strictObject({
    error: z.strictObject({
      code: z.enum(codes).describe("Stable."),
      message: z.string().describe("For people: what happened, what was expected, what to do."),
      run: z
        .strictObject({ sessionId: z.string(), runId: z.string() })
        .optional()
        .describe("The run that is in the way, or that has the id, when that is why."),
      node: z
        .string()
        .optional()
        .describe("The machine of a cluster that was not reached, when that is why."),
    }),
  })
  .meta({ id: "Failure", description: "The answer to a request that is refused or has failed." });

export function jsonSchemas(operations: NamedOperation[]): JsonSchemas {
  const select = (pick: (named: NamedOperation["operation"]) => z.ZodType | undefined) =>
    Object.fromEntries(
      operations.flatMap(({ operation }) => {
        const schema = pick(operation);
        return schema === undefined ? [] : [[operation.id, schema]];
      }),
    );
  const requests = convert("input", {
    bodies: select(({ body }) => (body === "bytes" ? undefined : body)),
    queries: select(({ query }) => query),
  });
  const answers = convert("output", {
    answers: select(({ answer }) => answer),
    streams: select(({ streams }) => streams),
    failure: { failure },
  });
  const components = { ...requests.components, ...answers.components };
  for (const component of Object.values(components)) addDiscriminator(component, components);
  return {
    bodies: requests.groups["bodies"] ?? {},
    queries: requests.groups["queries"] ?? {},
    answers: answers.groups["answers"] ?? {},
    streams: answers.groups["streams"] ?? {},
    components,
  };
}

type Groups<Schema> = Record<string, Record<string, Schema>>;

/** All at once: a named schema that several of them have becomes one component. */
function convert(io: "input" | "output", groups: Groups<z.ZodType>) {
  const whole = z.object(
    Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, z.object(group)])),
  );
  const converted = z.toJSONSchema(whole, {
    io,
    override: ({ jsonSchema }) => simplify(jsonSchema, io),
  });
  const text = JSON.stringify(converted).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { properties, $defs = {} } = JSON.parse(text) as {
    properties: Record<string, { properties?: Record<string, JsonSchema> }>;
    $defs?: Record<string, JsonSchema>;
  };
  return {
    groups: Object.fromEntries(
      Object.entries(properties).map(([name, group]) => [name, group.properties ?? {}]),
    ),
    components: Object.fromEntries(
      Object.entries($defs).map(([name, { id: _id, ...schema }]) => [name, schema]),
    ),
  };
}

function simplify(schema: JsonSchema, io: "input" | "output"): void {
  // A later version may add fields to an answer, and clients are to pass over them.
  if (io === "output" && schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

/** Says by which value of `type` a client finds the schema of an event or a part. */
function addDiscriminator(schema: JsonSchema, components: Record<string, JsonSchema>): void {
  const refs = (schema.oneOf ?? []).flatMap(({ $ref }) => ($ref === undefined ? [] : [$ref]));
  const mapping = refs.flatMap((ref) => {
    const type = components[ref.slice(ref.lastIndexOf("/") + 1)]?.properties?.["type"];
    return typeof type === "object" && typeof type.const === "string" ? [[type.const, ref]] : [];
  });
  if (mapping.length === 0 || mapping.length !== schema.oneOf?.length) return;
  schema["discriminator"] = { propertyName: "type", mapping: Object.fromEntries(mapping) };
}
