/** Checks that tables and names in README.md and docs/ are those of the code. */
import { assert, assertArrayIncludes, assertEquals, assertMatch } from "@std/assert";
import { DRAWN_DOCUMENT, readDrawn, renewedDrawn } from "../../bench/drawn_tables.ts";
import { DOCUMENTS, readResults } from "../../bench/speed_tables.ts";
import { renewed } from "../../bench/tables.ts";
import config from "../../deno.json" with { type: "json" };
import * as library from "../../mod.ts";
import { Mlp } from "../../src/mlp.ts";
import { ACTIVATION_TABLE, ACTIVATIONS } from "../../src/plan/activations.ts";
import { LOSSES } from "../../src/plan/losses.ts";
import { OPTIMIZERS } from "../../src/plan/optimizers.ts";
import { SCHEDULES } from "../../src/plan/schedules.ts";
import { TRAIN_OPTIONS } from "../../src/training/config.ts";
import { kebab } from "../../tasks/terminal/command.ts";
import { isGranted } from "../support/permissions.ts";
import { allText, documents, proseOf, tableRows, textOf } from "./documents.ts";

const reading = { ignore: !isGranted({ name: "read" }), sanitizeOps: true, sanitizeResources: true };

Deno.test("README.md and docs/ name functions that mod.ts exports (needs --allow-read)", reading, () => {
  for (const path of documents().filter((path) => !path.includes("extending"))) {
    for (const [call, owner, name] of proseOf(path).matchAll(/`(?:(\w+)\.)?(\w+)\(\)`/g)) {
      const place = owner === undefined
        ? { ...library, predict: Mlp.prototype.predict, fetch, terminate: Worker.prototype.terminate }
        : owner === "Mlp"
        ? Mlp
        : Mlp.prototype;
      assert(name in place, `${path}: ${call}`);
    }
  }
});

/** Checks that a table of docs/training.md has these rows; the message is the row to add. */
function assertRows(rows: readonly (readonly string[])[]): void {
  const found = tableRows("docs/training.md").map((cells) => cells.join(" | "));
  for (const cells of rows) {
    const row = cells.join(" | ");
    assert(found.some((other) => other.startsWith(row)), `docs/training.md needs the row: | ${row} |`);
  }
}

Deno.test(
  "docs/training.md has the formula and the source of every activation (needs --allow-read)",
  reading,
  () => {
    assertRows(
      Object.entries(ACTIVATION_TABLE).map(([name, definition]) => [
        `\`${name}\``,
        `\`${definition.formula}\``,
        "source" in definition ? definition.source : "",
      ]),
    );
  },
);

Deno.test(
  "docs/training.md has the formula, outputs and targets of every loss (needs --allow-read)",
  reading,
  () => {
    assertRows(
      Object.entries(LOSSES).map(([name, { formula, outputs, labels, targets }]) => [
        `\`${name}\``,
        `\`${formula}\``,
        outputs === ACTIVATIONS ? "any" : outputs.map((output) => `\`${output}\``).join(", "),
        [...labels ? ["class labels"] : [], ...targets ? ["target values"] : []].join(" or "),
      ]),
    );
  },
);

Deno.test(
  "docs/training.md has the formula and the source of every optimizer (needs --allow-read)",
  reading,
  () => {
    assertRows(
      Object.entries(OPTIMIZERS).map((
        [name, { formula, source }],
      ) => [`\`${name}\``, `\`${formula}\``, source]),
    );
  },
);

Deno.test("docs/training.md has every schedule (needs --allow-read)", reading, () => {
  assertRows(Object.keys(SCHEDULES).map((name) => [`\`${name}\``]));
});

Deno.test(
  "docs/training.md has every option of training with its default (needs --allow-read)",
  reading,
  () => {
    const rows = tableRows("docs/training.md");
    for (const [name, { default: value }] of Object.entries(TRAIN_OPTIONS)) {
      // On the command line, --input-scale gives it.
      const option = name === "inputScaling" ? `\`${name}\`` : `\`--${kebab(name)}\``, text = String(value);
      const found = rows.filter(([cell]) => cell.split(", ").includes(option)).map(([, cell]) => cell);
      assertEquals(found, [text], `docs/training.md needs one row: | ${option} | ${text} | … |`);
    }
  },
);

Deno.test("docs/tasks.md has every task, and no document names another (needs --allow-read)", reading, () => {
  const listed = tableRows("docs/tasks.md").map(([cell]) => /^`deno task (.*)`$/.exec(cell)?.[1]);
  const tasks = Object.keys(config.tasks).sort();
  assertEquals(listed.filter((name) => name !== undefined).sort(), tasks);
  const named = [...allText().matchAll(/deno task ([a-z][a-z:-]*)/g)].map(([, name]) => name);
  assertArrayIncludes(tasks, named);
});

Deno.test("README.md and docs/ name targets that the Makefile has (needs --allow-read)", reading, () => {
  const makefile = textOf("Makefile");
  const named = [...allText().matchAll(/(?:^|`)make ([a-z][a-z-]*)/gm)].map(([, target]) => target);
  assert(named.length > 3, "No document names a target");
  for (const target of named) assertMatch(makefile, new RegExp(`^${target}:`, "m"));
});

Deno.test("docs/permissions.md has every permission of the set mlpcuda (needs --allow-read)", reading, () => {
  const { mlpcuda } = config.permissions;
  for (const [name, values] of Object.entries(mlpcuda)) {
    const cells = tableRows("docs/permissions.md").filter(([cell]) => cell === name).map(([, cell]) => cell);
    const needed = values === true ? ["everything"] : (values as string[]).map((value) => `\`${value}\``);
    assertEquals(cells.flatMap((cell) => cell.split(", ")), needed, name);
  }
});

Deno.test(
  "README.md and docs/speed.md have the tables of bench/results (needs --allow-read)",
  reading,
  async () => {
    const results = await readResults();
    for (const path of DOCUMENTS) {
      assertEquals(textOf(path), renewed(textOf(path), results), `${path}: run \`deno task speed-tables\``);
    }
  },
);

Deno.test(
  "docs/drawing.md has the tables of bench/results/drawn.json (needs --allow-read)",
  reading,
  async () => {
    const text = textOf(DRAWN_DOCUMENT);
    assertEquals(text, renewedDrawn(text, await readDrawn()), "run `deno task drawn:tables`");
  },
);
