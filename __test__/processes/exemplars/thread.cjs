const mpmetrics = require('mpmetrics');
const declare = require('./declare.cjs');

const kept = {};
declare({ mpmetrics, kept });
kept.update('thread', 9);
