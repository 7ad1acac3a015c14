module.exports = ({ kept }) => {
  kept.c.inc({ n: 'new' });
  for (const metric of [kept.c, kept.g, kept.all, kept.h, kept.s]) metric.remove('a');
  kept.every.removeEverywhere('a');
  kept.r.resetEverywhere();
  kept.w.reset();
};
