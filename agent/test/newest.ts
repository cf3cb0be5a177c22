/** A proxy for the running test's object, so that a test file can bind it once. */
export function newest<T extends object>(find: () => T): T {
  return new Proxy({} as T, { get: (_, key) => Reflect.get(find(), key) as unknown });
}
