/** A child process of `builds.mjs`: measures each update row of one build once, and sends the figures to its parent. */
import { subjects, warm } from './subjects.mjs';
import { batch, nanoseconds } from './timing.mjs';

const { client, seconds } = JSON.parse(process.argv[2]);
const { default: metrics } = await import(client);
warm(metrics);
const loops = subjects(metrics).rows.map(({ call, title }) => [title, batch(call, title)]);
process.on('message', () => process.exit());
process.send(loops.map(([title, loop]) => ({ title, ns: nanoseconds(loop, seconds) })));
