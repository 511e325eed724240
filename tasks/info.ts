/** `deno task info`: what this machine can run, and what a model is. @module */
import { BACKENDS, openBackend } from "../src/backend.ts";
import type { Mlp } from "../src/mlp.ts";
import config from "../deno.json" with { type: "json" };
import { loadModel } from "./eval.ts";
import { BACKEND_OPTIONS, DEFAULT_MODEL, JSON_OPTION, threadsOf } from "./options.ts";
import type { Command } from "./terminal/command.ts";
import { runTask, type TaskContext } from "./terminal/main.ts";
import { count } from "./terminal/numbers.ts";

const COMMAND = {
  name: "deno task info",
  summary: "Shows which backends open on this machine, and with --model what a saved network is.",
  groups: {
    run: {
      title: "What to show",
      options: {
        model: { kind: "text", value: "PATH", help: `a model, such as ${DEFAULT_MODEL}` },
        threads: BACKEND_OPTIONS.threads,
        ...JSON_OPTION,
      },
      aliases: { model: ["m"] },
    },
  },
} as const satisfies Command;

if (import.meta.main) await runTask(COMMAND, main);

async function main({ given: { run }, screen }: TaskContext<typeof COMMAND["groups"]>): Promise<void> {
  const mlp = run.model === undefined ? undefined : await loadModel(run.model);
  const backends = await Promise.all(BACKENDS.map((name) => describeBackend(name, threadsOf(run))));
  const versions = {
    mlpcuda: config.version,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    target: Deno.build.target,
  };
  if (run.json) {
    return screen.row(JSON.stringify({ ...versions, backends, ...(mlp && { model: modelJson(mlp) }) }));
  }
  screen.row(`mlpcuda ${versions.mlpcuda}, Deno ${versions.deno}, V8 ${versions.v8}, ${versions.target}`);
  for (const { name, device, reason } of backends) {
    screen.row(`${name.padEnd(10)} ${device ?? `not available: ${reason}`}`);
  }
  if (mlp) { for (const line of ["", ...modelLines(mlp)]) screen.row(line); }
}

async function describeBackend(name: (typeof BACKENDS)[number], threads: number | undefined) {
  try {
    await using backend = await openBackend(name, { threads });
    return { name, device: backend.device };
  } catch (error) {
    return { name, reason: (error as Error).message };
  }
}

function modelJson({ inputShape, inputScale, layers, classNames, parameterCount, training }: Mlp) {
  return { inputShape, inputScale, layers, classNames, parameterCount, training };
}

function modelLines(mlp: Mlp): string[] {
  const lines = [mlp.summary(), `inputs × ${mlp.inputScale}`];
  if (mlp.classNames) lines.push(`classes ${mlp.classNames.join(", ")}`);
  if (mlp.training) {
    const { dataset, epochs, backend, config } = mlp.training;
    lines.push(
      `trained for ${epochs} of ${config.epochs} epochs on ${
        count(dataset.rows)
      } rows of ${dataset.source}, by ${backend}`,
      Object.entries(config).map(([name, value]) => `${name} ${value}`).join(", "),
    );
  }
  return lines;
}
