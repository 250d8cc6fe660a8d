/** Set up in front of every parity file. */
import { afterAll } from 'vitest';
import { closeTestDevices } from './device';

afterAll(closeTestDevices);
