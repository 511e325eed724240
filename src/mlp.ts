/** Networks: layers, parameters, and the meaning of inputs and outputs. @module */
import { INIT, NETWORK } from "./argument_kinds.ts";
import { LAYER } from "./plan/layer_kind.ts";
import {
  BYTES,
  checkArgument,
  checkOptions,
  fields,
  FLAG,
  type Kind,
  list,
  NUMBER,
  PATH,
  SEED,
  TEXT,
} from "./arguments.ts";
import type { Tensors } from "./backends/backend.ts";
import { predict } from "./backends/reference/forward.ts";
import { buildForwardPlan } from "./plan/build.ts";
import type { Naming, NumericArray } from "./data/arrays.ts";
import { canonicalInputs } from "./data/canonical.ts";
import {
  type ImageSpec,
  inFeaturesOf,
  type InputSpec,
  inputSpecOf,
  type TableColumn,
  type TaskKind,
} from "./data/dataset.ts";
import { readFileBounded, writeFileAtomic } from "./files.ts";
import type { SizeOptions } from "./formats/expansion.ts";
import { formatModel, parseModel } from "./model_file.ts";
import { checkFiles } from "./host.ts";
import { initialParameters, type InitName } from "./init.ts";
import { formatLayers, type LayerSpec } from "./plan/layers.ts";
import type { MlpParts, TrainingRecord } from "./mlp_parts.ts";
import type { Thresholds } from "./thresholds.ts";

/** The input of a new network, whose shape is checked with a message of its own. */
const CREATED: Kind = fields({ inputShape: list(NUMBER) });

/**
 * A multi-layer perceptron.
 *
 * ```ts
 * import { dense, Mlp } from "@mlpcuda/mlpcuda";
 *
 * const mlp = Mlp.create([dense(16, "relu"), dense(3, "softmax")], { inputShape: [4] });
 * const probabilities = mlp.predict(new Float32Array([5.1, 3.5, 1.4, 0.2])); // [1, 3]
 * console.log(mlp.summary(), probabilities);
 * ```
 */
export class Mlp implements MlpParts {
  /** The shape of one input, such as `[28, 28]`. */
  readonly inputShape: readonly number[];
  /** The factor on every input. */
  readonly inputScale: number;
  /** The layers, first to last. */
  readonly layers: readonly LayerSpec[];
  /** The names of the classes, in label order, or of several labels a row; `undefined` if they have none. */
  readonly classNames: readonly string[] | undefined;
  /** The properties of inputs that are images; `undefined` for other inputs. */
  readonly image: ImageSpec | undefined;
  /** The columns of inputs that come from a table; `undefined` for other inputs. */
  readonly columns: readonly TableColumn[] | undefined;
  /** The names of the table's columns with the labels or targets; `undefined` for other inputs. */
  readonly labelColumns: readonly string[] | undefined;
  /**
   * The weights `[O, I]` and the bias `[O]` of each layer: `layer_1.weights`, `layer_1.bias`, … Training replaces this object,
   * and does not write to its arrays.
   */
  parameters: Tensors;
  /** The record of its training; `undefined` for a network that was not trained. */
  training: TrainingRecord | undefined;
  /**
   * The thresholds of sure guesses and of inputs like those of training; `undefined` if it was not trained with outliers. Training
   * replaces them.
   */
  thresholds: Thresholds | undefined;

  /**
   * Creates a network from parts. The values of the parameters are not checked.
   *
   * @throws {TypeError} if a part is missing, of a wrong kind, or does not fit the others
   * @throws {RangeError} if a number is out of range
   */
  constructor(parts: MlpParts) {
    checkArgument("parts", parts, NETWORK);
    this.inputShape = parts.inputShape;
    this.inputScale = parts.inputScale;
    this.layers = parts.layers;
    this.parameters = parts.parameters;
    this.classNames = parts.classNames;
    this.image = parts.image;
    this.columns = parts.columns;
    this.labelColumns = parts.labelColumns;
    this.training = parts.training;
    this.thresholds = parts.thresholds;
  }

  /**
   * Creates a network with new weights.
   *
   * @param layers the layers, first to last, each made by `dense()`
   * @param input a data set, or the shape of one input
   * @param options `init` is the distribution of the weights (`"he"` by default), `seed` its seed (1 by default)
   * @throws {RangeError} if there is no layer, if the input shape has a value that is not a whole number from 1, or if a layer
   * has more than 2³⁰ weights
   */
  static create(
    layers: readonly LayerSpec[],
    input: InputSpec,
    options: { readonly init?: InitName; readonly seed?: number } = {},
  ): Mlp {
    checkArgument("layers", layers, list(LAYER));
    checkArgument("input", input, CREATED);
    checkOptions(options, { init: INIT, seed: SEED });
    if (layers.length === 0) throw new RangeError("A network needs at least one layer, found none");
    const { inputShape, inputScale = 1 } = input;
    if (inputShape.length === 0 || inputShape.some((length) => !Number.isSafeInteger(length) || length < 1)) {
      throw new RangeError(`An input shape needs whole numbers from 1, found [${inputShape.join(", ")}]`);
    }
    const { init = "he", seed = 1 } = options;
    const parameters = initialParameters(inFeaturesOf(input), layers, { init, seed });
    return new Mlp({ ...inputSpecOf(input), inputShape, inputScale, layers, parameters });
  }

  /**
   * Reads a network that `Mlp.save` wrote. Needs Deno and read permission.
   *
   * @throws {FormatError} if the file is not a network
   * @throws {TypeError} outside Deno; `Mlp.parse` reads bytes there
   */
  static async load(path: string, options: SizeOptions = {}): Promise<Mlp> {
    checkArgument("path", path, PATH);
    checkOptions(options, { trustSizes: FLAG });
    checkFiles(`load ${JSON.stringify(path)}`, "pass the file's bytes to Mlp.parse()");
    return await Mlp.parse(await readFileBounded(path), { ...options, name: path });
  }

  /**
   * Reads a network from the bytes of its file.
   *
   * @throws {FormatError} if they are not a network
   */
  static async parse(
    bytes: Uint8Array,
    options: SizeOptions & { readonly name?: string } = {},
  ): Promise<Mlp> {
    checkArgument("bytes", bytes, BYTES);
    checkOptions(options, { name: TEXT, trustSizes: FLAG });
    return new Mlp(await parseModel(bytes, options));
  }

  /** Returns the bytes of the network's file: an `.npz` that NumPy opens without pickle. Equal networks give equal bytes. */
  format(): Uint8Array<ArrayBuffer> {
    return formatModel(this);
  }

  /**
   * Writes the network's file. At every moment, the path has the complete old file or the complete new one. Needs Deno and
   * read and write permission.
   *
   * @throws {TypeError} outside Deno; `Mlp.format` returns bytes there
   */
  async save(path: string): Promise<void> {
    checkArgument("path", path, PATH);
    checkFiles(`save ${JSON.stringify(path)}`, "take the file's bytes from Mlp.format()");
    await writeFileAtomic(path, this.format());
  }

  /**
   * The kind of labels or targets that it was trained on; `undefined` if it was not trained, or on target values with a loss
   * that also takes classes.
   */
  get task(): TaskKind | undefined {
    const loss = this.training?.config?.loss;
    if (loss === "cross-entropy") return "classify";
    if (loss === "binary-cross-entropy") return this.outFeatures > 1 ? "multilabel" : undefined;
    const isNumber = this.outFeatures === 1 && this.layers[this.layers.length - 1].activation === "linear";
    return loss !== undefined && isNumber ? "regress" : undefined;
  }

  /** Inputs a row, `I`. */
  get inFeatures(): number {
    return inFeaturesOf(this);
  }

  /** Outputs a row, `O`. */
  get outFeatures(): number {
    return this.layers[this.layers.length - 1].outFeatures;
  }

  /** The number of parameters. */
  get parameterCount(): number {
    return Object.values(this.parameters).reduce((sum, values) => sum + values.length, 0);
  }

  /**
   * Returns the outputs `[N, O]` for inputs `[N, I]`, which are not scaled yet, such as the bytes of an image. Computes on the
   * calling thread, in float64; for many rows, a backend's `createPredictor` is faster. Numbers of other types are
   * converted: integers must be exact in float32, other numbers are rounded to float32.
   *
   * @throws {TypeError} if the inputs are not an array of numbers, or not a whole number of rows
   * @throws {RangeError} if an integer is not exact in float32
   */
  predict(inputs: NumericArray): Float32Array<ArrayBuffer> {
    const refuse: Naming["refuse"] = (kind, fault) =>
      new (kind === "shape" ? TypeError : RangeError)(`Cannot predict: ${fault}`);
    return predict(
      buildForwardPlan(this),
      this.parameters,
      canonicalInputs(inputs, { shape: this.inputShape, refuse }),
    );
  }

  /**
   * Returns the network as text: a line of its layers and its input shape, a line for each layer with its widths, activation,
   * dropout and number of parameters, and a line of the total.
   */
  summary(): string {
    const lines = [`${formatLayers(this.layers)} on inputs [${this.inputShape.join(", ")}]`];
    let inFeatures = this.inFeatures;
    for (const [index, { outFeatures, activation, dropout = 0 }] of this.layers.entries()) {
      const count = (outFeatures * (inFeatures + 1)).toLocaleString("en-US");
      const dropped = dropout > 0 ? `, dropout ${dropout}` : "";
      lines.push(
        `layer_${index + 1}: ${inFeatures} → ${outFeatures} ${activation}${dropped}, ${count} parameters`,
      );
      inFeatures = outFeatures;
    }
    return [...lines, `${this.parameterCount.toLocaleString("en-US")} parameters`].join("\n");
  }
}
