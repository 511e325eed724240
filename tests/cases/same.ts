/** Comparison of what train learns of two inputs. @module */
import { assertEquals } from "@std/assert";
import type { Case } from "./support.ts";

/** Trains on two inputs for a few epochs, and checks that the parameters of both networks have the same bits. */
export async function assertSameParameters(given: Case, data: string, plain: string): Promise<void> {
  const parameters = [];
  for (const path of [data, plain]) {
    await given.train("--data", path, "--epochs", "3");
    parameters.push((await given.network()).parameters);
  }
  assertEquals(parameters[0], parameters[1]);
}
