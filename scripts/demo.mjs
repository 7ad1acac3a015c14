/** `npm run demo`: builds the package, then runs examples/demo/main.mjs with the given arguments. */
import { hasApt, installPackages, present } from './apt.mjs';
import { build } from './build.mjs';
import { checkMachine, checkToolchain } from './environment.mjs';
import { main, Refusal, run } from './steps.mjs';

/** Installs Prometheus if it is missing, or refuses. Runs before the build, so that a failure is reported at once. */
async function providePrometheus() {
  if (present('prometheus')) return;
  if (hasApt()) return installPackages(['prometheus']);
  throw new Refusal(
    'the program prometheus was not found, which --prometheus needs: install it ' +
      '(Debian: apt-get install prometheus), or run the demo without --prometheus.',
  );
}

main(async () => {
  checkMachine();
  checkToolchain();
  if (process.argv.includes('--prometheus')) await providePrometheus();
  await build();
  await run(process.execPath, ['examples/demo/main.mjs', ...process.argv.slice(2)], { show: true });
});
