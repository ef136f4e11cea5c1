// Reads {condition, table: {inputs, rules, rounds}, context} from the standard input, writes the
// microseconds that feelin takes for each.
import { readFileSync } from 'node:fs';
import { evaluate, unaryTest } from 'feelin';

const { condition, table, context } = JSON.parse(readFileSync(0, 'utf8'));

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function micros(run, rounds) {
  for (let i = 0; i < Math.min(rounds, 20); i++) run();
  const found = [];
  for (let batch = 0; batch < 5; batch++) {
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; i++) run();
    found.push(process.cpuUsage(start).user / rounds);
  }
  return median(found);
}

function decide() {
  const values = table.inputs.map((text) => evaluate(text, context).value);
  return table.rules.filter((cells) =>
    cells.every((cell, at) => cell === '-' || unaryTest(cell, { ...context, '?': values[at] }).value)
  ).length;
}

process.stdout.write(JSON.stringify({
  condition: micros(() => evaluate(condition, context).value, 200),
  table: micros(decide, 20),
  matched: decide(),
}));
