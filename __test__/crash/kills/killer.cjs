/**
 * Starts and kills writers. Prints a line for each kill, and one at the end about the heap. If too few kills came in
 * the middle of an update, it goes on for a while.
 */
const observed = require('./observed.json');
const { spawn } = require('node:child_process');
const { register } = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const [kills, wanted] = process.argv.slice(2).map(Number);
const roles = Array.from({ length: observed.roles }, (_, role) => role);
const victims = [];
// When a victim is killed, the next victim takes over its role.
/** For each role: how many updates its victims acknowledged. */
const told = roles.map(() => 0);
/** For each role: how many updates its victims stored and did not acknowledge. */
const inFlight = roles.map(() => 0);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const stats = () => openSegment({ create: false }).stats();

/**
 * Starts a victim. This process reads nothing from the other victims until the new victim is about to enter the heap.
 * The pipes of the others are full soon, so that they block in a write, and the new victim has the processors for its
 * start.
 */
function start(role) {
  const child = spawn(process.execPath, ['victim.js', String(role)], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const victim = { child, closed, acknowledged: 0 };
  // The bytes of acknowledgements, which are so long that few of them fill the pipe.
  let bytes = 0;
  child.stdout.on('data', (chunk) => {
    bytes += chunk.length;
    victim.acknowledged = Math.floor(bytes / observed.acknowledgement);
  });
  for (const other of victims) other?.child.stdout.pause();
  victim.entered = new Promise((resolve) => child.stdio[3].once('data', resolve)).then(() => {
    for (const other of victims) other?.child.stdout.resume();
  });
  victims[role] = victim;
}

async function acknowledges(role, count) {
  while (victims[role].acknowledged < count) await sleep(1);
}

async function kill(role) {
  await Promise.all(victims.map(({ entered }) => entered));
  await acknowledges(role, 1);
  await sleep(Math.random() * 5);
  victims[role].child.kill('SIGKILL');
  await victims[role].closed;
  const { acknowledged } = victims[role];
  const began = performance.now();
  const text = await register.metrics();
  const ms = performance.now() - began;
  const { lockTimeouts } = stats();
  console.log(JSON.stringify({ role, acknowledged, text, ms, lockTimeouts }));
  told[role] += acknowledged;
  const [, shown] = new RegExp('^updates_total{role="' + role + '"} (.*)$', 'm').exec(text);
  inFlight[role] = Number(shown) - told[role];
}

(async () => {
  // Each round kills all victims and starts them again one after another, so that the nth to start takes the nth slot.
  // Each round starts them in another order, so that in the end every slot has had a victim of every role, and has
  // blocks of all series. Only then is the size of the heap read.
  for (const round of roles) {
    if (round > 0) for (const role of roles) await kill(role);
    for (const i of roles) {
      const role = (round + i) % roles.length;
      start(role);
      await acknowledges(role, observed.values.length);
    }
  }
  const { usedBytes: usedAtFirst } = stats();
  const met = () => inFlight.reduce((sum, count) => sum + count);
  for (let i = 0; i < kills || (met() < wanted && i < kills + 500); i++) {
    const role = Math.floor(Math.random() * roles.length);
    await kill(role);
    start(role);
  }
  for (const role of roles) await kill(role);
  const { usedBytes, slots, adoptions } = stats();
  console.log(JSON.stringify({ usedAtFirst, usedAtEnd: usedBytes, slots, adoptions }));
})();
