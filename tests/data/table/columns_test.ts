/** Columns of tables that are named, missing, or doubtful inputs. */
import { assertEquals } from "@std/assert";
import { assertRefused, notesOf, open, rowsOf } from "../../support/tables.ts";

Deno.test("openTable() advises to drop a column that only counts the rows", async () => {
  const table = await open("Id,a,label\n1,5,0\n2,5,1\n3,7,0\n");
  assertEquals(table.notes?.at(-1), {
    text: 'column "Id" only counts the rows, and is an input',
    option: { name: "drop", value: "Id" },
  });
  const dropped = await open("Id,a,label\n1,5,0\n2,5,1\n3,7,0\n", { drop: ["Id"] });
  assertEquals([rowsOf(dropped.train.inputs), notesOf(dropped).length], [[[5], [5], [7]], 2]);
});

Deno.test("openTable() advises to drop a column that seems to identify the rows", async () => {
  const rows = (name: string, ids: readonly number[]) =>
    `${name},a,label\n${ids.map((id, row) => `${id},${row % 2},${row % 2}\n`).join("")}`;
  const adviceOf = async (name: string, ids = [910_000_017, 910_000_533, 87, 42_007]) =>
    (await open(rows(name, ids))).notes?.find(({ option }) => option?.name === "drop");
  for (const name of ["id", "user_id", "customerID"]) {
    assertEquals(await adviceOf(name), {
      text: `column "${name}" seems to identify the rows, and is an input`,
      option: { name: "drop", value: name },
    });
  }
  assertEquals((await adviceOf("User ID"))?.option?.value, "1", "a name that needs quotes");
  for (const name of ["paid", "v"]) assertEquals(await adviceOf(name), undefined);
  assertEquals(await adviceOf("id", [7, 3, 7, 3]), undefined);
});

Deno.test("openTable() reads a header that ends with a comma, as no other row does", async () => {
  const table = await open("id,label,a,\n7,M,5\n3,B,6\n");
  assertEquals(table.columns, [{ name: "id" }, { name: "a" }]);
  assertEquals(rowsOf(table.train.inputs), [[7, 5], [3, 6]]);
  await assertRefused(
    "a,b,\n1,0,\n2,1,\n",
    'has no values in column "column 3"; needs values, or option drop',
  );
  await assertRefused("a,b,\n1,0,\n2,1,\n", 'has no values in column "column 3"', { missing: "mean" });
});

Deno.test("openTable() says which columns float32 rounds", async () => {
  const table = await open("a,b,c,label\n16777216,20230115,0.1,0\n1,20230116,0.2,1\n");
  assertEquals(notesOf(table).at(-1), 'numbers above 16,777,216 in column "b" are rounded to float32');
});

Deno.test("openTable() keeps names of Object's properties apart from its own", async () => {
  const table = await open("__proto__,constructor,label\n1,toString,0\n2,__proto__,1\n");
  assertEquals(table.columns, [{ name: "__proto__" }, {
    name: "constructor",
    categories: ["__proto__", "toString"],
  }]);
  assertEquals(rowsOf(table.train.inputs), [[1, 0, 1], [2, 1, 0]]);
});
