/** Tools as specified to a model. */
import { z } from "zod";
import type { ToolSpec } from "../providers/provider";
import type { Tool } from "./tool";

export function toolSpecs(tools: Tool[]): ToolSpec[] {
  return tools.map(({ name, description, input, inputSchema: own }) => {
    if (own !== undefined) return { name, description, inputSchema: own };
    const { $schema: _dialect, ...inputSchema } = z.toJSONSchema(input, { io: "input" });
    return { name, description, inputSchema };
  });
}
