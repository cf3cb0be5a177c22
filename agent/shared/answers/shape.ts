/** The schemas of answers and events, each held equal to its type of `shared/protocol` by the type checker. */
import { z } from "zod";

/**
 * Names a schema, for documents that are generated from it. It does not compile unless the schema and `Type` have the same
 * fields, with the same types, optional in both or in neither, at every depth.
 *
 *     export const retry = shape<Retry>("Retry", "A failed request …")(z.strictObject({ … }));
 */
export function shape<Type>(id: string, description: string) {
  return <Schema extends z.ZodType>(
    schema: Schema,
    ..._same: Same<z.output<Schema>, Type> extends true ? [] : ["the schema and its type differ"]
  ): Schema => schema.meta({ id, description });
}

export type Same<A, B> = [Exact<A>] extends [Exact<B>]
  ? [Exact<B>] extends [Exact<A>]
    ? true
    : false
  : false;

/** A type whose assignability is equality: whether a field is optional is part of its value. */
type Exact<Type> = Type extends readonly (infer Item)[]
  ? Exact<Item>[]
  : Type extends object
    ? string extends keyof Type
      ? { [Key in keyof Type]: Exact<Type[Key]> }
      : { [Key in keyof Type]-?: Field<Type, Key> }
    : Type;

type Field<Type, Key extends keyof Type> =
  Partial<Pick<Type, Key>> extends Pick<Type, Key>
    ? { optional: Exact<Exclude<Type[Key], undefined>> }
    : { required: Exact<Type[Key]> };
