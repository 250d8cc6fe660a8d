/** The optimiser on WebGPU and on WebAssembly. */
import { afterEach, beforeAll, describe } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { openWasm } from '../kernels/wasm';
import { testOptimiser } from './testing/optimiser-cases';

describe('WebGPU', () => {
  let opened: OpenedDevice;
  beforeAll(async () => {
    opened = await openTestDevice();
  });
  afterEach(() => throwFaults(opened));
  testOptimiser();
});

describe('WebAssembly', () => {
  beforeAll(async () => {
    await openWasm();
  });
  testOptimiser();
});
