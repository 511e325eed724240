/** Weights of PyTorch stand as the model, and give PyTorch's logits. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { formatNpy } from "../../src/formats/npy.ts";
import outputs from "../fixtures/foreign/outputs.json" with { type: "json" };
import { hasMnist, mnist } from "../support/mnist.ts";
import { caseTest, type Files } from "./support.ts";

const FIXTURES = new URL("../fixtures/foreign/", import.meta.url);

/** Returns a fixture under the names of the files, and PyTorch's logits of its first row. */
async function torchFiles(): Promise<Files> {
  const logits = JSON.stringify({ input: "row 0 of the fixture", logits: outputs.sequential[0] });
  return {
    "torch_state_dict.npz": await Deno.readFile(new URL("sequential.npz", FIXTURES)),
    "torch.safetensors": await Deno.readFile(new URL("sequential.safetensors", FIXTURES)),
    "torch_logits.json": new TextEncoder().encode(logits),
  };
}

caseTest(
  "predict gives PyTorch's logits with its files of weights",
  torchFiles,
  async (given) => {
    const row = given.isMade
      ? outputs.rows[0]
      : Array.from((await mnist()).test.inputs.subarray(0, 784), (value) => value / 255);
    await given.folder.write(
      "row.npy",
      formatNpy({ shape: [1, row.length], values: Float32Array.from(row) }),
    );
    const { logits } = JSON.parse(new TextDecoder().decode(await given.bytes("torch_logits.json")));
    for (const model of ["torch_state_dict.npz", "torch.safetensors"]) {
      const { json } = await given.run("predict", "-m", given.at(model), "--json", "row.npy");
      const found = json[0].outputs as number[];
      assertEquals(found.length, logits.length);
      logits.forEach((value: number, o: number) => assertAlmostEquals(found[o], value, 1e-4));
    }
  },
  hasMnist ? undefined : "data/mnist.npz",
);
