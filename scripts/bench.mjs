/** `npm run bench`: builds what is missing, then runs bench/main.mjs with the given arguments. */
import { build } from './build.mjs';
import { main, run } from './steps.mjs';

main(async () => {
  await build();
  await run(process.execPath, ['bench/main.mjs', ...process.argv.slice(2)], { show: true });
});
