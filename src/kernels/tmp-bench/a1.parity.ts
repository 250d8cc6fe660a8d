import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { runProgram } from '../program';
import { vectorSource } from '../vectors/vectors';
import rms from '../rms-norm/forward.wgsl?raw';
import entry from '../rms-norm/entry-with-residual.wgsl?raw';
import fwd from '../deformable-attention/forward.wgsl?raw';
import samp from '../deformable-attention/sampling.wgsl?raw';
import tap from '../deformable-attention/tap.wgsl?raw';
let opened: OpenedDevice;
beforeAll(async () => { opened = await openTestDevice(); });
async function compare(title: string, fs: Record<string, () => void>, n = 10): Promise<void> {
  const best: Record<string, number> = {};
  for (const f of Object.values(fs)) f();
  await throwFaults(opened);
  for (let r = 0; r < 12; r++) for (const [name, f] of Object.entries(fs)) {
    const t = performance.now();
    for (let i = 0; i < n; i++) f();
    await throwFaults(opened);
    best[name] = Math.min(best[name] ?? Infinity, (performance.now() - t) / n);
  }
  console.log(`RES ${title}: ` + Object.entries(best).map(([k, v]) => `${k} ${v.toFixed(3)}`).join(' | '));
}
const rnd = (shape: number[], s: number) => tf.tensor(numbers(tf.util.sizeFromShape(shape), s), shape);
const barrier = `
var<workgroup> shared_sum : array<f32, 64>;
fn main(index : i32) {
  let lane = index % 64; let row = index / 64; let first = row * WIDTH;
  var squares = 0.0;
  for (var j = lane; j < WIDTH; j = j + 64) { let v = entry(first + j); squares = squares + inner(v, v); }
  shared_sum[lane] = squares; workgroupBarrier();
  for (var s = 32; s > 0; s = s / 2) { if (lane < s) { shared_sum[lane] = shared_sum[lane] + shared_sum[lane + s]; } workgroupBarrier(); }
  let scale = inverseSqrt(shared_sum[0] / f32(NUMBERS) + uniforms.epsilon);
  for (var j = lane; j < WIDTH; j = j + 64) { if (index < uniforms.total) { result[first + j] = entry(first + j) * scale * weight[j]; } }
}`;
const pure = (s: string) => s;
test('rms', async () => {
  for (const [R, W] of [[100, 64], [100, 128], [720, 128], [5000, 256]] as [number, number][]) {
    const x = rnd([R, W], 1), weight = rnd([W], 2), residual = rnd([R, W], 3);
    const fs: Record<string, () => void> = {};
    for (const parts of [1, 2, 4, 8, 16]) fs[`p${parts}`] = () => opened.backend.disposeData(runProgram(opened.backend, { name: 'brms', source: vectorSource(4) + entry + rms, inputs: { x, residual, weight }, output: { shape: [R, W] }, components: { output: 4, inputs: [4, 4, 4] }, work: R * parts, constants: { WIDTH: W / 4, NUMBERS: W, PARTS: parts, BLOCK: 32 }, uniforms: { total: { i32: [R * parts] }, epsilon: { f32: [1e-6] } } }).dataId);
    fs['barrier'] = () => opened.backend.disposeData(runProgram(opened.backend, { name: 'brmsb', source: vectorSource(4) + entry + barrier, inputs: { x, residual, weight }, output: { shape: [R, W] }, components: { output: 4, inputs: [4, 4, 4] }, work: R * 64, constants: { WIDTH: W / 4, NUMBERS: W }, uniforms: { total: { i32: [R * 64] }, epsilon: { f32: [1e-6] } } }).dataId);
    await compare(`rms ${R}x${W}`, fs);
  }
});
const tapFree = `fn tap(batch : i32, head : i32, here : vec4<i32>, x : i32, y : i32, c : i32) -> Vector {
  let inside = x >= 0 && y >= 0 && x < here.y && y < here.x;
  let at = ((batch * uniforms.cells + here.z + y * here.y + x) * HEADS + head) * DEPTH + c;
  return value[select(0, at, inside)] * select(0.0, 1.0, inside);
}`;
const noTouch = (s: string) => s.replace('if (touches(at, here)) {', '{');
test('deform', async () => {
  for (const [name, shapes, points, B, Q, M, d] of [
    ['deimv2', [[20, 20], [10, 10]], [4, 2], 1, 100, 8, 8],
    ['stepdetr', [[24, 24], [12, 12]], [4, 4], 1, 100, 4, 32],
  ] as [string, [number, number][], number[], number, number, number, number][]) {
    const N = shapes.reduce((s, [h, w]) => s + h * w, 0), K = points.reduce((s, p) => s + p, 0);
    const value = rnd([B, N, M * d], 1), weights = rnd([B, Q, M, K], 2);
    const locations = tf.tensor(numbers(B * Q * M * K * 2, 3).map((x) => 0.5 + x / 2), [B, Q, M, K, 2]);
    const lv: Record<string, { i32: number[] }> = {}; let first = 0;
    for (let l = 0; l < 8; l++) { const [h, w] = shapes[l] ?? [0, 0]; lv[`level${l}`] = { i32: [h, w, first, points[l] ?? 0] }; first += h * w; }
    const run = (label: string, source: string, work: number, vec = 4) => () => opened.backend.disposeData(runProgram(opened.backend, { name: label, source: vectorSource(4) + samp + source, inputs: { value, locations, weights }, output: { shape: [B, Q, M * d] }, components: { output: vec, inputs: [vec, 2, 1] }, work, constants: { LEVELS: shapes.length, SAMPLES: K, HEADS: M, DEPTH: d / 4 }, uniforms: { ...lv, cells: { i32: [N] }, queries: { i32: [Q] }, total: { i32: [work] } } }).dataId);
    const work = B * Q * M * d / 4;
    await compare(`deform ${name}`, {
      now: run('a', tap + fwd, work), freeTap: run('b', tapFree + fwd, work), freeAll: run('c', tapFree + noTouch(fwd), work), noTouch: run('d', tap + noTouch(fwd), work),
      empty: run('e', 'fn main(index : i32) { if (index < uniforms.total) { result[index] = value[index] * locations[0].x * weights[0]; } }', work),
    });
  }
  void pure;
});
