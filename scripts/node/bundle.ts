/**
 * `npm run bundle`: everything that `./stepdetr detect photo.jpg` needs on a bare Linux machine (x86-64 or arm64, as this one), in one
 * archive: node, Dawn, Skia, the compiled programs, the embedded model. That machine brings libvulkan.so.1 and a driver.
 *
 * The archive is compressed by xz, which makes node a quarter of its size; unpacked it has about 160 MB.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { runMain } from '../app/answers';
import { ROOT } from '../app/build';
import { BUILT, ensureNodeBuilt } from './load';
import { PROGRAMS } from './programs';

/** What a bundle may have, in bytes; a lent machine takes 64 MiB together with the repository. */
const MOST_BYTES = 60e6;
const PLATFORM = `${process.platform}-${process.arch}`;
const MODULES = join(ROOT, 'node_modules');

/** Of libraries that node and Dawn need, the one that a bare machine may lack. */
const CPP = 'libstdc++.so.6';

const LAUNCHER = `#!/bin/sh
# StepDETR without a browser; see README.md.
here=$(dirname "$(readlink -f "$0")")
case "$1" in
  ${PROGRAMS.join('|')}) program=$1; shift ;;
  *) echo "usage: stepdetr ${PROGRAMS.join('|')} …; --help after it lists the options" >&2; exit 2 ;;
esac
[ -n "$(ldconfig -p 2>/dev/null | grep -F '${CPP}')" ] || export LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export STEPDETR_HOME="$here"
exec "$here/bin/node" "$here/app/$program.js" --runtime node "$@"
`;

const README = `StepDETR without a browser: the same engine in Node on Dawn (WebGPU over Vulkan).

  ./stepdetr detect photo.jpg

It needs libvulkan.so.1 and a Vulkan driver: a GPU's, or a software one (VK_DRIVER_FILES names a driver's JSON file).
The commands and their options are those of the repository's docs/automation.md.
Licences: app/node_modules/*/LICENSE*, node's in LICENSE.node, the model's in models/stepdetr_s.
`;

/** The files of a package that are needed here, for this platform only. */
function copyPackage(folder: string, name: string, files: readonly string[]): void {
  for (const file of files) {
    const to = join(folder, 'app/node_modules', name, file);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(join(MODULES, name, file), to);
  }
}

function copyNative(folder: string): void {
  copyPackage(folder, 'webgpu', ['package.json', 'index.js', 'LICENSE.md', `dist/${PLATFORM}/dawn.node`]);
  const canvas = ['package.json', 'LICENSE', 'index.js', 'js-binding.js', 'geometry.js', 'load-image.js'];
  copyPackage(folder, '@napi-rs/canvas', [...canvas, 'node-canvas.js']);
  const binary = `@napi-rs/canvas-${PLATFORM}-gnu`;
  copyPackage(folder, binary, ['package.json', `skia.${PLATFORM}-gnu.node`]);
}

/** node itself, without the symbols that only debuggers read where `strip` is here. */
function copyNode(folder: string): void {
  const node = join(folder, 'bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  try {
    execFileSync('strip', ['--strip-unneeded', node]);
  } catch (thrown) {
    console.error(`node keeps its symbols: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
  const licence = join(dirname(process.execPath), '../share/doc/nodejs/copyright');
  const fallback = `Node.js ${process.version}: https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
  if (existsSync(licence)) copyFileSync(licence, join(folder, 'LICENSE.node'));
  else writeFileSync(join(folder, 'LICENSE.node'), fallback);
}

/** The C++ library that this node runs with, and what that needs in turn. */
function copyLibraries(folder: string): void {
  mkdirSync(join(folder, 'lib'));
  const listed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [, name, path] of listed.matchAll(/(libstdc\+\+\.so\.6|libgcc_s\.so\.1) => (\S+)/g))
    copyFileSync(path!, join(folder, 'lib', name!));
}

/** @returns the exit code: 1 when the archive is too large */
async function bundle({ out }: { out: string }): Promise<number> {
  if (process.platform !== 'linux') throw new Error(`bundle: expected to run on Linux, got ${process.platform}`);
  await ensureNodeBuilt();
  const folder = join(out, 'stepdetr');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(BUILT, join(folder, 'app'), { recursive: true });
  writeFileSync(join(folder, 'app/package.json'), JSON.stringify({ type: 'module' }));
  cpSync(join(ROOT, 'public/models'), join(folder, 'models'), { recursive: true });
  copyNative(folder);
  copyNode(folder);
  copyLibraries(folder);
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), README);
  writeFileSync(join(folder, 'stepdetr'), LAUNCHER, { mode: 0o755 });

  const archive = join(out, `stepdetr-${PLATFORM}.tar.xz`);
  const env = { ...process.env, XZ_OPT: '-3 --threads=0' };
  execFileSync('tar', ['--owner=0', '--group=0', '-C', out, '-cJf', archive, 'stepdetr'], { env });
  const { size } = statSync(archive);
  const said = `${archive}: ${(size / 1e6).toFixed(1)} MB of at most ${MOST_BYTES / 1e6} MB`;
  if (size > MOST_BYTES) throw new Error(said);
  console.log(said);
  return 0;
}

const program = new Command('npm run bundle --')
  .description('node, Dawn, the compiled programs and the embedded model in one archive for a bare Linux machine.')
  .option('--out <DIR>', 'where to write', 'dist-bundle')
  .action((options: { out: string }) => runMain(() => bundle(options)));

await program.parseAsync();
