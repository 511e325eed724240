import { assertEquals, assertThrows } from "@std/assert";
import { parseArrays } from "../../tasks/shared/arrays.ts";
import { UsageError } from "../../tasks/terminal/errors.ts";

Deno.test("parseArrays() reads the name of each role", () => {
  assertEquals(parseArrays("x=arr_0,y=arr_1"), { x: "arr_0", y: "arr_1" });
  assertEquals(parseArrays(" x_test = a b , y_test=c=d"), { x_test: "a b", y_test: "c=d" });
  assertEquals(parseArrays("class_names=__proto__"), { class_names: "__proto__" });
});

const REFUSED: [text: string, fault: string, hint: string][] = [
  ["", '--arrays: "" is not ROLE=NAME', "name the arrays, such as --arrays x=arr_0,y=arr_1"],
  ["arr_0", '--arrays: "arr_0" is not ROLE=NAME', "name the arrays, such as --arrays x=arr_0,y=arr_1"],
  ["x=", '--arrays: "x=" is not ROLE=NAME', "name the arrays, such as --arrays x=arr_0,y=arr_1"],
  ["x=a,", '--arrays: "" is not ROLE=NAME', "name the arrays, such as --arrays x=arr_0,y=arr_1"],
  ["X_Train=a", '--arrays: unknown role "X_Train"', "did you mean x_train?"],
  [
    "__proto__=a",
    '--arrays: unknown role "__proto__"',
    "the roles are x, y, x_train, y_train, x_test, y_test, x_val, y_val, class_names",
  ],
  ["x=a,x=b", "--arrays: x is given twice", "name each array once"],
  ["y_train=a,y=b", "--arrays: y_train and y are the same array", "name each array once"],
];

for (const [text, fault, hint] of REFUSED) {
  Deno.test(`parseArrays() refuses ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => parseArrays(text), UsageError, fault);
    assertEquals(error.hint, hint);
  });
}
