/** A method of one object replaced for a while. */
type Method = (...args: never[]) => unknown;

/**
 * @param replace gets the method as it is, bound to the object, and gives the one to use from now on
 * @returns undoes it
 */
export function overridden<T extends object, K extends keyof T>(
  object: T,
  name: K,
  replace: (method: T[K]) => T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  const method = (object[name] as Method).bind(object) as T[K];
  Object.defineProperty(object, name, { value: replace(method), configurable: true, writable: true });
  return () => {
    if (own) Object.defineProperty(object, name, own);
    else Reflect.deleteProperty(object, name);
  };
}
