/** Many writers, one reader: parallel tool calls send their events through the loop's single stream. */

interface Item<T> {
  value: T;
  taken(): void;
}

/**
 * An async iterable with many writers. `send` resolves when the reader asks for the next value: by then it has processed
 * this one, so the writer can rely on its event having been applied.
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

  /** The reader ends after everything that was sent. */
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
