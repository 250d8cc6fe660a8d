/** A TensorFlow.js graph model's files (model.json, one .bin), read as plain nodes and raw weights. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Attribute {
  b?: boolean;
  s?: string;
  list?: { i?: string[]; s?: string[] };
}

export interface GraphNode {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, Attribute>;
}

/** A constant in half precision, as it lies in the .bin. */
export interface HalfWeight {
  shape: number[];
  /** Little-endian float16, row-major. */
  bytes: Uint8Array;
}

interface WeightEntry {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32';
  quantization?: { dtype: string };
}

interface ModelJson {
  modelTopology: { node: GraphNode[] };
  weightsManifest: { paths: string[]; weights: WeightEntry[] }[];
}

export interface Graph {
  node(name: string): GraphNode | undefined;
  /** Nodes whose name begins with `prefix`. */
  nodesUnder(prefix: string): GraphNode[];
  /** @throws Error when there is no such constant or it is not stored as float16 */
  half(name: string): HalfWeight;
}

function bytesPerValue({ dtype, quantization, name }: WeightEntry): number {
  if (quantization === undefined) return 4;
  if (dtype !== 'float32' || quantization.dtype !== 'float16') {
    throw new Error(`${name}: expected float16 or plain weights, got ${dtype} stored as ${quantization.dtype}`);
  }
  return 2;
}

/** @throws Error naming the file when the weights do not fill it exactly */
export function readGraph(jsonPath: string): Graph {
  const model = JSON.parse(readFileSync(jsonPath, 'utf8')) as ModelJson;
  const [group, ...more] = model.weightsManifest;
  const path = group?.paths[0];
  if (!group || path === undefined || group.paths.length !== 1 || more.length > 0) {
    throw new Error(`${jsonPath}: expected one weights file`);
  }
  const bin = readFileSync(join(dirname(jsonPath), path));
  const halves = new Map<string, HalfWeight>();
  let offset = 0;
  for (const entry of group.weights) {
    const size = bytesPerValue(entry);
    const end = offset + size * entry.shape.reduce((product, side) => product * side, 1);
    if (size === 2) halves.set(entry.name, { shape: entry.shape, bytes: bin.subarray(offset, end) });
    offset = end;
  }
  if (offset !== bin.length) throw new Error(`${path}: expected ${offset} bytes by ${jsonPath}, got ${bin.length}`);

  const nodes = new Map(model.modelTopology.node.map((node) => [node.name, node]));
  return {
    node: (name) => nodes.get(name),
    nodesUnder: (prefix) => [...nodes.values()].filter(({ name }) => name.startsWith(prefix)),
    half: (name) => {
      const weight = halves.get(name);
      if (!weight) throw new Error(`${jsonPath}: expected a float16 constant ${name}, there is none`);
      return weight;
    },
  };
}

const text = (base64: string): string => Buffer.from(base64, 'base64').toString();

/** A list attribute of whole numbers, such as strides. */
export function integers(node: GraphNode, key: string): number[] {
  return (node.attr?.[key]?.list?.i ?? []).map(Number);
}

/** A text attribute, such as padding. */
export function word(node: GraphNode, key: string): string {
  return text(node.attr?.[key]?.s ?? '');
}

/** What is fused into a convolution after it: BiasAdd, Relu. */
export function fusedOps(node: GraphNode): string[] {
  return (node.attr?.['fused_ops']?.list?.s ?? []).map(text);
}
