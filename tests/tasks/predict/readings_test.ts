import { assertEquals } from "@std/assert";
import type { Prediction } from "../../../tasks/predict/prediction.ts";
import { withReadings } from "../../../tasks/predict/readings.ts";

const of = (label: number, picture?: string): Prediction => ({
  row: { name: "a", inputs: new Uint8Array(1), blank: false, picture },
  outputs: new Float32Array(3),
  probabilities: Float32Array.from([0, 1, 2], (other) => other === label ? 1 : 0),
});

async function told(classNames: string[] | undefined, ...batches: Prediction[][]): Promise<string[]> {
  const texts: string[] = [];
  const source = (async function* () {
    for await (const batch of batches) yield batch;
  })();
  const passed = await Array.fromAsync(
    withReadings(source, { classNames }, (text) => texts.push(text)),
  );
  assertEquals(passed, batches);
  return texts;
}

Deno.test("withReadings() tells the digits of each picture, also of one that begins in an earlier batch", async () => {
  const batches = [[of(1, "a.png"), of(2, "a.png"), of(0, "b.png")], [of(2, "c.png")], [
    of(2, "c.png"),
    of(1),
  ]];
  assertEquals(await told(undefined, ...batches), ["a.png reads 12", "c.png reads 22"]);
  assertEquals(await told(["no", "one", "two"], ...batches), ["a.png reads one two", "c.png reads two two"]);
});
