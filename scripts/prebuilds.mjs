/**
 * `npm run prebuilds [-- platform…]` builds the native modules that a release has, or those that are named, and puts each
 * with its package.json, README and licences into `npm/<platform>/`. Where this machine lacks something for a platform,
 * the script says what, and how to get it; the others are built all the same.
 *
 * `--locked` builds them with locked words instead, into `target/prebuild/locked/`, for tests.
 */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { compilerFor } from './compilers.mjs';
import { inspect } from './native-rules.mjs';
import { notices } from './notices.mjs';
import { binaryName, folderOf, modulePath, writeFolder } from './platform-folder.mjs';
import { main, Refusal, root, run, step } from './steps.mjs';
import { linkTarget, OLDEST_MACOS, RELEASED, TARGETS } from './targets.mjs';

const output = join(root, 'target', 'prebuild');

/** Returns the path of what cargo made. */
function madeFor({ triple, os }) {
  const name = os === 'darwin' ? 'libmpmetrics_node.dylib' : 'libmpmetrics_node.so';
  return join(output, triple, 'release', name);
}

/** Compiles the C file of a platform, if it has one. Returns the flags with which Rust's compiler links the result. */
async function linkedFlags({ triple, linked }, env) {
  if (linked === undefined) return [];
  const [cpu, , ...system] = triple.split('-');
  const object = join(output, linked.replace(/\.c$/, '.o'));
  mkdirSync(output, { recursive: true });
  const args = ['cc', '-target', [cpu, ...system].join('-'), '-O2', '-fPIC', '-fno-builtin', '-c'];
  args.push(join(root, 'scripts', linked), '-o', object);
  await run(env.CARGO_ZIGBUILD_ZIG_PATH, args, { env });
  return [`-Clink-arg=${object}`];
}

/**
 * Builds the native module of a platform.
 *
 * @param {string} platform a name in TARGETS
 * @param {import('./compilers.mjs').Compiler} compiler
 * @param {string[]} [features] of the crate
 * @returns {Promise<string>} the path of what cargo made
 */
export async function compileFor(platform, compiler, features = []) {
  const target = TARGETS[platform];
  const args = ['zigbuild', '--release', '-p', 'mpmetrics-node', '--target-dir', output];
  if (features.length > 0) args.push('--features', features.join());
  const flags = await linkedFlags(target, compiler.env);
  const env = { ...compiler.env, MACOSX_DEPLOYMENT_TARGET: OLDEST_MACOS };
  if (flags.length > 0) env.RUSTFLAGS = [env.RUSTFLAGS, ...flags].filter(Boolean).join(' ');
  await run('cargo', [...args, ...compiler.args, '--target', linkTarget(target)], { env });
  return madeFor(target);
}

/** Copies a native module. Removes the old file first: a process that has mapped it keeps it. */
export function keep(made, to) {
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true });
  copyFileSync(made, to);
}

/** Builds a platform's package. Refuses if the binary breaks a rule: then the folder has no binary. */
async function prebuild(platform, compiler) {
  const to = join(folderOf(platform), binaryName(platform));
  const made = await compileFor(platform, compiler);
  const { faults, bytes, glibc } = inspect(made);
  if (faults.length > 0) {
    // Native modules of an earlier build would be taken for this one.
    for (const older of [to, modulePath(platform)]) rmSync(older, { force: true });
    throw new Refusal(`the native module of ${platform} is not fit: ${faults.join('; ')}`);
  }
  writeFolder(platform, notices(TARGETS[platform].triple, compiler));
  keep(made, modulePath(platform));
  keep(made, to);
  return `${bytes} bytes${glibc === null ? '' : `, glibc ${glibc}`}`;
}

/** Builds a platform's native module with locked words. */
async function prebuildLocked(platform, compiler) {
  const made = await compileFor(platform, compiler, ['locked']);
  keep(made, modulePath(platform, true));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const args = process.argv.slice(2);
    const locked = args.includes('--locked');
    const named = args.filter((one) => one !== '--locked');
    const unknown = named.find((one) => !Object.hasOwn(TARGETS, one));
    if (unknown !== undefined) {
      throw new Refusal(
        `no platform is called ${unknown}; there are ${Object.keys(TARGETS).join(', ')}`,
      );
    }
    const failed = [];
    for (const platform of named.length > 0 ? named : RELEASED) {
      try {
        const compiler = compilerFor(TARGETS[platform]);
        if (compiler.missing !== undefined) throw new Refusal(compiler.missing.join('; '));
        const build = locked ? prebuildLocked : prebuild;
        await step(`building ${platform}`, () => build(platform, compiler));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        process.stderr.write(`! ${platform}: ${error.message}\n`);
        failed.push(platform);
      }
    }
    if (failed.length > 0) throw new Refusal(`not built: ${failed.join(', ')}`);
  });
}
