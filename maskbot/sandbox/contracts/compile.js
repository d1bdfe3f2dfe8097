// Compiles Solidity: standard JSON input on stdin, standard JSON output on stdout. Argument: the folder of the npm parts.
// Source: the JSON input and output description of solc. Everything is in the input: nothing is read from disk or net.
'use strict';
const path = require('path');
const solc = require(path.join(process.argv[2], 'node_modules', 'solc'));

const pieces = [];
process.stdin.on('data', (piece) => pieces.push(piece));
process.stdin.on('end', () => {
  process.stdout.write(solc.compile(Buffer.concat(pieces).toString('utf8')));
});
