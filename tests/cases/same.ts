/** Comparison of what train learns of two inputs. @module */
import { assertEquals } from "@std/assert";
import type { Tensors } from "../../src/backends/backend.ts";
import type { Case } from "./support.ts";

/**
 * Checks that tensors have the same bits. A failure names the first difference: the list of all differences of a hundred thousand
 * numbers, which `assertEquals` makes, takes gigabytes.
 */
export function assertSameTensors(found: Tensors, expected: Tensors): void {
  assertEquals(Object.keys(found), Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    assertEquals(found[name].length, values.length, name);
    const at = values.findIndex((value, i) => !Object.is(value, found[name][i]));
    if (at >= 0) assertEquals(found[name][at], values[at], `${name}[${at}]`);
  }
}

/** Trains on two inputs for a few epochs, and checks that the parameters of both networks have the same bits. */
export async function assertSameParameters(given: Case, data: string, plain: string): Promise<void> {
  const parameters: Tensors[] = [];
  for (const path of [data, plain]) {
    await given.train("--data", path, "--epochs", "3");
    parameters.push((await given.network()).parameters);
  }
  assertSameTensors(parameters[0], parameters[1]);
}
