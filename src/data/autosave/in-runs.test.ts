import { expect, test } from 'vitest';
import { trainSettings } from '../../lib/train-settings';
import { MemoryDirectory } from '../testing/memory-directory';
import { isInRuns } from './in-runs';
