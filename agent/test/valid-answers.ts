/**
 * Holds what a server answers and sends against the schemas that programs are given: an unknown field, an unknown type of
 * event, and an error code that its operation does not name are faults.
 */
import { z } from "zod";
import { listEvent, sessionEvent } from "../shared/answers/event-shapes";
import { errorsOf } from "../server/http/openapi/operation-errors";
import { operations } from "../server/http/openapi/subjects";

const patterns = operations.map((named) => ({
  ...named,
  pattern: new RegExp(`^${named.path.replaceAll(/:\w+/g, "[^/]+")}$`),
}));

let held: object[] | undefined;

/** Until this is disposed of frames are kept, and then checked: what takes place meanwhile is timed without the checks. */
export function holdChecks(): Disposable {
  held = [];
  return {
    [Symbol.dispose]() {
      const frames = held ?? [];
      held = undefined;
      for (const frame of frames) checkEvent(frame);
    },
  };
}

/** Throws when the frame of an event stream is not as its schema says. It must stay as it is. */
export function checkEvent(frame: object): void {
  if (held) return void held.push(frame);
  check("seq" in frame ? sessionEvent : listEvent, frame);
}

/** Rejects when an answer with JSON is not as the API's document says of this request. Its body can still be read. */
export async function checkAnswer(method: string, path: string, response: Response): Promise<void> {
  if (!response.headers.get("Content-Type")?.startsWith("application/json")) return;
  const [pathname = ""] = path.split("?");
  const named = patterns.find(
    (one) => one.method === method.toLowerCase() && one.pattern.test(pathname),
  );
  if (named === undefined) return;
  const answer: unknown = await response.clone().json();
  if (response.ok) return check(named.operation.answer ?? z.never(), answer);
  const { code } = failure.parse(answer).error;
  const known = errorsOf(named).find(([status]) => status === response.status)?.[1] ?? [];
  if (!known.some((one) => one === code))
    throw new Error(`${named.name} does not name ${response.status} ${code}`);
}

const failure = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    run: z.strictObject({ sessionId: z.string(), runId: z.string() }).optional(),
    node: z.string().optional(),
  }),
});

function check(schema: z.ZodType, given: unknown): void {
  const { error } = schema.safeParse(given);
  if (error === undefined) return;
  throw new Error(`${z.prettifyError(error)}\nin ${JSON.stringify(given)}`);
}
