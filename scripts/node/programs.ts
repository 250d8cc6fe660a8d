/** Programs that run in Node without the repository: compiled into dist-node/ and part of the bundle. Each is scripts/<name>.ts. */
export const PROGRAMS = ['detect', 'evaluate', 'finetune', 'bench'] as const;

/** What programs load from dist-node/ while they run, by the names that it has there. */
export const PARTS = {
  engine: 'scripts/node/engine.ts',
  'bench-child': 'scripts/bench/node/child.ts',
  'random-models': 'scripts/random-checkpoint/models.ts',
} as const;

/** Native libraries: loaded from node_modules as they are. */
export const NATIVE = ['webgpu', '@napi-rs/canvas'] as const;
