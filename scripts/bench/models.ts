/** Which models the bench runs, and where their files are. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeRandomCheckpoint } from '../random-checkpoint/write';
import type { Session } from './session';

export interface BenchModel {
  name: string;
  /** As people write it. */
  title: string;
  /** Height and width of the input. */
  side: number;
  /** Ours at most this part of onnxruntime-web's time on WebGPU. */
  most: number;
  /** Worth the time that plain TF.js takes for it. */
  plain: boolean;
}

const TRAINED: readonly (BenchModel & { folder: string; onnx: string })[] = [
  {
    name: 'deimv2_atto',
    title: 'DEIMv2 Atto, 320',
    side: 320,
    most: 0.5,
    plain: true,
    folder: 'deimv2_atto_coco',
    onnx: 'deimv2_hgnetv2_atto_coco.onnx',
  },
  {
    name: 'deimv2_femto',
    title: 'DEIMv2 Femto, 416',
    side: 416,
    most: 0.5,
    plain: true,
    folder: 'deimv2_femto_coco',
    onnx: 'deimv2_hgnetv2_femto_coco.onnx',
  },
];
const RANDOM: BenchModel = {
  name: 'rtdetr_r18vd',
  title: 'RT-DETR-R18, 640, random weights',
  side: 640,
  most: 0.7,
  plain: false,
};

/** Of the random weights. */
const SEED = 1;

export const MODELS: readonly BenchModel[] = [...TRAINED, RANDOM];

const CHECKPOINT = ['config.json', 'preprocessor_config.json', 'model.safetensors'];

export interface ModelAddresses {
  checkpoint: string[];
  /** Null: there is none. */
  onnx: string | null;
}

export interface Folders {
  /** Has the DEIMv2 checkpoints, and onnx/. */
  weights: string;
  /** What the bench makes for itself. */
  made: string;
}

/** How the ONNX file of the random weights is made; Python and PyTorch are no part of the project. */
export const exportCommand = ({ made }: Folders): string => {
  const folder = join(made, RANDOM.name);
  return `python scripts/onnx/export.py ${folder} ${join(folder, 'model.onnx')}`;
};

const under = (prefix: string, folder: string): string[] => CHECKPOINT.map((file) => `${prefix}${folder}/${file}`);

async function randomModel(folders: Folders, { made }: Session['addresses']): Promise<ModelAddresses> {
  const folder = join(folders.made, RANDOM.name);
  if (!existsSync(join(folder, 'model.safetensors'))) await writeRandomCheckpoint(RANDOM.name, folder, SEED);
  const exported = existsSync(join(folder, 'model.onnx'));
  return { checkpoint: under(made, RANDOM.name), onnx: exported ? `${made}${RANDOM.name}/model.onnx` : null };
}

/**
 * Addresses of a model's files; random weights are made where they are not there yet.
 * @throws Error when the trained ones are not there
 */
export async function addressesOf(
  { name }: BenchModel,
  folders: Folders,
  addresses: Session['addresses'],
): Promise<ModelAddresses> {
  const trained = TRAINED.find((model) => model.name === name);
  if (!trained) return randomModel(folders, addresses);
  const onnx = join(folders.weights, 'onnx', trained.onnx);
  if (!existsSync(onnx)) throw new Error(`${onnx}: expected the model's ONNX file, it is not there (--shared)`);
  return { checkpoint: under(addresses.weights, trained.folder), onnx: `${addresses.weights}onnx/${trained.onnx}` };
}
