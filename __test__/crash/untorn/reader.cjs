/**
 * Scrapes while another process updates, and at the end prints what the scrapes showed. If its argument is a number, it
 * scrapes for so many milliseconds, counted from the first scrape that shows an update, and then until a scrape has met
 * an update under way. If its argument is `seen`, it scrapes until it has seen torn reads of both the histogram and the
 * summary.
 */
const { register } = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
/** The sum and the last value of the summary, by its count. */
const states = new Map();
for (let turn = 0, count = 0, sum = 0; turn < 48; turn++) {
  const last = turn % 2 === 0 ? 1 : 4;
  count += 2 ** turn;
  sum += last * 2 ** turn;
  states.set(count, { sum, last });
}
(async () => {
  const seen = new Set();
  const result = { scrapes: 0, torn: 0, fallen: 0, uneven: 0, last: 0, apart: 0, misranked: 0 };
  const seenAll = () => result.torn > 0 && result.misranked > 0;
  let until = Infinity;
  const stats = () => openSegment({ create: false }).stats();
  const metUpdate = () => Date.now() >= until && stats().tornRetries > 0;
  const ended = process.argv[2] === 'seen' ? seenAll : metUpdate;
  while (!ended()) {
    const text = await register.metrics();
    const value = (name) => Number((text.match(new RegExp('^' + name + ' (.*)$', 'm')) ?? [])[1]);
    // Ignores scrapes before the histogram's first observation. Until then, the other process observes values in the
    // summary only to make its buckets, and `states` does not have these counts.
    if (!(value('work_count') > 0)) continue;
    if (result.scrapes === 0) until = Date.now() + Number(process.argv[2]);
    result.scrapes++;
    if (value('work_sum') !== value('work_count')) result.torn++;
    if (value('work_bucket{le="\\+Inf"}') !== value('work_count')) result.uneven++;
    if (value('work_count') < result.last) result.fallen++;
    result.last = value('work_count');
    if (value('size_count') > 0) {
      const state = states.get(value('size_count'));
      if (state === undefined || state.sum !== value('size_sum')) result.apart++;
      else if (!(Math.abs(value('size{quantile="0.5"}') - state.last) < 0.1)) result.misranked++;
      seen.add(state);
    }
  }
  const { tornRetries, tornGivenUp } = stats();
  console.log(JSON.stringify({ ...result, states: seen.size, tornRetries, tornGivenUp }));
  process.exit();
})();
