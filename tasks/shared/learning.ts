/** The backend with which a network learns corrections on the page of `deno task gui`, and the path to save it to. @module */
import type { Backend } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/open.ts";
import type { Corrections } from "../../src/gui/teaching/corrections.ts";
import { targetOf } from "../../src/files.ts";
import type { GuiOptions } from "../../src/gui/server/gui.ts";
import { RequestError } from "../../src/gui/protocol/refusal.ts";
import { besidePath, isThere, keepPrevious } from "./kept_files.ts";
import { openOutput, type Output, refuseToOverwrite } from "./output.ts";
import { once } from "./once.ts";
import { DEFAULT_MODEL } from "./options.ts";
import { TaskError } from "../terminal/errors.ts";
import { fileError } from "../terminal/system_errors.ts";
import { shownPath, userPath } from "../terminal/paths.ts";
import type { Screen } from "../terminal/screen.ts";

/** A backend that is opened when it is first needed. */
export interface LazyBackend extends AsyncDisposable {
  /** Opens the backend, or returns the one that is open. */
  readonly open: () => Promise<Backend>;
}

/** Returns a backend that is opened when it is needed, unless another one is open already, which is not closed. */
export function lazyBackend(open: Backend | undefined): LazyBackend {
  let opened: Backend | undefined;
  return {
    open: once(async () => open ?? (opened = await openBackend())),
    [Symbol.asyncDispose]: async () => await opened?.close(),
  };
}

/** Returns corrections whose errors say why their file cannot be used, so that the page can say it and send again. */
export function explained(corrections: Corrections, path: string): Corrections {
  const explain = (error: unknown): never => {
    const told = fileError("Cannot use", path, error);
    if (told instanceof TaskError) throw new RequestError(503, told.message, { "retry-after": "1" });
    throw told;
  };
  return {
    name: corrections.name,
    list: () => corrections.list().catch(explain),
    add: (image, label) => corrections.add(image, label).catch(explain),
    relabel: (id, label) => corrections.relabel(id, label).catch(explain),
    remove: (id) => corrections.remove(id).catch(explain),
  };
}

/**
 * Returns the function that saves a network for the page: to the path that a person types, by default beside its model as
 * `NAME.taught.npz`. It replaces a model only if the person says so, and then keeps that as `NAME.previous.npz`.
 *
 * @param options `own` is the file of a training by this task, which has locked it
 */
export function savePageNetwork(
  { model, screen, own }: {
    readonly model: string | undefined;
    readonly screen: Screen;
    readonly own?: Output;
  },
): NonNullable<GuiOptions["save"]> {
  return async (mlp, { path: named, replace = false }) => {
    const path = named === undefined
      ? besidePath(userPath(model ?? DEFAULT_MODEL), "taught")
      : userPath(named);
    const file = shownPath(path);
    try {
      await refuseToOverwrite(path, false);
      if (!replace && await isThere(path)) {
        throw new RequestError(409, `${JSON.stringify(file)} exists already`);
      }
      if (own && own.target === await targetOf(path)) {
        if (await isThere(own.target)) await keepPrevious(own.target); // also a model of this task
        await own.save(mlp.format());
      } else {
        await using output = await openOutput(path, { screen });
        await output.save(mlp.format());
      }
    } catch (error) {
      const told = fileError("Cannot save to", path, error);
      throw told instanceof TaskError ? new RequestError(422, told.message) : told;
    }
    screen.note(`saved ${file}, as asked on the page`);
    return { file };
  };
}
