/** What of a server's list of tools a model is given: names, descriptions and schemas that every service takes. */
import { expect, test } from "bun:test";
import type { ConfiguredServer } from "../server/mcp/configured-server";
import { offeredTools } from "../server/mcp/offered-tools";
import { toolName } from "../server/mcp/tool-names";
import { cleanSchema, isWrapped } from "../server/mcp/tool-schema";

const configured: ConfiguredServer = {
  name: "s",
  origin: "session",
  server: { type: "stdio", name: "s", command: "s", args: [], env: {} },
  digest: "",
  standing: "on",
  offTools: new Set(["off"]),
};
const tool = (name: string, inputSchema: unknown = { type: "object" }) => ({ name, inputSchema });

test("a name is kept where it can be, and else is cut with a hash, unique and short", () => {
  expect(toolName("s", "read_file")).toBe("mcp__s__read_file");
  const odd = ["naïve", "na ve", "na_ve", "x".repeat(200), `${"x".repeat(200)}y`];
  const names = odd.map((one) => toolName("s", one));
  expect(new Set(names).size).toBe(odd.length);
  for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
});

test("a name that looks like a cut one of another tool meets no other", () => {
  const cut = toolName("s", "naïve");
  expect(toolName("s", cut.slice("mcp__s__".length))).not.toBe(cut);
});

test("references are replaced by what they name, and a circle ends", () => {
  const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
  const schema = { type: "object", properties: { a: { $ref: "#/$defs/node" } }, $defs: { node } };
  expect(cleanSchema({ $schema: "x", ...schema })).toEqual({
    type: "object",
    properties: { a: { type: "object", properties: { next: {} } } },
  });
});

test("a property may be called as a word of the schema", () => {
  const properties = { $schema: { type: "string" }, definitions: { type: "number" } };
  expect(cleanSchema({ type: "object", properties })).toEqual({ type: "object", properties });
});

test("a schema that is no object is wrapped in one", () => {
  const union = { anyOf: [{ type: "string" }, { type: "number" }] };
  expect(isWrapped(union)).toBe(true);
  expect(cleanSchema(union)).toEqual({
    type: "object",
    properties: { input: union },
    required: ["input"],
  });
});

test("references that multiply are refused, and cost that tool alone", () => {
  const defs: Record<string, unknown> = { d0: { type: "string" } };
  for (let at = 1; at < 20; at++) {
    const one = { $ref: `#/$defs/d${at - 1}` };
    defs[`d${at}`] = { type: "object", properties: { a: one, b: one } };
  }
  const bomb = { type: "object", properties: { x: { $ref: "#/$defs/d19" } }, $defs: defs };
  const { tools, unusable } = offeredTools(configured, [tool("bomb", bomb), tool("good")]);
  expect(tools.map(({ own }) => own)).toEqual(["good"]);
  expect(unusable).toEqual(["bomb (its schema is too large)"]);
});

test("twins, the nameless and what is no tool are left out, and said; one that is off is known", () => {
  const listed = [tool("a"), tool("a"), { description: "nameless" }, "no tool", tool("off")];
  const { tools, unusable } = offeredTools(configured, listed);
  expect(tools.map(({ own }) => own)).toEqual(["a", "off"]);
  expect(unusable).toHaveLength(3);
});

test("of a huge list 200 are taken, and the others counted in one clause", () => {
  const listed = Array.from({ length: 500 }, (_, at) => tool(`tool-${at}`));
  const { tools, unusable } = offeredTools(configured, listed);
  expect([tools.length, unusable]).toEqual([200, ["300 tools beyond the first 200"]]);
});
