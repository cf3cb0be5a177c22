/** What `rein stdio --schema` prints: the JSON Schemas (draft 2020-12) of a line in and of a line out. */
import { z } from "zod";
import { inputLine } from "./input-lines";
import { outputLine } from "./output-lines";

export function schemaDocument() {
  return {
    input: z.toJSONSchema(inputLine, { io: "input" }),
    output: z.toJSONSchema(outputLine, { io: "output" }),
  };
}
