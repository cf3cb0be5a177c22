/** The schemas of answers are the types of the protocol: the type checker refuses any difference between the two. */
import { expect, test } from "bun:test";
import { z } from "zod";
import { sessionEvent } from "../shared/answers/event-shapes";
import { type Same, shape } from "../shared/answers/shape";

interface Lamp {
  name: string;
  watts?: number;
  switches: { on: boolean; dims?: true }[];
}

const switches = z.array(z.strictObject({ on: z.boolean(), dims: z.literal(true).optional() }));
const lamp = shape<Lamp>("TestLamp", "A lamp.");
const fields = { name: z.string(), watts: z.number().optional(), switches };

test("the type checker compares a schema with its type in both directions", () => {
  lamp(z.strictObject(fields));
  // @ts-expect-error a field that only the schema has
  lamp(z.strictObject({ ...fields, colour: z.string().optional() }));
  const { watts: _watts, ...without } = fields;
  // @ts-expect-error a field that only the type has, optional as it is
  lamp(z.strictObject(without));
  // @ts-expect-error optional in the schema alone
  lamp(z.strictObject({ ...fields, name: z.string().optional() }));
  // @ts-expect-error optional in the type alone
  lamp(z.strictObject({ ...fields, watts: z.number() }));
  // @ts-expect-error another type
  lamp(z.strictObject({ ...fields, name: z.number() }));
  // @ts-expect-error a difference further down
  lamp(z.strictObject({ ...fields, switches: z.array(z.strictObject({ on: z.boolean() })) }));
  // @ts-expect-error one value too many
  shape<"a" | "b">("TestChoice", "A choice.")(z.enum(["a", "b", "c"]));
  // @ts-expect-error one value too few
  shape<"a" | "b">("TestChoice", "A choice.")(z.enum(["a"]));
  const same: Same<Lamp, z.output<ReturnType<typeof z.strictObject<typeof fields>>>> = true;
  expect(same).toBe(true);
});

test("an event with an unknown field, or of an unknown type, is refused", () => {
  const event = { type: "tool-start", messageId: "m", partId: "p", at: 1, seq: 2 };
  expect(sessionEvent.safeParse(event).success).toBe(true);
  expect(sessionEvent.safeParse({ ...event, until: 3 }).success).toBe(false);
  expect(sessionEvent.safeParse({ ...event, type: "tool-begin" }).success).toBe(false);
});
