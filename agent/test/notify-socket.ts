/** A real Unix datagram socket, as a service manager has one: Bun offers none. */
import { dlopen, ptr } from "bun:ffi";
import { until } from "./within";

const { symbols: libc } = dlopen("libc.so.6", {
  socket: { args: ["int", "int", "int"], returns: "int" },
  bind: { args: ["int", "ptr", "u32"], returns: "int" },
  recv: { args: ["int", "ptr", "u64", "int"], returns: "i64" },
  close: { args: ["int"], returns: "int" },
});

export class NotifySocket implements Disposable {
  readonly received: string[] = [];
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(8192);

  /** At this path, or with @ before it under an abstract name. */
  constructor(path: string) {
    const name = Buffer.from(path);
    const isAbstract = path.startsWith("@");
    const address = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
    address[0] = 1; // AF_UNIX
    address.set(name, 2);
    if (isAbstract) address[2] = 0;
    const [unix, datagram, closeOnExec] = [1, 2, 0o2000000];
    this.#descriptor = libc.socket(unix, datagram | closeOnExec, 0);
    if (libc.bind(this.#descriptor, ptr(address), address.length) !== 0)
      throw new Error(`cannot bind ${path}`);
  }

  /** Takes what has come. */
  read(): string[] {
    for (;;) {
      const dontWait = 0x40;
      const { length } = this.#buffer;
      const size = Number(libc.recv(this.#descriptor, ptr(this.#buffer), length, dontWait));
      if (size < 0) return this.received;
      this.received.push(new TextDecoder().decode(this.#buffer.subarray(0, size)));
    }
  }

  /** Resolves once so many messages with this line have come. */
  async heard(line: RegExp, count = 1): Promise<void> {
    const matching = () => this.read().filter((message) => line.test(message));
    await until(() => matching().length >= count, `${count} times ${line} on the socket`);
  }

  [Symbol.dispose](): void {
    libc.close(this.#descriptor);
  }
}
