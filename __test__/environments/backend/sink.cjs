/** An engine that writes what it is given into a file. */
const { writeFileSync } = require('fs');
const { join } = require('path');

exports.name = 'sink';

exports.push = async (snapshot) => {
  writeFileSync(join(__dirname, 'pushed.prom'), await snapshot.text());
};
