/** Tests that wgsl.ts has the current text of all WGSL files, without comments. @module */
import { assertEquals } from "@std/assert";
import { WGSL_MODULE, wgslModule, withoutComments } from "../../../tasks/build_wgsl.ts";
import { isGranted } from "../../support/permissions.ts";

Deno.test("withoutComments() removes comments and empty lines", () => {
  const texts: Record<string, string> = {
    "// head\n\nconst A = 1u; // one\nconst B = 2u;\n": "const A = 1u;\nconst B = 2u;\n",
    "/** Two\n * lines: // both */\nfn f() {\n  return; /* a */ // b\n}\n": "fn f() {\n  return;\n}\n",
    "let a = b / c; // d /* e\nlet f = 1.0; /* g */\n": "let a = b / c;\nlet f = 1.0;\n",
    "let a = 2.0 /* two */ * b;\n": "let a = 2.0  * b;\n",
  };
  for (const [text, wanted] of Object.entries(texts)) assertEquals(withoutComments(text), wanted);
});

Deno.test({
  name: "wgslModule() returns the text of wgsl.ts (needs --allow-read)",
  ignore: !isGranted({ name: "read" }),
  fn: async () => {
    const found = await Deno.readTextFile(WGSL_MODULE);
    assertEquals(found === await wgslModule(), true, "run `deno task build:wgsl`");
  },
});
