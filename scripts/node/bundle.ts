/**
 * `npm run bundle`: everything that `./stepdetr detect photo.jpg` needs on a bare Linux machine (x86-64 or arm64, as this one), in one
 * archive: node, Dawn, Skia, the compiled programs, the embedded model, the sample photos. That machine brings a Vulkan driver.
 *
 * The archive is compressed by xz, which makes node a quarter of its size; unpacked it has about 160 MB.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import { runMain } from '../app/answers';
import { ROOT } from '../app/build';
import { BUILT, ensureNodeBuilt } from './load';
import { PROGRAMS } from './programs';

/** What a bundle may have, in bytes; a lent machine takes 64 MiB together with the repository. */
const MOST_BYTES = 60e6;
const PLATFORM = `${process.platform}-${process.arch}`;
const MODULES = join(ROOT, 'node_modules');

const LAUNCHER = `#!/bin/sh
# StepDETR without a browser; see README.md.
# There may be no PATH. A link to this file is followed.
self=$0
while [ -L "$self" ]; do
  target=$(command -p readlink "$self")
  case "$target" in /*) self=$target ;; *) self=\${self%/*}/$target ;; esac
done
case "$self" in */*) here=$(cd "\${self%/*}" && pwd -P) ;; *) here=$(pwd -P) ;; esac
case "$1" in
  ${PROGRAMS.join('|')}) program=$1; shift ;;
  *) echo "usage: stepdetr ${PROGRAMS.join('|')} …; --help after it lists the options" >&2; exit 2 ;;
esac
add() { export LD_LIBRARY_PATH="$here/lib/$1\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; }
"$here/bin/node" --version >/dev/null 2>&1 || add cpp
"$here/bin/node" "$here/app/loads.cjs" libvulkan.so.1 || add vulkan
# Skia's binding asks for it, which fails for a user that the system does not know.
export HOME="\${HOME:-/}"
export STEPDETR_HOME="$here"
exec "$here/bin/node" "$here/app/$program.js" --runtime node "$@"
`;

/** Ends with 1 where the system has no library of that name. Any other refusal (it is no module of node's) means that it is there. */
const LOADS = `try {
  process.dlopen({ exports: {} }, process.argv[2]);
} catch (thrown) {
  process.exitCode = thrown.message.includes('cannot open shared object file') ? 1 : 0;
}
`;

const README = `StepDETR without a browser: the same engine in Node on Dawn (WebGPU over Vulkan).

  ./stepdetr detect samples/astronaut.jpg

It needs a Vulkan driver: a GPU's, or a software one. VK_DRIVER_FILES names a driver's JSON file where the loader does not find it.
The commands and their options are those of the repository's docs/automation.md.
Licences: app/node_modules/*/LICENSE*, node's in LICENSE.node, the model's in models/stepdetr_s.
`;

/** Of the packages that are compiled into the programs: what they are called, and under which licence they stand. */
function copyLicences(folder: string): void {
  const names = JSON.parse(readFileSync(join(BUILT, 'packages.json'), 'utf8')) as string[];
  for (const name of names) {
    const wanted = /^(package\.json|(licen[cs]e|notice|copying).*)$/i;
    copyPackage(
      folder,
      name,
      readdirSync(join(MODULES, name)).filter((file) => wanted.test(file)),
    );
  }
}

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

function copyLibrary(folder: string, part: string, path: string): void {
  mkdirSync(join(folder, 'lib', part), { recursive: true });
  copyFileSync(path, join(folder, 'lib', part, basename(path)));
}

/** Libraries that a bare machine may lack: the C++ library that this node runs with, what that needs, Vulkan's loader. */
function copyLibraries(folder: string): void {
  const listed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [, path] of listed.matchAll(/=> (\S+\/(?:libstdc\+\+\.so\.6|libgcc_s\.so\.1))/g))
    copyLibrary(folder, 'cpp', path!);
  const known = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  const [, loader] = /=> (\S+\/libvulkan\.so\.1)$/m.exec(known) ?? [];
  if (loader === undefined)
    console.error('libvulkan.so.1 is not on this machine: the bundle’s machine has to bring it');
  else copyLibrary(folder, 'vulkan', loader);
}

/** @returns the exit code: 1 when the archive is too large */
async function bundle({ out }: { out: string }): Promise<number> {
  if (process.platform !== 'linux') throw new Error(`bundle: expected to run on Linux, got ${process.platform}`);
  await ensureNodeBuilt();
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>;
  const folder = join(out, 'stepdetr');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(BUILT, join(folder, 'app'), { recursive: true });
  writeFileSync(join(folder, 'app/package.json'), JSON.stringify({ name, version, type: 'module' }));
  for (const part of ['models', 'samples']) cpSync(join(ROOT, 'public', part), join(folder, part), { recursive: true });
  copyLicences(folder);
  copyNative(folder);
  copyNode(folder);
  copyLibraries(folder);
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), README);
  writeFileSync(join(folder, 'app/loads.cjs'), LOADS);
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
