/** What a person can choose, with its name: made when it is asked for, in the language of then. */

export interface Choice<Id extends string> {
  id: Id;
  readonly name: string;
}

export function choice<Id extends string>(id: Id, name: () => string): Choice<Id> {
  return {
    id,
    get name() {
      return name();
    },
  };
}
