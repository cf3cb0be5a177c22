/** In whose server a sign-in to an MCP server was begun: the service's answer names its state alone. */

/** Of more of one person the oldest is forgotten: nobody takes a place from another. */
const maxOfPerson = 100;

export class SignInStates {
  readonly #people = new Map<string, string>();
  /** Of each person, the oldest first. */
  readonly #states = new Map<string, Set<string>>();

  /** `url`: where the person signs in, with the state. */
  note(url: string, person: string): void {
    const state = URL.parse(url)?.searchParams.get("state");
    if (!state || this.#people.has(state)) return;
    const own = this.#states.get(person) ?? new Set();
    this.#states.set(person, own.add(state));
    this.#people.set(state, person);
    const [oldest] = own;
    if (own.size > maxOfPerson) this.take(oldest!);
  }

  /** Once: an answer that comes again is nobody's. */
  take(state: string): string | undefined {
    const person = this.#people.get(state);
    this.#people.delete(state);
    if (person !== undefined) this.#states.get(person)?.delete(state);
    return person;
  }
}
