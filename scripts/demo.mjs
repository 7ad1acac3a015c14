/** `npm run demo`: builds what is missing, then runs examples/demo/main.mjs with the given arguments. */
import { build } from './build.mjs';
import { main, run } from './steps.mjs';

main(async () => {
  await build();
  await run(process.execPath, ['examples/demo/main.mjs', ...process.argv.slice(2)], { show: true });
});
