/** Work that is done in turn. @module */

/** Does work after all work before it, and resolves to its result. Work that failed does not stop the work after it. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** Returns a function that does one work after the other, in the order of its calls. */
export function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const own = last.then(work);
    last = own.catch(() => {});
    return own;
  };
}
