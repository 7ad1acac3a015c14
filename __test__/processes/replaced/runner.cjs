const { fork } = require('node:child_process');
const children = {};
require('node:readline')
  .createInterface(process.stdin)
  .on('line', (line) => {
    const [command, who, ...names] = line.split(' ');
    if (command === 'end') {
      children[who].on('exit', () => console.log(JSON.stringify('ended')));
      children[who].kill(names[0]);
      return;
    }
    children[who] = fork('program.js', names);
    if (command === 'once') children[who].on('exit', () => console.log(JSON.stringify('ended')));
  });
