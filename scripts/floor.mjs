/**
 * `node scripts/floor.mjs` asserts that the native module for x86-64, which CI builds as `npm run prebuilds` does, needs
 * no newer glibc than the packages promise, and no library that a system may lack. Each symbol that it needs, except
 * weak symbols, must be known to be in a library or in Node.js.
 */
import { binaryPath, platformName } from './environment.mjs';
import { inspect } from './native-rules.mjs';
import { LINKED_BY_ZIG } from './native.mjs';
import { main, Refusal } from './steps.mjs';

main(async () => {
  if (platformName() !== LINKED_BY_ZIG) throw new Refusal(`this machine is no ${LINKED_BY_ZIG}`);
  const { faults, glibc } = inspect(binaryPath());
  if (faults.length > 0) throw new Refusal(`the native module is not fit: ${faults.join('; ')}`);
  process.stderr.write(`✓ the native module needs glibc ${glibc}\n`);
});
