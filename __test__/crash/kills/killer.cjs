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
const places = Array.from({ length: observed.places }, (_, place) => place);
const victims = [];
/** For each place: updates that its victims acknowledged, and updates that they stored and did not acknowledge. */
const told = places.map(() => 0);
const inFlight = places.map(() => 0);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const stats = () => openSegment({ create: false }).stats();

function start(place) {
  const child = spawn(process.execPath, ['victim.js', String(place)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const victim = { child, closed, acknowledged: 0 };
  child.stdout.on('data', (chunk) => (victim.acknowledged += chunk.length));
  victims[place] = victim;
}

async function acknowledges(place, count) {
  while (victims[place].acknowledged < count) await sleep(1);
}

async function kill(place) {
  await acknowledges(place, 1);
  await sleep(Math.random() * 5);
  victims[place].child.kill('SIGKILL');
  await victims[place].closed;
  const { acknowledged } = victims[place];
  const began = performance.now();
  const text = await register.metrics();
  const ms = performance.now() - began;
  const { lockTimeouts } = stats();
  console.log(JSON.stringify({ place, acknowledged, text, ms, lockTimeouts }));
  told[place] += acknowledged;
  const [, shown] = new RegExp('^updates_total{place="' + place + '"} (.*)$', 'm').exec(text);
  inFlight[place] = Number(shown) - told[place];
}

(async () => {
  // Starts victims one after another, each round in another order: so each slot has blocks of all series before the
  // size of the heap is read.
  for (const round of places) {
    if (round > 0) for (const place of places) await kill(place);
    for (const i of places) {
      const place = (round + i) % places.length;
      start(place);
      await acknowledges(place, observed.values.length);
    }
  }
  const { usedBytes: usedAtFirst } = stats();
  const met = () => inFlight.reduce((sum, count) => sum + count);
  for (let i = 0; i < kills || (met() < wanted && i < kills + 500); i++) {
    const place = Math.floor(Math.random() * places.length);
    await kill(place);
    start(place);
  }
  for (const place of places) await kill(place);
  const { usedBytes, slots, adoptions } = stats();
  console.log(JSON.stringify({ usedAtFirst, usedAtEnd: usedBytes, slots, adoptions }));
})();
