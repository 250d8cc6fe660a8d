/**
 * WGSL templates: our kernels unroll their register tiles as text, because SwiftShader reads a vector at a run-time index of
 * a private array ten times slower than one at a constant index (measured: 20 ns against 2 ns for four invocations).
 *
 * Directives stand alone on a line and nest:
 *   #for name in 0..END     the lines up to #end once per number, with $name replaced; END is a number or a constant
 *   #if NAME / #else / #end  the lines whose constant is true
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { runProgram, type Program } from './program';

type Constants = Record<string, number | boolean>;

const FOR = /^\s*#for (\w+) in 0\.\.(\w+)\s*$/;
const IF = /^\s*#if (\w+)\s*$/;
const ELSE = /^\s*#else\s*$/;
const END = /^\s*#end\s*$/;

function constant(constants: Constants, name: string): number | boolean {
  const value = /^\d+$/.test(name) ? Number(name) : constants[name];
  if (value === undefined)
    throw new Error(`WGSL template: constant ${name} is not given, only ${Object.keys(constants).join(', ')}`);
  return value;
}

/** Index of the #else (or of the #end where there is none) and of the #end of the block opened before `start`. */
function closing(lines: readonly string[], start: number): { otherwise: number; end: number } {
  let depth = 0;
  let otherwise = -1;
  for (let at = start; at < lines.length; at++) {
    const line = lines[at]!;
    if (FOR.test(line) || IF.test(line)) depth++;
    else if (ELSE.test(line) && depth === 0) otherwise = at;
    else if (END.test(line) && depth-- === 0) return { otherwise: otherwise < 0 ? at : otherwise, end: at };
  }
  throw new Error(`WGSL template: no #end for line "${lines[start - 1]?.trim()}"`);
}

function expandLines(lines: readonly string[], constants: Constants): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const [loop, condition] = [FOR.exec(line), IF.exec(line)];
    if (!loop && !condition) {
      if (/^\s*#/.test(line)) throw new Error(`WGSL template: unexpected line "${line.trim()}"`);
      out.push(line);
      continue;
    }
    const { otherwise, end } = closing(lines, at + 1);
    if (loop) {
      const [, name, count] = loop as unknown as [string, string, string];
      const variable = new RegExp(`\\$${name}\\b`, 'g');
      const body = lines.slice(at + 1, end);
      for (let i = 0; i < Number(constant(constants, count)); i++) {
        out.push(
          ...expandLines(
            body.map((text) => text.replace(variable, String(i))),
            constants,
          ),
        );
      }
    } else if (condition) {
      const body = constant(constants, condition[1]!)
        ? lines.slice(at + 1, otherwise)
        : lines.slice(otherwise + 1, end);
      out.push(...expandLines(body, constants));
    }
    at = end;
  }
  return out;
}

/** @throws Error for an unknown constant, a stray or a missing directive */
export function expandTemplate(template: string, constants: Constants): string {
  return expandLines(template.split('\n'), constants).join('\n');
}

export interface TemplateProgram extends Omit<Program, 'source'> {
  template: string;
}

/**
 * Runs a template with all tensors bound as flat numbers: TF.js makes the ranks of a program's tensors, and whether they
 * equal the output's shape, part of the pipeline's key, and this way one pipeline serves every shape.
 * @param into as of `runProgram`
 */
export function runTemplate(
  backend: WebGPUBackend,
  { template, ...program }: TemplateProgram,
  into?: TensorInfo,
): TensorInfo {
  const { constants = {}, output } = program;
  const inputs = Object.fromEntries(
    Object.entries(program.inputs).map(([name, { dataId, dtype, shape }]) => [
      name,
      { dataId, dtype, shape: [util.sizeFromShape(shape), 1] },
    ]),
  );
  const own: Program = {
    ...program,
    inputs,
    output: { ...output, shape: [util.sizeFromShape(output.shape)] },
    // read only when the pipeline is not in the cache
    get source() {
      return expandTemplate(template, constants);
    },
  };
  const { dataId, dtype } = runProgram(backend, own, into);
  return { dataId, dtype, shape: output.shape };
}
