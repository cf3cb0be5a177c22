/** Many writers, one reader: how parallel tool calls speak through the loop's single stream of events. */

interface Item<T> {
  value: T;
  taken(): void;
}

/**
 * An async iterable that its writers fill. `send` resolves when the reader has come back for the next value,
 * which is when it has done with this one: so a writer can rely on its event having been applied.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #items: Item<T>[] = [];
  #closed = false;
  #wake = Promise.withResolvers<void>();

  send(value: T): Promise<void> {
    return new Promise((resolve) => {
      this.#items.push({ value, taken: resolve });
      this.#wake.resolve();
    });
  }

  /** The reader ends once it has taken everything that was sent. */
  close(): void {
    this.#closed = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
        yield item.value;
        item.taken();
      }
      if (this.#closed) return;
      this.#wake = Promise.withResolvers<void>();
      await this.#wake.promise;
    }
  }
}
