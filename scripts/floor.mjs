/**
 * `node scripts/floor.mjs` asserts that the native module for x86-64 needs no newer glibc than the oldest one that the
 * packages support. It links the module by zig, as `npm run prebuilds` does, but compiles it with fewer optimisations,
 * because CI has no time for more. It installs zig if it is missing.
 */
import { pathToFileURL } from 'node:url';

import { compilerFor, hasZig, installZig } from './compilers.mjs';
import { inspect } from './native-rules.mjs';
import { compileFor } from './prebuilds.mjs';
import { main, Refusal, step } from './steps.mjs';
import { OLDEST_GLIBC, TARGETS } from './targets.mjs';

const PLATFORM = 'linux-x64-gnu';

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    if (!hasZig()) await installZig();
    const compiler = compilerFor(TARGETS[PLATFORM]);
    if (compiler.missing !== undefined) throw new Refusal(compiler.missing.join('; '));
    await step(`linking ${PLATFORM} for glibc ${OLDEST_GLIBC}`, async () => {
      const made = await compileFor(PLATFORM, compiler, { profile: 'floor' });
      const { faults, glibc } = inspect(made);
      if (faults.length > 0) throw new Refusal(`it is not fit: ${faults.join('; ')}`);
      return `it needs glibc ${glibc}`;
    });
  });
}
