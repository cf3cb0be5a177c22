/** Reads the answer to a message event by event, each with the moment at which it came, on the outside clock. */
import { outsideMs } from "./outside-clock";

/** Read by one caller at a time. `until` throws when the answer is refused, or ends before. */
export class TimedChat {
  readonly #reader: AsyncGenerator<SeenEvent>;
  tokensAfterStop = 0;
  #isStopping = false;

  constructor(response: Response) {
    this.#reader = readEvents(response);
  }

  async until(type: string, field?: string): Promise<SeenEvent> {
    for (;;) {
      const { value: event, done } = await this.#reader.next();
      if (done) throw new Error(`The answer ended before ${type}.`);
      if (event.type === "run-stopping") this.#isStopping = true;
      if (event.type === "part-delta" && this.#isStopping) this.tokensAfterStop++;
      if (event.type === type && (field === undefined || event.field === field)) return event;
    }
  }

  get ended(): Promise<void> {
    return this.until("never").then(
      () => {},
      () => {},
    );
  }
}

interface SeenEvent {
  type: string;
  field?: string;
  delta?: string;
  session?: { id: string };
  at: number;
}

async function* readEvents(response: Response): AsyncGenerator<SeenEvent, void> {
  if (!response.ok) throw new Error(await response.text());
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const at = outsideMs();
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      if (data) yield { ...(JSON.parse(data) as { type: string }), at };
    }
  }
}
