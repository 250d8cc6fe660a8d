/**
 * One compute program of ours run through TF.js's WebGPU backend.
 *
 * The WGSL lives in a .wgsl file and defines `fn main(index : i32)` (flat work) or `fn main()` with globalId (grid work).
 * Constants are stated once, in TypeScript, and stand in front of it as WGSL `const`; they are part of the pipeline's key.
 * Numbers that change from call to call are uniforms, set by field name: `uniforms.field`.
 * TF.js binds the output as `result` and every input under its name, and drops the dispatch when a binding is not used:
 * use every input and the uniforms.
 */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { webgpu_util, type WebGPUBackend, type WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';

export type Uniform = { i32: number[] } | { f32: number[] };

export interface Program {
  /** Unique name of the source; with the constants and components it is the pipeline's key. */
  name: string;
  source: string;
  inputs: Record<string, TensorInfo>;
  output: { shape: number[]; dtype?: DataType };
  /** Numbers of a vec in the output and in each input: 4 gives array<vec4<f32>>. Default 1. */
  components?: { output?: number; inputs?: number[] };
  /** Invocations along x, y, z; a single number is flat work, spread over the grid where it exceeds a dimension's limit. */
  work: number | [number, number, number];
  workgroupSize?: [number, number, number];
  constants?: Record<string, number | boolean>;
  uniforms?: Record<string, Uniform>;
  /** Floating-point operations of this call; absent where unknown. */
  flops?: number;
  /** Result is array<atomic<i32>>; pass a zeroed `into`. */
  atomic?: boolean;
}

const FLAT: [number, number, number] = [64, 1, 1];

function wgslConstants(constants: Record<string, number | boolean>): string {
  return Object.entries(constants)
    .map(([name, value]) => {
      const type = typeof value === 'boolean' ? 'bool' : Number.isInteger(value) ? 'i32' : 'f32';
      return `const ${name} : ${type} = ${value};\n`;
    })
    .join('');
}

function uniformType(uniform: Uniform): { type: string; data: number[]; wgsl: string } {
  const [type, data] = 'i32' in uniform ? (['i32', uniform.i32] as const) : (['f32', uniform.f32] as const);
  const wgsl = data.length === 1 ? type : `vec${data.length}<${type}>`;
  return { type: type === 'i32' ? 'int32' : 'float32', data, wgsl };
}

/**
 * Records the program on the backend's current command buffer.
 * @param into a tensor to write into (for atomic results, zeroed before)
 * @returns the output, owned by the caller
 */
export function runProgram(backend: WebGPUBackend, program: Program, into?: TensorInfo): TensorInfo {
  const { constants = {}, uniforms = {}, work } = program;
  const size = program.workgroupSize ?? FLAT;
  const flat = typeof work === 'number';
  const dispatchLayout = flat ? webgpu_util.flatDispatchLayout([work]) : { x: [2], y: [1], z: [0] };
  const dispatch: [number, number, number] = flat
    ? webgpu_util.computeDispatch(dispatchLayout, [work], size)
    : [Math.ceil(work[0] / size[0]), Math.ceil(work[1] / size[1]), Math.ceil(work[2] / size[2])];
  const fields = Object.entries(uniforms).map(([name, value]) => ({ name, ...uniformType(value) }));
  const head = wgslConstants(constants);
  const tfProgram: WebGPUProgram & { flops?: number } = {
    variableNames: Object.keys(program.inputs),
    outputShape: program.output.shape,
    workgroupSize: size,
    dispatchLayout,
    dispatch,
    uniforms: fields.map(({ name, wgsl }) => `${name} : ${wgsl}, `).join(''),
    shaderKey: `${program.name};${head}`,
    getUserCode: () => head + program.source,
  };
  if (program.components?.output) tfProgram.outputComponent = program.components.output;
  // Without this TF.js gives the inputs the output's vectors.
  tfProgram.variableComponents = program.components?.inputs ?? Object.keys(program.inputs).map(() => 1);
  if (program.atomic) tfProgram.atomic = true;
  if (program.flops !== undefined) tfProgram.flops = program.flops;
  return backend.runWebGPUProgram(
    tfProgram,
    Object.values(program.inputs),
    program.output.dtype ?? 'float32',
    fields.map(({ type, data }) => ({ type, data })),
    into,
  );
}
