/** Ranks in one process, for tests of what they tell each other. @module */
import type { Ranks } from "../../src/backends/ranks/ranks.ts";

/** A gathering that is not complete. */
interface Gathering {
  readonly texts: (string | undefined)[];
  readonly done: PromiseWithResolvers<string[]>;
}

/** Returns ranks whose gatherings are complete when each has called `gather()`. */
export function fakeRanks(size: number): Ranks[] {
  const gatherings: Gathering[] = [];
  return Array.from({ length: size }, (_, rank) => {
    let next = 0;
    return {
      rank,
      size,
      processors: 1,
      library: "fake",
      transport: null,
      gather(text) {
        const gathering = gatherings[next++] ??= {
          texts: new Array(size).fill(undefined),
          done: Promise.withResolvers(),
        };
        gathering.texts[rank] = text;
        if (!gathering.texts.includes(undefined)) gathering.done.resolve(gathering.texts as string[]);
        return gathering.done.promise;
      },
      abort() {
        throw new Error(`Rank ${rank} ends all`);
      },
      close: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
}
