/**
 * The script of each process and thread of an application. PLAN, as JSON, has for each member by name: when it loads
 * the package, which members it starts and how, and which members it expects to see.
 */
const { fork, spawn } = require('node:child_process');
const cluster = require('node:cluster');
const { join } = require('node:path');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const plan = JSON.parse(process.env.PLAN);
const bare = { PLAN: process.env.PLAN, MPMETRICS_DIR: process.env.MPMETRICS_DIR };
const who = isMainThread ? (process.env.WHO ?? 'primary') : workerData;
const at = (script) => join(process.env.APP ?? process.cwd(), script);
const { title, loads, starts = {}, configure } = plan.members[who];
if (title) process.title = title;
const load = () => {
  if (configure) require(at('node_modules/mpmetrics')).configure(configure);
  return require(at('report')).arrive(who, plan.expected[who]);
};
if (loads === 'first') load();
const environment = (name) => ({ ...(plan.bare ? bare : process.env), APP: at('.'), WHO: name });
for (const [name, [how, script]] of Object.entries(starts)) {
  if (how === 'cluster') {
    cluster.setupPrimary({ exec: at(script) });
    cluster.fork(environment(name));
  } else if (how === 'thread') new Worker(at(script), { workerData: name });
  else if (how === 'fork') fork(at(script), { env: environment(name) });
  else spawn(process.execPath, [at(script)], { env: environment(name), stdio: 'inherit' });
}
// The members that this process starts use the package first, and have to find the segment by themselves.
if (loads === 'late') setTimeout(load, 500);
if (loads === undefined) load();
// Keeps a process alive that never loads the package, because its children use it as root.
process.on('message', () => {});
