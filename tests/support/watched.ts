/** Backends that tests observe, or that do what a real backend does only by chance. @module */
import type { Backend, Trainer } from "../../src/backends/backend.ts";
import type { StepPlan } from "../../src/plan/plan.ts";

/** The counts of a watched backend. */
export interface Watch {
  readonly backend: Backend;
  /** The number of trainers and predictors that were created and not closed. */
  open: number;
  /** The number of trainers and predictors that were created. */
  made: number;
  /** The number of calls that closed the backend itself. */
  closed: number;
  /** The number of requested steps. */
  steps: number;
}

/** Replaces a trainer's `runEpoch`. */
export type RunEpoch = (
  trainer: Trainer,
  plan: StepPlan,
  ...epoch: Parameters<Trainer["runEpoch"]>
) => ReturnType<Trainer["runEpoch"]>;

/** Wraps a backend so that it counts; its trainers call `runEpoch` in place of their own. */
export function watch(
  inner: Backend,
  runEpoch: RunEpoch = (trainer, _plan, ...epoch) => trainer.runEpoch(...epoch),
): Watch {
  const keep = <T extends { close(): Promise<void> }>(made: T): T => {
    counts.open++;
    counts.made++;
    let open = true;
    const close = async () => {
      if (open) counts.open--;
      open = false;
      await made.close();
    };
    return Object.create(made, { close: { value: close }, [Symbol.asyncDispose]: { value: close } });
  };
  const close = async () => {
    counts.closed++;
    await inner.close();
  };
  const backend: Backend = {
    name: inner.name,
    device: inner.device,
    async createTrainer(plan, dataset, state) {
      const trainer = await inner.createTrainer(plan, dataset, state);
      return Object.create(keep(trainer), {
        runEpoch: {
          value: (...epoch: Parameters<Trainer["runEpoch"]>) => {
            counts.steps += epoch[1].length;
            return runEpoch(trainer, plan, ...epoch);
          },
        },
      });
    },
    createPredictor: async (...args) => keep(await inner.createPredictor(...args)),
    close,
    [Symbol.asyncDispose]: close,
  };
  const counts: Watch = { backend, open: 0, made: 0, closed: 0, steps: 0 };
  return counts;
}

/**
 * Wraps a backend so that it aborts the signal after `steps` more steps, in whichever epoch they are. Other tests
 * check how real backends react to a signal; this one stops at the same step every time.
 */
export function abortAfter(inner: Backend, controller: AbortController, steps: number): Backend {
  let left = steps;
  return watch(inner, async (trainer, { batchSize }, order, rates) => {
    const now = Math.min(left, rates.length);
    left -= now;
    const result = await trainer.runEpoch(order.subarray(0, now * batchSize), rates.subarray(0, now));
    if (left === 0) controller.abort();
    return result;
  }).backend;
}
