/** The tools of MCP servers through each provider: what a service is sent has no word that it refuses, and its call comes back. */
import { expect, test } from "bun:test";
import type { ConfiguredServer } from "../server/mcp/configured-server";
import { offeredTools } from "../server/mcp/offered-tools";
import { ask, collect, providerCases } from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { toolCall } from "./upstream/upstream";

const upstream = upstreamScene();
const signal = new AbortController().signal;

const configured: ConfiguredServer = {
  name: "s",
  origin: "session",
  server: { type: "stdio", name: "s", command: "s", args: [], env: {} },
  digest: "",
  standing: "on",
  offTools: new Set(),
};

const point = { type: "object", properties: { at: { type: "number" } } };
const schemas: Record<string, unknown> = {
  union: { anyOf: [{ type: "string" }, { type: "number" }] },
  one: { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] },
  pointing: { type: "object", properties: { p: { $ref: "#/$defs/point" } }, $defs: { point } },
  top: { $ref: "#/definitions/point", definitions: { point } },
  exact: { type: "object", properties: { kind: { const: "x" } }, additionalProperties: false },
  formats: { type: "object", properties: { when: { type: "string", format: "date-time" } } },
  marked: { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" },
  nothing: undefined,
};
const listed = Object.entries(schemas).map(([name, inputSchema]) => ({ name, inputSchema }));

/** What no service takes within a tool. */
const refused = ["$schema", "$ref", "$defs", "definitions"];

test.each(
  providerCases.flatMap(({ models, ...one }) => models.map((model) => ({ ...one, model }))),
)("$wire, $model", async ({ create, model }) => {
  const { tools, unusable } = offeredTools(configured, listed);
  expect(unusable).toEqual([]);
  upstream.script([toolCall("mcp__s__union", { input: 3 })]);
  const specs = tools.map(({ name, description, schema }) => ({
    name,
    description,
    inputSchema: schema,
  }));
  const events = await collect(create(upstream).stream({ ...ask(model), tools: specs }, signal));
  const end = events.find((event) => event.type === "part-end" && "input" in event);
  expect(end).toMatchObject({ input: { input: 3 } });
  const sent = JSON.stringify(upstream.requests[0]!.body["tools"]);
  for (const { name } of tools) expect(sent).toContain(`"${name}"`);
  for (const word of refused) expect(sent).not.toContain(`"${word}"`);
  expect(sent).not.toContain('"strict":true');
  const tops = schemasIn(upstream.requests[0]!.body["tools"]);
  expect(tops).toHaveLength(tools.length);
  for (const top of tops) {
    expect(top["type"]).toBe("object");
    for (const choice of ["anyOf", "oneOf", "allOf"]) expect(top).not.toHaveProperty(choice);
  }
});

/** The schemas of inputs, by whichever name the service has for them. */
function schemasIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(schemasIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    ["input_schema", "parameters", "parametersJsonSchema"].includes(name)
      ? [one as Record<string, unknown>]
      : schemasIn(one),
  );
}
