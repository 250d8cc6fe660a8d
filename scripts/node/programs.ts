/** Programs that run in Node without the repository: compiled into dist-node/ and part of the bundle. Each is scripts/<name>.ts. */
export const PROGRAMS = ['detect', 'evaluate', 'finetune'] as const;

/** Native libraries: loaded from node_modules as they are. */
export const NATIVE = ['webgpu', '@napi-rs/canvas'] as const;
