/** The JSON Schemas that `rein stdio --schema` prints, applied by a validator that knows nothing of zod. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020";
import { join } from "node:path";

export const program = join(import.meta.dir, "../cli/cli.ts");

type Side = "input" | "output";

let compiled: Record<Side, ValidateFunction> | undefined;

/** What is wrong with the line; undefined when nothing is. */
export function schemaFault(side: Side, line: unknown): string | undefined {
  compiled ??= compile();
  const validate = compiled[side];
  if (validate(line)) return undefined;
  return `${JSON.stringify(line).slice(0, 500)}: ${JSON.stringify(validate.errors?.slice(-5))}`;
}

function compile(): Record<Side, ValidateFunction> {
  const printed = Bun.spawnSync([process.execPath, program, "stdio", "--schema"]);
  const schemas = JSON.parse(printed.stdout.toString()) as Record<Side, object>;
  const ajv = new Ajv2020({ strictTypes: false, formats: { uri: (text) => URL.canParse(text) } });
  return { input: ajv.compile(schemas.input), output: ajv.compile(schemas.output) };
}
