/**
 * `tmpdir.cjs DIRECTORY HOW`: a primary whose workers have another directory for temporary files. HOW is the key in
 * STARTS of the function that starts them.
 */
const { fork } = require('node:child_process');
const cluster = require('node:cluster');
const { Worker } = require('node:worker_threads');
const { arrive } = require('./report');
const [directory, how] = process.argv.slice(2);
const STARTS = {
  cluster: (env) => cluster.fork(env),
  fork: (env) => fork(__filename, { env }),
  thread: (env) => new Worker(__filename, { env }),
  'other-name': ({ WHO, TMPDIR }) => cluster.fork({ WHO, TMPDIR: '', TMP: TMPDIR }),
};
const names = ['primary', 'w1', 'w2'];
if (process.env.WHO) {
  arrive(process.env.WHO, names).then(() => process.disconnect?.());
} else {
  // The workers start before the primary counts, so that a worker may make the segment.
  for (const WHO of ['w1', 'w2']) STARTS[how]({ WHO, TMPDIR: directory });
  setTimeout(() => arrive('primary', names), 100);
}
