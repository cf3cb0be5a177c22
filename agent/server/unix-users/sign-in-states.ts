/** In whose server a sign-in to an MCP server was begun: the service's answer names its state alone. */

const maxStates = 1000;

export class SignInStates {
  readonly #people = new Map<string, string>();

  /** `url`: where the person signs in, with the state. The oldest of too many is forgotten. */
  note(url: string, person: string): void {
    const state = URL.parse(url)?.searchParams.get("state");
    if (!state || this.#people.has(state)) return;
    this.#people.set(state, person);
    const [oldest] = this.#people.keys();
    if (this.#people.size > maxStates) this.#people.delete(oldest!);
  }

  /** Once: an answer that comes again is nobody's. */
  take(state: string): string | undefined {
    const person = this.#people.get(state);
    this.#people.delete(state);
    return person;
  }
}
