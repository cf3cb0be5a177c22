/** The tools of a server's list that can be used, and why others cannot. */
import { plural } from "../../shared/plural";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import type { ConfiguredServer } from "./configured-server";
import { toolName } from "./tool-names";
import { cleanSchema, isWrapped } from "./tool-schema";
import { wireTool } from "./wire-schemas";

export interface OfferedTool {
  /** As the model calls it. */
  name: string;
  /** As the server does. */
  own: string;
  title: string;
  description: string;
  schema: Record<string, unknown>;
  isWrapped: boolean;
}

export interface OfferedTools {
  tools: OfferedTool[];
  /** One clause each. */
  unusable: string[];
}

/** Of one server. */
const mostTools = 200;
const longestDescription = 2_000;

/** `listed`: as it came. The first of several with the same name counts. */
export function offeredTools({ name: server }: ConfiguredServer, listed: unknown[]): OfferedTools {
  const tools = new Map<string, OfferedTool>();
  const unusable: string[] = [];
  let surplus = 0;
  for (const one of listed) {
    const parsed = wireTool.safeParse(one);
    if (!parsed.success) {
      unusable.push("a tool without a name");
      continue;
    }
    const { name: own, title, description, inputSchema, annotations } = parsed.data;
    const shown = visibleString(ellipsized(own, 100));
    if (tools.has(own)) unusable.push(`${shown} (it is there twice)`);
    else if (tools.size >= mostTools) surplus++;
    else
      try {
        tools.set(own, {
          name: toolName(server, own),
          own,
          title: visibleString(ellipsized(title || annotations.title, 200)),
          description: ellipsized(description || title, longestDescription),
          schema: cleanSchema(inputSchema),
          isWrapped: isWrapped(inputSchema),
        });
      } catch (error) {
        unusable.push(`${shown} (${error instanceof Error ? error.message : String(error)})`);
      }
  }
  if (surplus > 0) unusable.push(`${plural(surplus, "tool")} beyond the first ${mostTools}`);
  return { tools: [...tools.values()], unusable };
}
