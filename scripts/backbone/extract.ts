/**
 * The MobileNetV3 part (arXiv 1905.02244, section 5) of @vladmandic/human's CenterNet graph, as named tensors.
 *
 * Everything is read from the graph itself: which convolutions a block has, their strides, activations, whether the block's
 * input is added to its output. Batch norm is already folded into the graph's weights. Layouts stay TensorFlow's:
 * convolutions [height, width, in, out], depthwise ones [height, width, channels, 1].
 */
import { fusedOps, integers, word, type Graph, type GraphNode, type HalfWeight } from './graph';

export interface BlockFacts {
  stride: number;
  kernel: number;
  activation: 'relu' | 'hardswish';
  /** The block's input is added to its output. */
  residual: boolean;
  /** Squeeze-and-excite between the depthwise convolution and the projection. */
  squeeze: boolean;
}

export interface Backbone {
  tensors: Map<string, HalfWeight>;
  blocks: BlockFacts[];
}

const ROOT = 'tower_0/MobilenetV3';
const BLOCKS = 15;
const CONVOLUTIONS = ['_FusedConv2D', 'FusedDepthwiseConv2dNative'];
/** Our name of a block's convolution, and the graph's folder for it. */
const PARTS = {
  expand: 'expand',
  depthwise: 'depthwise',
  squeeze: 'squeeze_excite/Conv',
  excite: 'squeeze_excite/Conv_1',
  project: 'project',
} as const;

/** The convolution under a folder; undefined where the block has none. @throws Error when it is not one this reader knows */
function convolution(graph: Graph, folder: string): GraphNode | undefined {
  const found = graph.nodesUnder(`${folder}/`).filter(({ op }) => CONVOLUTIONS.includes(op));
  const [node] = found;
  if (found.length > 1) throw new Error(`${folder}: expected one convolution, got ${found.length}`);
  if (!node) return undefined;
  const fused = fusedOps(node);
  const known = fused[0] === 'BiasAdd' && (fused.length === 1 || (fused.length === 2 && fused[1] === 'Relu'));
  const plain = word(node, 'padding') === 'SAME' && integers(node, 'dilations').every((d) => d === 1);
  if (!known || !plain)
    throw new Error(`${node.name}: expected a convolution with a bias and SAME padding, got ${fused.join('+')}`);
  return node;
}

function required(graph: Graph, folder: string): GraphNode {
  const node = convolution(graph, folder);
  if (!node) throw new Error(`${folder}: expected a convolution, there is none`);
  return node;
}

function activationOf(graph: Graph, node: GraphNode, folder: string): 'relu' | 'hardswish' | 'none' {
  if (fusedOps(node).includes('Relu')) return 'relu';
  return graph.node(`${folder}/hard_swish/mul_1`) ? 'hardswish' : 'none';
}

function expect(what: string, got: string, expected: string): void {
  if (got !== expected) throw new Error(`${what}: expected ${expected}, got ${got}`);
}

function readBlock(graph: Graph, folder: string, take: (part: string, node: GraphNode) => void): BlockFacts {
  for (const [part, at] of Object.entries(PARTS)) {
    const node = convolution(graph, `${folder}/${at}`);
    if (node) take(part, node);
  }
  const depthwise = required(graph, `${folder}/depthwise`);
  const activation = activationOf(graph, depthwise, `${folder}/depthwise`);
  if (activation === 'none') throw new Error(`${folder}/depthwise: expected an activation, there is none`);
  const expand = convolution(graph, `${folder}/expand`);
  if (expand) expect(`${folder}/expand's activation`, activationOf(graph, expand, `${folder}/expand`), activation);
  const project = required(graph, `${folder}/project`);
  expect(`${folder}/project's activation`, activationOf(graph, project, `${folder}/project`), 'none');
  const squeeze = graph.node(`${folder}/squeeze_excite/mul`) !== undefined;
  expect(
    `${folder}'s squeeze`,
    String(convolution(graph, `${folder}/squeeze_excite/Conv`) !== undefined),
    String(squeeze),
  );
  return {
    stride: integers(depthwise, 'strides')[1]!,
    kernel: graph.half(depthwise.input![1]!).shape[0]!,
    activation,
    residual: graph.node(`${folder}/add`)?.op === 'Add',
    squeeze,
  };
}

/** @throws Error naming the node where the graph is not the one this program was written for */
export function extractBackbone(graph: Graph): Backbone {
  const tensors = new Map<string, HalfWeight>();
  const take = (name: string, node: GraphNode): void => {
    tensors.set(`${name}.weight`, graph.half(node.input![1]!));
    tensors.set(`${name}.bias`, graph.half(node.input![2]!));
  };
  const outer = (name: string, folder: string, stride: number): void => {
    const node = required(graph, folder);
    expect(`${folder}'s activation`, activationOf(graph, node, folder), 'hardswish');
    expect(`${folder}'s stride`, String(integers(node, 'strides')[1]), String(stride));
    take(name, node);
  };
  outer('stem', `${ROOT}/Conv`, 2);
  const blocks = Array.from({ length: BLOCKS }, (_, i) =>
    readBlock(graph, `${ROOT}/expanded_conv${i === 0 ? '' : `_${i}`}`, (part, node) =>
      take(`blocks.${i}.${part}`, node),
    ),
  );
  outer('head', 'tower_0/extern1', 1);
  return { tensors, blocks };
}
