import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { compareExport } from "../../src/export/compare.ts";
import { exportNetwork } from "../../src/export/export.ts";
import { formatJavaScript } from "../../src/export/javascript.ts";
import { exportTypes } from "../../src/export/javascript_types.ts";
import { makeRows } from "../../src/export/made_rows.ts";
import type { Mlp } from "../../src/mlp.ts";
import { dense } from "../../src/plan/layers.ts";
import { NETWORKS } from "./networks.ts";

/** The exports of a module. */
interface Exported {
  readonly classNames?: readonly string[];
  readonly inputShape: readonly number[];
  readonly columns?: readonly { readonly name: string }[];
  predict(row: unknown): number[];
}

/** Imports the module of a network. */
async function imported(mlp: Mlp): Promise<Exported> {
  return await import(`data:text/javascript,${encodeURIComponent(formatJavaScript(mlp))}`);
}

Deno.test("formatJavaScript() predicts as every kind of network", async () => {
  for (const [kind, mlp] of Object.entries(NETWORKS)) {
    const inputs = makeRows(mlp, { count: 100 }), bytes = exportNetwork(mlp, "js");
    const { largestDifference } = await compareExport({ mlp, format: "js", bytes, inputs });
    assert(largestDifference <= 1e-12, `${kind}: ${largestDifference}`); // both in float64
  }
});

Deno.test("formatJavaScript() exports class names, input shape and columns, whatever their characters", async () => {
  const images = NETWORKS["images of bytes"], table = NETWORKS["a table with texts"];
  const { classNames, inputShape, columns } = await imported(images);
  assertEquals([classNames, inputShape, columns], [images.classNames, [4, 5], undefined]);
  assertEquals((await imported(table)).columns as unknown, table.columns);
  for (const mlp of [images, table]) assert(!/<\/script|\u2028/.test(formatJavaScript(mlp)));
});

Deno.test("formatJavaScript() predicts rows of a table that are objects", async () => {
  const mlp = NETWORKS["a table with texts"], { predict } = await imported(mlp);
  const expected = (...row: number[]) => [...mlp.predict(Float32Array.from(row))].map((p) => p.toFixed(6));
  const found = (row: unknown) => predict(row).map((p) => p.toFixed(6));
  const own = (kind: unknown, rest: object) =>
    Object.defineProperty({ ...rest }, "__proto__", { value: kind });
  assertEquals(found(own("red", { age: 20, size: "1.5", other: 1 })), expected(20, 1, 0, 1.5));
  assertEquals(found(own("</script>", { age: "", size: 2 })), expected(30, 0, 1, 2));
  assertEquals(found([20, 1, 0, 1.5]), expected(20, 1, 0, 1.5));
  assertThrows(
    () => predict(own("blue", { age: 1, size: 1 })),
    TypeError,
    `Column "__proto__" has "blue", needs one of`,
  );
  assertThrows(() => predict({ age: 1, size: 1 }), TypeError, `Column "__proto__" has undefined`);
  assertThrows(
    () => predict(own("red", { age: 1 })),
    TypeError,
    `Column "size" has undefined, needs a number`,
  );
  assertThrows(
    () => predict(own("red", { size: "wide" })),
    TypeError,
    `Column "size" has "wide", needs a number`,
  );
});

Deno.test("formatJavaScript() refuses rows of another width and rows without numbers", async () => {
  const { predict } = await imported(NETWORKS["one sigmoid output"]);
  assertThrows(() => predict([1, 2]), TypeError, "A row needs 5 numbers, found 2");
  assertThrows(() => predict(undefined), TypeError, "A row needs 5 numbers, found undefined");
  assertThrows(() => predict([1, 2, 3, 4, "5"]), TypeError, "A row needs numbers, found string at [4]");
});

Deno.test("formatJavaScript() names the file of the types only if the name needs no escapes", () => {
  const mlp = NETWORKS["one layer"],
    first = (types: string) => formatJavaScript(mlp, { types }).split("\n")[0];
  assertEquals(first("a.d.ts"), `// @ts-self-types="./a.d.ts"`);
  assertEquals(first('a"\n.d.ts'), "// A neural network, exported by mlpcuda: 3:softmax on inputs [1].");
});

Deno.test("formatJavaScript() refuses parameters above 256 MiB before it reads them", () => {
  const layers = [dense(30_000), dense(3)],
    mlp = { inputShape: [3000], inputScale: 1, layers, parameters: {} };
  const { message } = assertThrows(() => formatJavaScript(mlp), RangeError);
  assertStringIncludes(
    message,
    "its weights and biases have 360,480,012 bytes, the format holds 268,435,456",
  );
});

Deno.test("exportTypes() names what the module exports", async () => {
  for (const mlp of [NETWORKS["images of bytes"], NETWORKS["a table with texts"]]) {
    const declared = [...exportTypes(mlp).matchAll(/^export declare (?:const|function) (\w+)/gm)].map((
      [, name],
    ) => name);
    assertEquals(declared.sort(), Object.keys(await imported(mlp)).sort());
  }
});
