import { assertEquals, assertRejects } from "@std/assert";
import { inTurn } from "../src/in_turn.ts";

Deno.test("inTurn() does one work after the other, also after one that failed", async () => {
  const turn = inTurn(), order: string[] = [];
  const work = (name: string, turns: number) => async () => {
    order.push(`${name} begins`);
    for (let i = 0; i < turns; i++) await Promise.resolve();
    order.push(`${name} ends`);
    if (name === "b") throw new Error("b failed");
    return name;
  };
  const [a, b, c] = [turn(work("a", 9)), turn(work("b", 1)), turn(work("c", 0))];
  await assertRejects(() => b, Error, "b failed");
  assertEquals([await a, await c], ["a", "c"]);
  assertEquals(order, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});
