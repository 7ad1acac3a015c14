module.exports = async ({ mpmetrics, kept }) => {
  const warnings = [];
  process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code, message }) =>
    warnings.push([code, message]),
  );
  const { Registry, Counter, Gauge, Histogram, Summary } = mpmetrics;
  kept.all = [];
  const make = (options) => {
    const registers = [new Registry(options)];
    kept.all.push(registers[0]);
    for (const Type of [Counter, Gauge, Histogram, Summary])
      new Type({ name: Type.name, help: 'h', registers });
  };
  make();
  for (const options of [{ name: 'a' }, { name: 'b' }, { name: 'b' + 1 }, { shared: false }])
    make(options);
  await new Promise(setImmediate);
  const before = warnings.length;
  make();
  make();
  await new Promise(setImmediate);
  return [[String(before), ''], ...warnings];
};
