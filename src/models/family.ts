/** What the Detectors of all families have beside their forward pass: the files they come from, what they keep, share and free. */
import type { TensorSource } from '../lib/tensor-source';
import type { ParameterRule, Parameters } from '../nn/parameters';
import type { Preprocessing } from './preprocessing';

/** What every family reads of a checkpoint. */
export interface FamilyFiles {
  config: Record<string, unknown>;
  preprocessor: Record<string, unknown> | undefined;
  classes: readonly string[];
  weights: TensorSource;
  /** The policy's spread of a family whose checkpoint has none. */
  policy?: TensorSource | undefined;
}

/** A loaded checkpoint. */
export interface Loaded<Config, Constants> {
  config: Config;
  classes: readonly string[];
  preprocessing: Preprocessing;
  parameters: Parameters;
  /** See Detector. */
  rules: readonly ParameterRule[];
  parameterCount: number;
  /** What else follows from the checkpoint: a model that shares it leaves it alone. */
  constants: Constants;
}

/** A family's Detector extends it. */
export abstract class FamilyModel<Config extends { readonly queries: number }, Constants> {
  readonly config: Config;
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly parameters: Parameters;
  readonly rules: readonly ParameterRule[];
  readonly parameterCount: number;
  readonly queries: number;
  protected readonly constants: Constants;

  protected constructor(
    protected readonly loaded: Loaded<Config, Constants>,
    /** False: weights and constants are somebody else's. */
    private readonly owner: boolean,
  ) {
    this.config = loaded.config;
    this.classes = loaded.classes;
    this.preprocessing = loaded.preprocessing;
    this.parameters = loaded.parameters;
    this.rules = loaded.rules;
    this.parameterCount = loaded.parameterCount;
    this.queries = loaded.config.queries;
    this.constants = loaded.constants;
  }

  /** Frees the tensors among the constants, where there are any. */
  protected disposeConstants?(): void;

  /** Frees the weights and the constants of a model that owns them. */
  dispose(): void {
    if (!this.owner) return;
    this.parameters.dispose();
    this.disposeConstants?.();
  }
}
